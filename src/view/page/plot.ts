import { scaleUtc } from 'd3-scale'
import { type Html, html } from '../../text/html.ts'
import { localTime } from '../../text/local-time.ts'

/**
 * A plot is as wide as its place: its drawing is 1000 units wide and stretched, strokes keep their width, and all text
 * beside it is HTML. So one drawing serves 390 px, 1440 px and paper.
 */
export const plotWidth = 1000

type TimeScale = (at: number) => number

interface TimeAxis {
  /** On whose clocks the times are. */
  readonly zone: string
  readonly from: number
  readonly until: number
  readonly x: TimeScale
  readonly ticks: readonly { readonly x: number; readonly text: string }[]
}

export function timeAxis(from: number, until: number, zone: string): TimeAxis {
  // A single moment needs some room around it.
  const margin = Math.max(1000, (until - from) * 0.02)
  const scale = scaleUtc([from - margin, until + margin], [0, plotWidth])
  const spanMs = until - from
  const [start, end] = spanMs > 36 * 3_600_000 ? [5, 16] : [11, spanMs > 20 * 60_000 ? 16 : 19]
  // Round on the clocks of the zone, which may be half an hour apart from UTC.
  const shift = offsetMs(from, zone)
  const ticks = scaleUtc([from - margin + shift, until + margin + shift], [0, plotWidth])
    .ticks(7)
    .map(tick => ({
      x: round(scale(new Date(tick.getTime() - shift))),
      text: tick.toISOString().slice(start, end).replace('T', ' '),
    }))
    // A label at the very edge would stick out of the page.
    .filter(({ x }) => x > 25 && x < plotWidth - 25)
  return { zone, from, until, x: at => round(scale(at)), ticks }
}

function offsetMs(at: number, zone: string): number {
  const { date, time } = localTime(at, zone)
  const wall = Date.parse(`${date}T${time}Z`)
  return Number.isNaN(wall) ? 0 : Math.round((wall - at) / 60_000) * 60_000
}

/** Vertical lines in all plots: time ticks and events of the node. */
export interface Guides {
  readonly axis: TimeAxis
  /** From the first sign to recovery, or the end. */
  readonly band: readonly [number, number] | null
  readonly warnedAt: number | null
  readonly notReadyAt: number | null
}

export function guides({ axis, band, warnedAt, notReadyAt }: Guides, height: number): Html {
  const vertical = (xs: readonly number[]) => xs.map(x => `M${x} 0V${height}`).join('')
  return html`${
    band &&
    html`<rect class="band" x="${axis.x(band[0])}" y="0" width="${round(Math.max(1, axis.x(band[1]) - axis.x(band[0])))}" height="${height}"/>`
  }<path class="grid" d="${vertical(axis.ticks.map(tick => tick.x))}"/>${
    warnedAt !== null && html`<path class="warned" d="${vertical([axis.x(warnedAt)])}"/>`
  }${notReadyAt !== null && html`<path class="not-ready" d="${vertical([axis.x(notReadyAt)])}"/>`}`
}

/** One row of the timeline: its messages, and its drawing with a title and a description. */
export function plotRow(row: {
  readonly id: string
  readonly label: Html
  readonly title: string
  readonly description: string
  readonly height: number
  readonly drawing: Html
  readonly ticks?: readonly { readonly y: number; readonly text: string }[]
  readonly kind: 'curve' | 'workload' | 'alerts'
}): Html {
  const { id, height } = row
  return html`<div class="row ${row.kind}"><div class="row-label">${row.label}</div><div class="plot" style="height:${height}px"><svg viewBox="0 0 ${plotWidth} ${height}" preserveAspectRatio="none" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${row.title}</title><desc id="${id}-d">${row.description}</desc>${row.drawing}</svg>${row.ticks?.map(
    ({ y, text }) =>
      html`<span class="${y < 16 ? 'tick-y below' : 'tick-y'}" style="top:${round((y / height) * 100)}%">${text}</span>`,
  )}</div></div>`
}

export function round(value: number): number {
  return Math.round(value * 10) / 10
}
