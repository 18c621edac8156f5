import type { LoadedCapture } from './captures.ts'
import type { Judgement } from './judge.ts'

const width = 900
const left = 56
const right = 884
const top = 34
const middle = 190
const bottom = 330

/** Draws a capture: headroom, stall, node-level kills, what was called, NotReady; as SVG. */
export function drawPicture(
  { name, truth }: LoadedCapture,
  { series, firstWarning, firstCritical }: Judgement,
): string {
  const from = truth.from
  const until = series.at(-1)?.at ?? truth.until
  const x = (at: number) => round(left + ((at - from) / (until - from)) * (right - left))
  const yHeadroom = (ratio: number) => round(middle - Math.min(0.5, ratio) * 2 * (middle - top))
  const yStall = (ms: number) => round(bottom - (Math.min(20_000, ms) / 20_000) * (bottom - middle - 24))
  const shown = series.filter(({ at }) => at >= from)
  const line = shown.map(({ at, headroomRatio }) => `${x(at)},${yHeadroom(headroomRatio)}`).join(' ')
  const area = shown.map(({ at, stalledMs }) => `${x(at)},${yStall(stalledMs)}`).join(' ')
  const marks = [
    ...truth.kills.filter(({ nodeLevel }) => nodeLevel).map(({ at }) => mark(x(at), '#000', '', 4)),
    ...(firstWarning === null
      ? []
      : [mark(x(firstWarning), '#c77700', `warning ${secondsSince(from, firstWarning)}`, 0)]),
    ...(firstCritical === null
      ? []
      : [mark(x(firstCritical), '#c00000', `critical ${secondsSince(from, firstCritical)}`, 1)]),
    ...truth.notReadyAt.map(at => mark(x(at), '#5b2a86', `NotReady ${secondsSince(from, at)}`, 2)),
  ]
  const ticks = []
  for (let second = 0; from + second * 1000 <= until; second += 60) {
    const at = x(from + second * 1000)
    ticks.push(`<text x="${at}" y="346" text-anchor="middle">${second} s</text>`)
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} 360" font-family="sans-serif" font-size="11">
<title>${name}: headroom, stall and what was called</title>
<rect width="${width}" height="360" fill="#fff"/>
<text x="${left}" y="16" font-size="13">${name}</text>
<text x="${right}" y="16" text-anchor="end" fill="#555">blue: headroom, 0 to 50 % · red: stalled seconds of the last 20 · black: node-level kills</text>
<g stroke="#ddd"><path d="M${left} ${yHeadroom(0.15)}H${right}M${left} ${middle}H${right}M${left} ${yStall(10_000)}H${right}M${left} ${bottom}H${right}"/></g>
<g fill="#555"><text x="4" y="${top + 8}">headroom</text><text x="4" y="${yHeadroom(0.15) + 4}">15 %</text><text x="4" y="${middle + 34}">stalled</text><text x="4" y="${yStall(10_000) + 4}">10 s of 20</text>${ticks.join('')}</g>
<polyline points="${line}" fill="none" stroke="#1f5fa8" stroke-width="1.5"/>
<polygon points="${left},${bottom} ${area} ${right},${bottom}" fill="#c00000" fill-opacity="0.25"/>
${marks.join('\n')}
</svg>
`
}

/** A thin line from top to bottom; a kill, without words, is a short one at the foot of the upper half. */
function mark(x: number, colour: string, text: string, row: number): string {
  if (text === '') return `<path d="M${x} ${middle - 14}V${middle}" stroke="${colour}" stroke-width="2"/>`
  const isRight = x > right - 90
  const label = `<text x="${isRight ? x - 3 : x + 3}" y="${top + 6 + row * 13}" fill="${colour}" text-anchor="${isRight ? 'end' : 'start'}">${text}</text>`
  return `<path d="M${x} ${top - 6}V${bottom}" stroke="${colour}" stroke-dasharray="4 3"/>${label}`
}

function secondsSince(from: number, at: number): string {
  return `${Math.round((at - from) / 1000)} s`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
