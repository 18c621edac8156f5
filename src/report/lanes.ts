import type { Alert, Severity } from '../types.ts'
import type { Lane, LaneKill } from './chronicle.ts'
import { cut, type Html, html } from './html.ts'
import type { PageWords } from './page-words.ts'
import { type Guides, guides, plotRow, round } from './plot.ts'
import { rangeText, sizeText, timeText } from './quantities.ts'

const height = 36
const maxLanes = 24
/** Up to here every mark is an element that says who died; beyond it the marks of a lane are one path. */
const maxTitled = 400

/** A row for each workload that lost somebody: its generations as bars, every kill as a mark where a bar ends. */
export function lanes(all: readonly Lane[], lines: Guides, words: PageWords): Html[] {
  const isTitled = all.reduce((sum, lane) => sum + lane.kills.length, 0) <= maxTitled
  const rest = restLane(all.slice(maxLanes), words)
  return [...all.slice(0, maxLanes), ...(rest ? [rest] : [])].map((lane, index) =>
    laneRow({ lane, id: `lane-${index}`, lines, words, isTitled }),
  )
}

/** When oomloop said something, and how grave it was. */
export function alertLane(alerts: readonly Alert[], lines: Guides, words: PageWords): Html | null {
  if (alerts.length === 0) return null
  const marks = alerts.map(alert => {
    const x = lines.axis.x(Date.parse(alert.at))
    const state: Severity | 'over' = alert.status === 'resolved' ? 'over' : alert.severity
    return html`<path class="said ${state}" d="M${x} 5V19"><title>${words.severity[alert.severity]}${alert.status === 'resolved' && `, ${words.over}`}: ${alert.type} ${cut(alert.summary, 240)}, ${timeText(Date.parse(alert.at))}</title></path>`
  })
  return plotRow({
    id: 'said',
    kind: 'alerts',
    height: 24,
    label: html`<b>${words.timeline.alerts}</b>`,
    title: words.timeline.alerts,
    description: `${alerts.length}`,
    drawing: html`${guides(lines, 24)}${marks}`,
  })
}

function laneRow(options: {
  readonly lane: Lane
  readonly id: string
  readonly lines: Guides
  readonly words: PageWords
  readonly isTitled: boolean
}): Html {
  const { lane, id, lines, words, isTitled } = options
  const { x, from, until } = lines.axis
  const bars = lane.generations.map(({ bornAt, diedAt }) => {
    const start = x(Math.max(from, bornAt))
    const end = x(Math.min(until, diedAt ?? until))
    return end > start ? `M${start} 18h${round(end - start)}` : ''
  })
  const count = lane.kills.length
  return plotRow({
    id,
    kind: 'lane',
    height,
    label: html`<span class="lane-name" title="${cut(lane.label, 300)}">${cut(lane.name, 60)}<small>${placeText(lane, words)}</small></span> <b class="count">${count}</b>`,
    title: words.timeline.killsOf(cut(lane.label, 200), count),
    description: count === 0 ? '' : `${timeText(lane.kills[0]!.at)} – ${timeText(lane.kills.at(-1)!.at)}`,
    drawing: html`${guides(lines, height)}<path class="base" d="M0 18H1000"/><path class="life" d="${bars.join('')}"/>${
      isTitled ? lane.kills.map(kill => titledMark(kill, lines, words)) : plainMarks(lane.kills, lines)
    }`,
  })
}

/** Where it lives and what it held: the smallest and the largest of its dead. */
function placeText({ place, isNameOnly, kills }: Lane, words: PageWords): string {
  const sizes = kills.map(kill => kill.heldKiB).filter(KiB => KiB !== null)
  const least = sizes.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const most = sizes.reduce((a, b) => Math.max(a, b), 0)
  const held = sizes.length === 0 ? '' : rangeText(least, most)
  return [cut(place ?? '', 60) || (isNameOnly ? words.timeline.nameOnly : ''), held].filter(Boolean).join(' · ')
}

function titledMark(kill: LaneKill, { axis }: Guides, words: PageWords): Html {
  const text = `${cut(kill.comm, 40)}, pid ${kill.pid}, ${sizeText(kill.heldKiB)}, ${timeText(kill.at)}`
  const whose = kill.nodeLevel ? words.timeline.legend.nodeKill : words.timeline.legend.ownKill
  return html`<path class="${classOf(kill.nodeLevel)}" data-kills="1" d="${mark(kill, axis.x)}"><title>${text}: ${whose}</title></path>`
}

function plainMarks(kills: readonly LaneKill[], { axis }: Guides): Html[] {
  return [true, false].map(nodeLevel => {
    const its = kills.filter(kill => kill.nodeLevel === nodeLevel)
    return html`${its.length > 0 && html`<path class="${classOf(nodeLevel)}" data-kills="${its.length}" d="${its.map(kill => mark(kill, axis.x)).join('')}"/>`}`
  })
}

function classOf(nodeLevel: boolean): string {
  return nodeLevel ? 'kill' : 'kill own'
}

/** The node's kills are tall, those at an own limit short: it must not take colour to tell them apart. */
function mark(kill: LaneKill, x: (at: number) => number): string {
  return kill.nodeLevel ? `M${x(kill.at)} 6v24` : `M${x(kill.at)} 12v12`
}

/** Lanes beyond the bound share one: a storm of five hundred victims is one picture, not a wall. */
function restLane(some: readonly Lane[], words: PageWords): Lane | null {
  if (some.length === 0) return null
  return {
    key: 'rest',
    label: words.timeline.rest(some.length),
    name: words.timeline.rest(some.length),
    place: null,
    isNameOnly: false,
    kills: some.flatMap(lane => lane.kills),
    generations: [],
  }
}
