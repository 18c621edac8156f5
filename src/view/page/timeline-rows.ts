import { cut, type Html, html } from '../../text/html.ts'
import { sizeRangeText, sizeText } from '../../text/messages/format.ts'
import type { Alert, Severity } from '../../types.ts'
import type { IncidentKill, WorkloadRow } from '../incident/timeline-data.ts'
import { timeText } from '../incident/times.ts'
import type { PageMessages } from './page-messages.ts'
import { type Guides, guides, plotRow, round } from './plot.ts'

const height = 36
const maxRows = 24
/**
 * Up to this number, each mark is an element with the name of the process. Beyond it, the marks of a row are one path.
 */
const maxTitled = 400

/** A row for each workload with OOM kills: its generations as bars, every kill as a mark where a bar ends. */
export function workloadRows(all: readonly WorkloadRow[], lines: Guides, messages: PageMessages): Html[] {
  const isTitled = all.reduce((sum, row) => sum + row.kills.length, 0) <= maxTitled
  const rest = restRow(all.slice(maxRows), messages)
  return [...all.slice(0, maxRows), ...(rest ? [rest] : [])].map((row, index) =>
    workloadRow({ row, id: `workload-${index}`, lines, messages, isTitled }),
  )
}

/** When an alert was sent, and its severity. */
export function alertRow(alerts: readonly Alert[], lines: Guides, messages: PageMessages): Html | null {
  if (alerts.length === 0) return null
  const marks = alerts.map(alert => {
    const x = lines.axis.x(Date.parse(alert.at))
    const state: Severity | 'over' = alert.status === 'resolved' ? 'over' : alert.severity
    return html`<path class="said ${state}" d="M${x} 5V19"><title>${messages.severity[alert.severity]}${alert.status === 'resolved' && `${messages.comma}${messages.resolved}`}${messages.comma}${alert.type}${messages.comma}${timeText(Date.parse(alert.at), lines.axis.zone)}${messages.colon}${cut(alert.summary, 240)}</title></path>`
  })
  return plotRow({
    id: 'said',
    kind: 'alerts',
    height: 24,
    label: html`<b>${messages.timeline.alerts}</b>`,
    title: messages.timeline.alerts,
    description: `${alerts.length}`,
    drawing: html`${guides(lines, 24)}${marks}`,
  })
}

function workloadRow(options: {
  readonly row: WorkloadRow
  readonly id: string
  readonly lines: Guides
  readonly messages: PageMessages
  readonly isTitled: boolean
}): Html {
  const { row, id, lines, messages, isTitled } = options
  const { x, from, until, zone } = lines.axis
  const bars = row.generations.map(({ bornAt, diedAt }) => {
    const start = x(Math.max(from, bornAt))
    const end = x(Math.min(until, diedAt ?? until))
    return end > start ? `M${start} 18h${round(end - start)}` : ''
  })
  const count = row.kills.length
  return plotRow({
    id,
    kind: 'workload',
    height,
    label: html`<span class="workload-name" title="${cut(row.label, 300)}">${cut(row.name, 60)}<small>${placeText(row, messages)}</small></span> <b class="count">${count}</b>`,
    title: messages.timeline.killsOf({ label: cut(row.label, 200), kills: count }),
    description: count === 0 ? '' : `${timeText(row.kills[0]!.at, zone)} – ${timeText(row.kills.at(-1)!.at, zone)}`,
    drawing: html`${guides(lines, height)}<path class="base" d="M0 18H1000"/><path class="life" d="${bars.join('')}"/>${
      isTitled ? row.kills.map(kill => titledMark(kill, lines, messages)) : plainMarks(row.kills, lines)
    }`,
  })
}

/** Namespace or path, and the sizes of the smallest and the largest killed process. */
function placeText({ place, isNameOnly, kills }: WorkloadRow, messages: PageMessages): string {
  const sizes = kills.map(kill => kill.usedKiB).filter(KiB => KiB !== null)
  const least = sizes.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const most = sizes.reduce((a, b) => Math.max(a, b), 0)
  const held = sizes.length === 0 ? '' : sizeRangeText(least, most)
  return [cut(place ?? '', 60) || (isNameOnly ? messages.timeline.nameOnly : ''), held].filter(Boolean).join(' · ')
}

function titledMark(kill: IncidentKill, { axis }: Guides, messages: PageMessages): Html {
  const text = [cut(kill.comm, 40), `pid ${kill.pid}`, sizeText(kill.usedKiB), timeText(kill.at, axis.zone)].join(
    messages.comma,
  )
  const kind = killKind(kill)
  return html`<path class="${killClass[kind]}" data-kills="1" d="${mark(kill, axis.x)}"><title>${text}${messages.colon}${messages.timeline.legend.kill[kind]}</title></path>`
}

function plainMarks(kills: readonly IncidentKill[], { axis }: Guides): Html[] {
  return killKinds.map(kind => {
    const its = kills.filter(kill => killKind(kill) === kind)
    return html`${its.length > 0 && html`<path class="${killClass[kind]}" data-kills="${its.length}" d="${its.map(kill => mark(kill, axis.x)).join('')}"/>`}`
  })
}

/** Whose memory limit a kill was about: the node, a slice that several workloads share, or the workload's own. */
type KillKind = (typeof killKinds)[number]

export const killKinds = ['node', 'slice', 'own'] as const

export function killKind({ nodeLevel, isSliceLimit }: IncidentKill): KillKind {
  if (nodeLevel) return 'node'
  return isSliceLimit ? 'slice' : 'own'
}

export const killClass: Readonly<Record<KillKind, string>> = { node: 'kill', slice: 'kill slice', own: 'kill own' }

/** The kinds differ in height as well, for people who cannot distinguish the colours. */
function mark(kill: IncidentKill, x: (at: number) => number): string {
  return `M${x(kill.at)} ${markLine[killKind(kill)]}`
}

const markLine: Readonly<Record<KillKind, string>> = { node: '6v24', slice: '9v18', own: '12v12' }

/** Workloads beyond the bound share one row, so that a storm with five hundred victims stays readable. */
function restRow(some: readonly WorkloadRow[], messages: PageMessages): WorkloadRow | null {
  if (some.length === 0) return null
  return {
    key: 'rest',
    label: messages.timeline.rest({ count: some.length }),
    name: messages.timeline.rest({ count: some.length }),
    place: null,
    isNameOnly: false,
    kills: some.flatMap(row => row.kills),
    generations: [],
  }
}
