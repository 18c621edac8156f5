interface Point {
  readonly at: number
  readonly value: number
}

/**
 * A curve of `width` characters over the last `spanMs`, between 0 and `most`. Each character is the worst of its stretch:
 * the least where little is bad (headroom), the greatest where much is (stall). Blank where nothing was measured.
 */
export function sparkline(
  points: readonly Point[],
  options: {
    readonly now: number
    readonly spanMs: number
    readonly width: number
    readonly most: number
    readonly worst: 'least' | 'greatest'
    readonly isUnicode: boolean
  },
): string {
  const { now, spanMs, width, most, worst, isUnicode } = options
  const steps = isUnicode ? '▁▂▃▄▅▆▇█' : '_.:-=+*#'
  const columns: (number | undefined)[] = Array.from({ length: width })
  for (const { at, value } of points) {
    const column = Math.min(width - 1, Math.floor(((at - (now - spanMs)) / spanMs) * width))
    if (column < 0) continue
    const known = columns[column]
    if (known === undefined || (worst === 'least' ? value < known : value > known)) columns[column] = value
  }
  return columns
    .map(value => (value === undefined ? ' ' : steps[Math.max(0, Math.min(7, Math.floor((value / (most || 1)) * 8)))]))
    .join('')
}

/** A bar of `width` characters, of which `ratio` is full. */
export function meter(ratio: number, width: number, isUnicode: boolean): string {
  const full = Math.round(Math.max(0, Math.min(1, ratio)) * width)
  const [on, off] = isUnicode ? ['█', '░'] : ['#', '.']
  return on!.repeat(full) + off!.repeat(width - full)
}
