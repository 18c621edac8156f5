import { cut, type Html, html } from '../../text/html.ts'
import { messagesOf } from '../../text/messages/catalogues.ts'
import { percentText, sizeText } from '../../text/messages/format.ts'
import type { Locale } from '../../types.ts'
import { type IncidentStats, incidentStats } from '../incident/incident-stats.ts'
import { sentences } from '../incident/sentences.ts'
import type { IncidentHistory } from '../incident/timeline-data.ts'
import { dayText, spanText } from '../incident/times.ts'
import { loopDrawing } from './loop-drawing.ts'
import type { PageMessages } from './page-messages.ts'
import { pageStyle } from './page-style.ts'
import {
  actionsSection,
  alertsSection,
  consumersSection,
  coverageSection,
  diagnosisSection,
  linesSection,
  nextSection,
  type SectionInput,
} from './sections.ts'
import { timeline } from './timeline.ts'

export interface PageOptions {
  readonly locale: Locale
  readonly version: string
  /** Names of the files that it is made from. */
  readonly files: readonly string[]
  /** Notes about the files that were read. */
  readonly notes: readonly string[]
}

/** An incident as one self-contained page: no script, no font, no request. */
export function reportPage(history: IncidentHistory, { locale, version, files, notes }: PageOptions): string {
  const all = messagesOf(locale)
  const messages = all.page
  const { duration } = all.units
  const stats = incidentStats(history)
  const input: SectionInput = { history, stats, messages, duration }
  const { name } = history.host
  const heading = messages.heading[headingOf(stats)]({
    node: name === 'unknown' ? all.report.unnamedNode : cut(name, 60),
  })
  const lines = linesSection(input)
  const consumers = consumersSection(input)
  const next = nextSection(input)
  const loops = stats.loops.slice(0, maxLoops)
  const page = html`<!doctype html>
<html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark"><meta name="generator" content="oomloop ${version}"><link rel="icon" href="data:,">
<title>${heading}${history.from !== null && `${messages.comma}${dayText(stats.firstKillAt ?? stats.warnedAt ?? history.from, history.zone)}`}</title><style>${{ html: pageStyle }}</style></head>
<body><a class="skip" href="#what">${messages.skip}</a>
<header><p class="brand"><b>oomloop</b> ${messages.kind}</p><h1>${heading}</h1>${byline(history, stats, messages)}</header>
<main>
<section id="what" class="what" aria-labelledby="what-h"><h2 id="what-h" class="quiet">${messages.what}</h2><div class="lead">${sentences(stats, history, locale).map(sentence => html`<p>${sentence}</p>`)}</div>${facts(stats, input)}</section>
${section('timeline', messages.timeline.title, timeline(history, stats, messages))}
${actionsSection(input)}
${loops.length > 0 && section('loop', messages.loop.title, html`${loops.map((loop, index) => loopDrawing(loop, { id: `loop-${index}`, messages: all }))}${stats.loops.length > maxLoops && html`<p class="note">${messages.loop.more({ count: stats.loops.length - maxLoops })}</p>`}`)}
${consumers && section('consumers', messages.consumers.title, consumers)}
${next && section('next', messages.next.title, next)}
${stats.kind !== 'quiet' && section('diagnosis', messages.diagnosis.title, diagnosisSection(input))}
${section('alerts', messages.alerts.title, alertsSection(input))}
${section('coverage', messages.coverage.title, coverageSection(input))}
${lines && section('lines', messages.lines.title, lines)}
</main>
<footer>${notes.length > 0 && html`<ul>${notes.map(note => html`<li>${cut(note, 300)}</li>`)}</ul>`}<p>${messages.madeBy({ version, files: files.map(file => cut(file, 80)).join(messages.comma) })}</p></footer>
</body></html>
`
  return page.html
}

const maxLoops = 6

function headingOf({ kind, loops, ownKills, unseenKills }: IncidentStats): keyof PageMessages['heading'] {
  if (kind === 'quiet' && unseenKills > 0) return 'unseen'
  if (kind === 'own-limit' && ownKills.every(kill => kill.isSliceLimit)) return 'shared-limit'
  return kind === 'node' && loops.some(loop => !loop.isOwnLimit) ? 'loop' : kind
}

function byline(
  { host, from, until, zone }: IncidentHistory,
  { severity }: IncidentStats,
  messages: PageMessages,
): Html {
  const known = (text: string, prefix = '') => text !== 'unknown' && html`<span>${prefix}${cut(text, 120)}</span>`
  return html`<p class="byline">${severity && html`<span class="badge ${severity}">${messages.severity[severity]}</span>`}${from !== null && until !== null && html`<span>${spanText(from, until, zone)}</span>`}${host.memTotalKiB !== null && html`<span>${sizeText(host.memTotalKiB)}</span>`}${known(host.os)}${known(host.kernel, 'Linux ')}${Object.entries(
    host.labels ?? {},
  )
    .slice(0, 8)
    .map(([key, value]) => html`<span>${cut(key, 40)}=${cut(value, 60)}</span>`)}</p>`
}

function section(id: string, title: string, content: Html): Html {
  return html`<section id="${id}" aria-labelledby="${id}-h"><h2 id="${id}-h">${title}</h2>${content}</section>`
}

/** The most important figures. */
function facts(stats: IncidentStats, { history, messages, duration }: SectionInput): Html {
  const { memTotalKiB } = history.host
  const t = messages.facts
  const { kills, leadSeconds, lowest, worstMemoryFull, worstIoFull, firstKillAt, lastKillAt } = stats
  const worstStall = Math.max(worstMemoryFull ?? -1, worstIoFull ?? -1)
  const workloads = new Set(kills.map(kill => kill.workload)).size
  const tiles = [
    { name: t.kills, value: `${kills.length}`, more: kills.length === 0 ? '' : t.ofWorkloads({ count: workloads }) },
    leadSeconds !== null && { name: t.warned, value: duration(leadSeconds), more: t.beforeKill },
    firstKillAt !== null &&
      lastKillAt! > firstKillAt && {
        name: t.lasted,
        value: duration((lastKillAt! - firstKillAt) / 1000),
        more: t.incidents({ count: stats.incidents }),
      },
    lowest && {
      name: t.lowest,
      value: sizeText(lowest.KiB),
      more: memTotalKiB === null ? '' : messages.timeline.ofTotal({ size: sizeText(memTotalKiB) }),
    },
    worstStall >= 0 && { name: t.stall, value: percentText(worstStall), more: t.ofTheTime },
  ].filter(tile => tile !== false && tile !== null)
  return html`<dl class="facts">${tiles.map(({ name, value, more }) => html`<div><dt>${name}</dt><dd><b>${value}</b> <small>${more}</small></dd></div>`)}</dl>`
}
