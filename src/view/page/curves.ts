import { scaleLinear } from 'd3-scale'
import { area, curveStepAfter, line } from 'd3-shape'
import type { Chronicle } from './chronicle.ts'
import type { Digest } from './digest.ts'
import { type Html, html } from './html.ts'
import type { PageWords } from './page-words.ts'
import { type Guides, guides, plotRow, plotWidth, round } from './plot.ts'
import { clockText, percentText, sizeText, timeText } from './quantities.ts'
import { type ReportSample, thinned } from './samples.ts'

/** Memory, stall and load as curves over time; none where nothing was sampled. */
export function curves(options: {
  readonly chronicle: Chronicle
  readonly digest: Digest
  readonly guides: Guides
  readonly words: PageWords
}): Html[] {
  const { axis } = options.guides
  const inView = options.chronicle.samples.filter(({ at }) => at >= axis.from && at <= axis.until)
  // More points than a wide screen has pixels tell nothing.
  const samples = thinned(inView, 700)
  if (samples.length < 2) return []
  return [memory(samples, options), stall(samples, options), load(samples, options)].filter(row => row !== null)
}

type Options = Parameters<typeof curves>[0]

function memory(samples: readonly ReportSample[], { chronicle, digest, guides: lines, words }: Options): Html | null {
  const height = 132
  const say = words.timeline
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
  const total = chronicle.host.memTotalKiB
  const least = digest.lowest ? say.least(sizeText(digest.lowest.KiB), clockText(digest.lowest.at)) : ''
  return plotRow({
    id: 'memory',
    kind: 'curve',
    height,
    label: html`<b>${say.memory}</b> <small>${total !== null && say.ofTotal(sizeText(total))}</small><span class="key"><i class="swatch available"></i>${say.available}</span><span class="key"><i class="swatch headroom"></i>${say.headroom}</span><small>${least}</small>`,
    title: titleOf(`${say.memory}: ${say.available}, ${say.headroom}`, lines),
    description: least,
    drawing: html`${guides(lines, height)}${horizontals(ticks, y)}<path class="available" d="${available}"/><path class="headroom" d="${path(samples, lines, y, sample => sample.headroomKiB)}"/>`,
    ticks: ticks.filter(KiB => KiB > 0).map(KiB => ({ y: y(KiB), text: sizeText(KiB) })),
  })
}

function stall(samples: readonly ReportSample[], { digest, guides: lines, words }: Options): Html | null {
  const height = 96
  const say = words.timeline
  if (samples.every(sample => sample.memoryFull === null && sample.ioFull === null)) return null
  const y = scaleLinear([0, 1.06], [height, 0])
  const most = [
    `${say.memoryFull} ${say.most(percentText(digest.worstMemoryFull))}`,
    `${say.ioFull} ${say.most(percentText(digest.worstIoFull))}`,
  ].join('; ')
  return plotRow({
    id: 'stall',
    kind: 'curve',
    height,
    label: html`<b>${say.stall}</b> <small>PSI</small><span class="key"><i class="swatch memory-full"></i>${say.memoryFull}</span><span class="key"><i class="swatch io-full"></i>${say.ioFull}</span>`,
    title: titleOf(`${say.stall} (PSI)`, lines),
    description: most,
    drawing: html`${guides(lines, height)}${horizontals([0, 0.5, 1], y)}<path class="io-full" d="${path(samples, lines, y, sample => sample.ioFull)}"/><path class="memory-full" d="${path(samples, lines, y, sample => sample.memoryFull)}"/>`,
    ticks: [0.5, 1].map(ratio => ({ y: y(ratio), text: percentText(ratio) })),
  })
}

function load(samples: readonly ReportSample[], { guides: lines, words }: Options): Html | null {
  const height = 60
  const say = words.timeline
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
    label: html`<b>${say.load}</b> <small>load1</small>`,
    title: titleOf(say.load, lines),
    description: say.most(`${round(most)}`),
    drawing: html`${guides(lines, height)}${horizontals([0, ...ticks], y)}<path class="load" d="${path(samples, lines, y, sample => sample.load1)}"/>`,
    ticks: ticks.map(value => ({ y: y(value), text: `${round(value)}` })),
  })
}

function titleOf(name: string, { axis }: Guides): string {
  return `${name}, ${timeText(axis.from)} – ${timeText(axis.until)}`
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
