import { scaleLinear } from 'd3-scale'
import { area, curveStepAfter, line } from 'd3-shape'
import { type Html, html } from '../../text/html.ts'
import { percentText, sizeText } from '../../text/messages/format.ts'
import type { IncidentStats } from '../incident/incident-stats.ts'
import { type ReportSample, thinned } from '../incident/samples.ts'
import type { IncidentHistory } from '../incident/timeline-data.ts'
import { clockText, timeText } from '../incident/times.ts'
import type { PageMessages } from './page-messages.ts'
import { type Guides, guides, plotRow, plotWidth, round } from './plot.ts'

/** Memory, stall and load as curves over time; none where nothing was sampled. */
export function curves(options: {
  readonly history: IncidentHistory
  readonly stats: IncidentStats
  readonly guides: Guides
  readonly messages: PageMessages
}): Html[] {
  const { axis } = options.guides
  const inView = options.history.samples.filter(({ at }) => at >= axis.from && at <= axis.until)
  // More points than a wide screen has pixels add nothing.
  const samples = thinned(inView, 700)
  if (samples.length < 2) return []
  return [memory(samples, options), stall(samples, options), load(samples, options)].filter(row => row !== null)
}

type Options = Parameters<typeof curves>[0]

function memory(samples: readonly ReportSample[], { history, stats, guides: lines, messages }: Options): Html | null {
  const height = 132
  const t = messages.timeline
  const most = Math.max(...samples.map(sample => Math.max(sample.availableKiB ?? 0, sample.headroomKiB ?? 0)), 1024)
  const y = scaleLinear([0, most * 1.08], [height, 0])
  // Ticks that are round in the unit that is shown.
  const unit = most >= 2 * 1024 * 1024 ? 1024 * 1024 : 1024
  const ticks = scaleLinear([0, (most * 1.08) / unit], [height, 0])
    .ticks(3)
    .map(value => value * unit)
  const x = (sample: ReportSample) => lines.axis.x(sample.at)
  const available =
    area<ReportSample>(x, height, sample => y(sample.availableKiB ?? 0))
      .defined(sample => sample.availableKiB !== null)
      .digits(1)(samples) ?? ''
  const total = history.host.memTotalKiB
  const least = stats.lowest
    ? t.least({ size: sizeText(stats.lowest.KiB), clock: clockText(stats.lowest.at, history.zone) })
    : ''
  return plotRow({
    id: 'memory',
    kind: 'curve',
    height,
    label: html`<b>${t.memory}</b> <small>${total !== null && t.ofTotal({ size: sizeText(total) })}</small><span class="key"><i class="swatch available"></i>${t.available}</span><span class="key"><i class="swatch headroom"></i>${t.headroom}</span><small>${least}</small>`,
    title: titleOf('memory', lines, messages),
    description: least,
    drawing: html`${guides(lines, height)}${horizontals(ticks, y)}<path class="available" d="${available}"/><path class="headroom" d="${path(samples, lines, y, sample => sample.headroomKiB)}"/>`,
    ticks: ticks.filter(KiB => KiB > 0).map(KiB => ({ y: y(KiB), text: sizeText(KiB) })),
  })
}

function stall(samples: readonly ReportSample[], { stats, guides: lines, messages }: Options): Html | null {
  const height = 96
  const t = messages.timeline
  if (samples.every(sample => sample.memoryFull === null && sample.ioFull === null)) return null
  const y = scaleLinear([0, 1.06], [height, 0])
  const most = [
    `${t.memoryFull} ${t.most({ value: percentText(stats.worstMemoryFull) })}`,
    `${t.ioFull} ${t.most({ value: percentText(stats.worstIoFull) })}`,
  ].join(messages.alerts.separator)
  return plotRow({
    id: 'stall',
    kind: 'curve',
    height,
    label: html`<b>${t.stall}</b> <small>PSI</small><span class="key"><i class="swatch memory-full"></i>${t.memoryFull}</span><span class="key"><i class="swatch io-full"></i>${t.ioFull}</span>`,
    title: titleOf('stall', lines, messages),
    description: most,
    drawing: html`${guides(lines, height)}${horizontals([0, 0.5, 1], y)}<path class="io-full" d="${path(samples, lines, y, sample => sample.ioFull)}"/><path class="memory-full" d="${path(samples, lines, y, sample => sample.memoryFull)}"/>`,
    ticks: [0.5, 1].map(ratio => ({ y: y(ratio), text: percentText(ratio) })),
  })
}

function load(samples: readonly ReportSample[], { guides: lines, messages }: Options): Html | null {
  const height = 60
  const t = messages.timeline
  if (samples.every(sample => sample.load1 === null)) return null
  const most = Math.max(1, ...samples.map(sample => sample.load1 ?? 0))
  const y = scaleLinear([0, most * 1.1], [height, 0])
  const ticks = y
    .ticks(2)
    .filter(value => value > 0)
    .slice(-1)
  return plotRow({
    id: 'load',
    kind: 'curve',
    height,
    label: html`<b>${t.load}</b> <small>load1</small>`,
    title: titleOf('load', lines, messages),
    description: t.most({ value: `${round(most)}` }),
    drawing: html`${guides(lines, height)}${horizontals([0, ...ticks], y)}<path class="load" d="${path(samples, lines, y, sample => sample.load1)}"/>`,
    ticks: ticks.map(value => ({ y: y(value), text: `${round(value)}` })),
  })
}

function titleOf(curve: keyof PageMessages['timeline']['curve'], { axis }: Guides, { timeline }: PageMessages): string {
  const span = `${timeText(axis.from, axis.zone)} – ${timeText(axis.until, axis.zone)}`
  return timeline.curveTitle({ curve: timeline.curve[curve], span })
}

function horizontals(values: readonly number[], y: (value: number) => number): Html {
  return html`<path class="grid" d="${values.map(value => `M0 ${round(y(value))}H${plotWidth}`).join('')}"/>`
}

function path(
  samples: readonly ReportSample[],
  { axis }: Guides,
  y: (value: number) => number,
  value: (sample: ReportSample) => number | null,
): string {
  return (
    line<ReportSample>(
      sample => axis.x(sample.at),
      sample => y(value(sample) ?? 0),
    )
      .defined(sample => value(sample) !== null)
      .curve(curveStepAfter)
      .digits(1)(samples) ?? ''
  )
}
