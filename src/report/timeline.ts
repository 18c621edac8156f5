import { scaleLinear, scaleTime } from 'd3-scale'
import { area, curveStepAfter, line } from 'd3-shape'
import type { Chronicle, ChronicleSample, Lane } from './chronicle.ts'
import { cut, type Html, html } from './html.ts'
import { sizeText, timeText } from './quantities.ts'

const width = 1080
const left = 210
const right = 16
const curveHeight = 110
const laneHeight = 26
const maxLanes = 30

/** The timeline: memory and stall as curves, every kill as a mark on its workload's lane, generations as bars. */
export function timeline(chronicle: Chronicle): Html {
  if (chronicle.from === null || chronicle.until === null)
    return html`<p>Nothing in this log has a time, so there is no timeline.</p>`
  const { from, until } = chronicle
  // A single moment still wants some room around it.
  const margin = Math.max(1000, (until - from) * 0.02)
  const x = scaleTime([from - margin, until + margin], [left, width - right]).nice(8)
  const curves = chronicle.samples.length > 1 ? [memoryCurve(chronicle, x), stallCurve(chronicle, x)] : []
  const shown = chronicle.lanes.slice(0, maxLanes)
  const rest = restLane(chronicle.lanes.slice(maxLanes))
  const lanes = rest ? [...shown, rest] : shown
  const lanesTop = curves.length * (curveHeight + 26) + 8
  const height = lanesTop + lanes.length * laneHeight + 34
  return html`<div class="scroll" role="region" aria-label="timeline" tabindex="0"><svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="timeline-title">
<title id="timeline-title">Timeline from ${timeText(from)} to ${timeText(until)}: ${chronicle.killsTotal} OOM kills of ${chronicle.lanes.length} workloads</title>
${curves.map((curve, index) => html`<g transform="translate(0 ${index * (curveHeight + 26) + 18})">${curve}</g>`)}
${alertMarks(chronicle, x, height - 26)}
${lanes.map((lane, index) => laneRow(lane, lanesTop + index * laneHeight, x))}
${timeAxis(x, height - 26)}
</svg></div>`
}

type TimeScale = ReturnType<typeof scaleTime<number, number>>

function memoryCurve(chronicle: Chronicle, x: TimeScale): Html {
  const { samples, host } = chronicle
  const most = host.memTotalKiB ?? Math.max(...samples.map(sample => sample.availableKiB ?? 0), 1)
  const y = scaleLinear([0, most], [curveHeight, 0])
  const available = area<ChronicleSample>(
    sample => x(sample.at),
    curveHeight,
    sample => y(sample.availableKiB ?? 0),
  )
    .defined(sample => sample.availableKiB !== null)
    .digits(1)(samples)
  const headroom = path(samples, x, y, sample => sample.headroomKiB)
  return html`<text class="title" x="0" y="12">memory available</text><text class="key" x="0" y="30">of ${sizeText(most)}</text><text class="key headroom-key" x="0" y="46">line: headroom</text>
${grid(y.ticks(3), y, value => sizeText(value))}
<path class="available" d="${available ?? ''}"/><path class="headroom" d="${headroom}"/>`
}

function stallCurve(chronicle: Chronicle, x: TimeScale): Html {
  const { samples } = chronicle
  const y = scaleLinear([0, 1], [curveHeight, 0])
  const mostLoad = Math.max(4, ...samples.map(sample => sample.load1 ?? 0))
  const yLoad = scaleLinear([0, mostLoad], [curveHeight, 0])
  return html`<text class="title" x="0" y="12">stall</text><text class="key memory-key" x="0" y="30">memory full (PSI)</text><text class="key io-key" x="0" y="46">io full (PSI)</text><text class="key load-key" x="0" y="62">load, up to ${Math.round(mostLoad)}</text>
${grid([0, 0.5, 1], y, value => `${value * 100} %`)}
<path class="load" d="${path(samples, x, yLoad, sample => sample.load1)}"/>
<path class="io" d="${path(samples, x, y, sample => sample.ioFull)}"/>
<path class="memory" d="${path(samples, x, y, sample => sample.memoryFull)}"/>`
}

