/** Requests over time of two runs, one above the other, as a self-contained SVG. */
export function plotRequests(options: {
  readonly agents: number
  readonly rate: number
  readonly oomloop: readonly { readonly taken: number; readonly refused: number }[]
  readonly reference: readonly { readonly taken: number; readonly refused: number }[]
}): string {
  const { agents, rate, oomloop, reference } = options
  const seconds = Math.max(oomloop.length, reference.length)
  const panels = [
    panel({
      title: 'oomloop: exponential waits with full jitter',
      bars: oomloop,
      top: 50,
      seconds,
      rate,
      most: agents,
    }),
    panel({ title: 'reference: every second', bars: reference, top: 250, seconds, rate, most: agents }),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} 450" font-family="sans-serif" font-size="12">
<rect width="${width}" height="450" fill="#fff"/>
<text x="${left}" y="24" font-size="15">${agents} agents fire in the same second at a receiver that takes ${rate} requests/s</text>
${panels.join('\n')}
<text x="${left}" y="440">seconds; requests per second on a logarithmic scale, <tspan fill="#2e7d32">taken</tspan>, <tspan fill="#c62828">refused with 429</tspan></text>
</svg>
`
}

const width = 900
const left = 60
const plotWidth = width - left - 20
const height = 150

function panel(options: {
  readonly title: string
  readonly bars: readonly { readonly taken: number; readonly refused: number }[]
  readonly top: number
  readonly seconds: number
  readonly rate: number
  readonly most: number
}): string {
  const { title, bars, top, seconds, rate, most } = options
  const bottom = top + height
  const y = (count: number) => bottom - (Math.log10(Math.max(1, count)) / Math.log10(most * 1.5)) * height
  const barWidth = plotWidth / seconds
  const rects = bars.map(({ taken, refused }, second) => {
    const x = (left + second * barWidth).toFixed(1)
    const all = y(taken + refused)
    const kept = y(taken)
    return (
      `<rect x="${x}" y="${all.toFixed(1)}" width="${barWidth.toFixed(2)}" height="${(bottom - all).toFixed(1)}" fill="#c62828"/>` +
      `<rect x="${x}" y="${kept.toFixed(1)}" width="${barWidth.toFixed(2)}" height="${(bottom - kept).toFixed(1)}" fill="#2e7d32"/>`
    )
  })
  const marks = [10, rate, 100, 1000].filter(count => count <= most)
  const grid = marks.map(
    count =>
      `<line x1="${left}" x2="${width - 20}" y1="${y(count).toFixed(1)}" y2="${y(count).toFixed(1)}" stroke="#bbb" stroke-dasharray="3"/>` +
      `<text x="${left - 6}" y="${(y(count) + 4).toFixed(1)}" text-anchor="end">${count}</text>`,
  )
  const ticks = Array.from({ length: Math.floor(seconds / 20) + 1 }, (_, index) => index * 20).map(
    second => `<text x="${(left + second * barWidth).toFixed(1)}" y="${bottom + 15}">${second}</text>`,
  )
  return [`<text x="${left}" y="${top - 6}">${title}</text>`, ...rects, ...grid, ...ticks].join('\n')
}
