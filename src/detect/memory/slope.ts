/** One point of a series in time. */
export interface Point {
  readonly at: number
  readonly headroomKiB: number
}

/**
 * How fast a series changes over its last `windowMs`, KiB a second: from the median of the window's first third to that
 * of its last, so that one odd value or a short burst does not move it; null where the series is younger than that.
 */
export function slopeKiBPerSecond(points: readonly Point[], windowMs: number): number | null {
  const last = points.at(-1)
  if (!last) return null
  let from = points.length - 1
  // Samples come a second or some seconds apart, and some are missing: the one before the window completes it.
  while (from > 0 && points[from]!.at > last.at - windowMs) from--
  const count = points.length - from
  const coveredMs = last.at - points[from]!.at
  if (count < 3 || coveredMs < windowMs * 0.9 || coveredMs > windowMs * 1.5) return null
  const third = Math.max(1, Math.floor(count / 3))
  const first = middle(points, from, from + third)
  const final = middle(points, points.length - third, points.length)
  return final.at > first.at ? ((final.KiB - first.KiB) * 1000) / (final.at - first.at) : null
}

function middle(points: readonly Point[], from: number, to: number): { readonly at: number; readonly KiB: number } {
  const values: number[] = []
  for (let index = from; index < to; index++) values.push(points[index]!.headroomKiB)
  values.sort((a, b) => a - b)
  const half = values.length >> 1
  const KiB = values.length % 2 === 1 ? values[half]! : (values[half - 1]! + values[half]!) / 2
  return { at: (points[from]!.at + points[to - 1]!.at) / 2, KiB }
}