function path(
  samples: readonly ChronicleSample[],
  x: TimeScale,
  y: (value: number) => number,
  value: (sample: ChronicleSample) => number | null,
): string {
  return (
    line<ChronicleSample>(
      sample => x(sample.at),
      sample => y(value(sample) ?? 0),
    )
      .defined(sample => value(sample) !== null)
      .curve(curveStepAfter)
      .digits(1)(samples) ?? ''
  )
}

function grid(ticks: readonly number[], y: (value: number) => number, text: (value: number) => string): Html[] {
  return ticks.map(
    tick =>
      html`<line class="grid" x1="${left}" x2="${width - right}" y1="${y(tick)}" y2="${y(tick)}"/><text class="tick" x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${text(tick)}</text>`,
  )
}

function laneRow(lane: Lane, y: number, x: TimeScale): Html {
  const middle = y + laneHeight / 2
  const bars = lane.generations.map(({ bornAt, diedAt }) => {
    const start = Math.max(left, x(bornAt))
    const end = x(diedAt ?? bornAt)
    return html`<rect class="life" x="${round(start)}" y="${middle - 5}" width="${round(Math.max(1, end - start))}" height="10" rx="2"/>`
  })
  const marks = lane.kills.map(
    kill =>
      html`<path class="${kill.nodeLevel ? 'kill' : 'kill own'}" data-kill="${kill.pid}" d="M${round(x(kill.at))} ${middle}m-4-4l8 8m0-8l-8 8"><title>${cut(kill.comm, 40)}, pid ${kill.pid}, ${sizeText(kill.heldKiB)}, ${timeText(kill.at)}</title></path>`,
  )
  return html`<g class="lane"><line class="grid" x1="${left}" x2="${width - right}" y1="${middle}" y2="${middle}"/><text class="lane-name" x="0" y="${middle + 4}"><title>${cut(lane.label, 200)}: ${lane.kills.length} kills</title>${cut(lane.label, 30)}</text>${bars}${marks}</g>`
}

/** Lanes beyond the thirtieth share one: a storm of five hundred victims is one picture, not a wall. */
function restLane(lanes: readonly Lane[]): Lane | null {
  if (lanes.length === 0) return null
  return {
    key: 'rest',
    label: `${lanes.length} further workloads`,
    nodeDaemon: false,
    kills: lanes.flatMap(lane => lane.kills),
    generations: [],
  }
}

function alertMarks({ alerts }: Chronicle, x: TimeScale, height: number): Html[] {
  return alerts
    .filter(alert => alert.status === 'firing')
    .map(
      alert =>
        html`<line class="alert ${alert.severity}" x1="${round(x(Date.parse(alert.at)))}" x2="${round(x(Date.parse(alert.at)))}" y1="0" y2="${height}"><title>${alert.type}: ${cut(alert.summary, 240)}</title></line>`,
    )
}

function timeAxis(x: TimeScale, y: number): Html {
  const spanMs = x.domain()[1]!.getTime() - x.domain()[0]!.getTime()
  const text = (at: Date) =>
    at
      .toISOString()
      .slice(...(spanMs > 36 * 3_600_000 ? ([5, 16] as const) : ([11, spanMs > 1_200_000 ? 16 : 19] as const)))
      .replace('T', ' ')
  return html`<g class="axis">${x.ticks(8).map(tick => html`<line x1="${round(x(tick))}" x2="${round(x(tick))}" y1="${y}" y2="${y + 5}"/><text class="tick" x="${round(x(tick))}" y="${y + 18}" text-anchor="middle">${text(tick)}</text>`)}<text class="tick" x="0" y="${y + 18}">UTC</text></g>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
