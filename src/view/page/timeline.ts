import { type Html, html } from '../../text/html.ts'
import type { IncidentStats } from '../incident/incident-stats.ts'
import type { IncidentHistory } from '../incident/timeline-data.ts'
import { zoneText } from '../incident/times.ts'
import { curves } from './curves.ts'
import type { PageMessages } from './page-messages.ts'
import { type Guides, timeAxis } from './plot.ts'
import { alertRow, killClass, killKind, killKinds, workloadRows } from './timeline-rows.ts'
import { timelineTables } from './timeline-tables.ts'

/** The timeline: memory, stall and load as curves, then a row for each workload. */
export function timeline(history: IncidentHistory, stats: IncidentStats, messages: PageMessages): Html {
  const view = viewOf(history, stats)
  if (!view) return html`<p>${messages.timeline.untimed}</p>`
  const axis = timeAxis(...view, history.zone)
  const alerts = history.alerts.filter(alert => alert.type !== 'agent-impaired')
  const shown: Guides = {
    axis,
    band: bandOf(stats, history, view),
    warnedAt: within(stats.warnedAt, view),
    notReadyAt: within(stats.notReadySince, view),
  }
  const rows = [
    ...curves({ history, stats, guides: shown, messages }),
    alertRow(alerts, shown, messages),
    ...workloadRows(history.workloads, shown, messages),
  ].filter(row => row !== null)
  const ticks = axis.ticks.map(
    ({ x, text }, index) => html`<span class="${index % 2 === 1 && 'odd'}" style="left:${x / 10}%">${text}</span>`,
  )
  return html`<figure class="timeline">${rows}
<div class="row axis"><div class="row-label"><small>${zoneText(view[0], history.zone)}</small></div><div class="plot ticks" aria-hidden="true">${ticks}</div></div>
${legend(history, shown, messages)}</figure>
${timelineTables(history, messages, view)}`
}

type View = readonly [from: number, until: number]

function within(at: number | null, [from, until]: View): number | null {
  return at !== null && at >= from && at <= until ? at : null
}

/** The part of a long recording to show: from some time before the first sign to some time after the last one. */
function viewOf({ from, until, alerts, kills }: IncidentHistory, stats: IncidentStats): View | null {
  if (from === null || until === null) return null
  const times = [
    ...alerts.flatMap(alert => [Date.parse(alert.startsAt), Date.parse(alert.at)]),
    ...kills.map(kill => kill.at),
  ]
  if (times.length === 0) return [from, until]
  const first = Math.max(
    from,
    times.reduce((a, b) => Math.min(a, b)),
  )
  const last = Math.min(
    until,
    stats.overAt ?? until,
    times.reduce((a, b) => Math.max(a, b)),
  )
  const room = Math.max(300_000, (last - first) * 0.25)
  return [Math.max(from, first - room), Math.max(first, Math.min(until, last + room))]
}

function bandOf(stats: IncidentStats, { alerts }: IncidentHistory, [from, until]: View): Guides['band'] {
  const starts = alerts
    .filter(alert => alert.type !== 'agent-impaired')
    .map(alert => Date.parse(alert.startsAt))
    .concat(stats.firstKillAt ?? [])
  if (starts.length === 0) return null
  const start = starts.reduce((a, b) => Math.min(a, b))
  const end = stats.overAt ?? until
  return end <= from ? null : [Math.max(from, start), Math.min(until, end)]
}

function legend({ workloads: all, alerts }: IncidentHistory, shown: Guides, messages: PageMessages): Html {
  const t = messages.timeline.legend
  const entries = [
    all.some(row => row.generations.length > 0) && html`<li><i class="swatch life"></i>${t.life}</li>`,
    ...killKinds
      .filter(kind => all.some(row => row.kills.some(kill => killKind(kill) === kind)))
      .map(kind => html`<li><i class="swatch ${killClass[kind]}"></i>${t.kill[kind]}</li>`),
    alerts.length > 0 && html`<li><i class="swatch band"></i>${t.incident}</li>`,
    shown.warnedAt !== null && html`<li><i class="swatch warned"></i>${messages.timeline.warning}</li>`,
    shown.notReadyAt !== null && html`<li><i class="swatch not-ready"></i>${messages.timeline.notReady}</li>`,
  ]
  return html`<figcaption><ul class="legend">${entries}</ul></figcaption>`
}
