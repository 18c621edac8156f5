import { cut, type Html, html } from '../../text/html.ts'
import { percentText, sizeText } from '../../text/messages/format.ts'
import { thinned } from '../incident/samples.ts'
import type { IncidentHistory } from '../incident/timeline-data.ts'
import { clockText, dayText, zoneText } from '../incident/times.ts'
import type { PageMessages } from './page-messages.ts'
import { scrolling } from './table.ts'

const maxRows = 300

/** The timeline for screen readers, and for exact figures. */
export function timelineTables(
  history: IncidentHistory,
  messages: PageMessages,
  view: readonly [number, number],
): Html {
  const t = messages.timeline
  return html`<details class="tables"><summary>${t.asTable}</summary>${killTable(history, messages)}${curveTable(history, messages, view)}<p class="note">${t.zone({ zone: zoneText(view[0], history.zone) })}</p></details>`
}

function killTable({ kills, zone }: IncidentHistory, messages: PageMessages): Html {
  if (kills.length === 0) return html``
  const t = messages.timeline
  const rows = kills
    .slice(0, maxRows)
    .map(
      kill =>
        html`<tr><td class="num">${shortTime(kill.at, kills[0]!.at, zone)}</td><td>${cut(kill.label, 120)}</td><td><code>${cut(kill.comm, 40)}</code> ${kill.pid}</td><td class="num">${sizeText(kill.usedKiB)}</td><td>${kill.limit === null ? t.theNode : cut(kill.limit, 120)}</td></tr>`,
    )
  const more = kills.length - maxRows
  return html`<h3>${t.killTable}</h3>${scrolling(
    t.killTable,
    html`<table><thead><tr><th>${t.time({ zone: zoneText(kills[0]!.at, zone) })}</th><th>${t.workload}</th><th>${t.process}</th><th class="num">${t.used}</th><th>${t.limit}</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}${more > 0 && html`<p class="note">${t.leftOut({ count: more })}</p>`}`
}

function curveTable(
  { samples, zone }: IncidentHistory,
  messages: PageMessages,
  [from, until]: readonly [number, number],
): Html {
  const inView = samples.filter(({ at }) => at >= from && at <= until)
  if (inView.length < 2) return html``
  const t = messages.timeline
  const rows = thinned(inView, 30).map(
    sample =>
      html`<tr><td class="num">${shortTime(sample.at, from, zone)}</td><td class="num">${sizeText(sample.availableKiB)}</td><td class="num">${sizeText(sample.headroomKiB)}</td><td class="num">${percentText(sample.memoryFull)}</td><td class="num">${percentText(sample.ioFull)}</td><td class="num">${sample.load1 ?? '?'}</td></tr>`,
  )
  return html`<h3>${t.curveTable}</h3>${scrolling(
    t.curveTable,
    html`<table><thead><tr><th>${t.time({ zone: zoneText(from, zone) })}</th><th class="num">${t.available}</th><th class="num">${t.headroom}</th><th class="num">${t.memoryFull}</th><th class="num">${t.ioFull}</th><th class="num">${t.load}</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}`
}

function shortTime(at: number, first: number, zone: string): string {
  const day = dayText(at, zone)
  return day === dayText(first, zone) ? clockText(at, zone) : `${day} ${clockText(at, zone)}`
}
