import { nameOfKey } from '../../diagnose/evidence/workload-names.ts'
import { cut, type Html, html } from '../../text/html.ts'
import { sizeChangeText, sizeText } from '../../text/messages/format.ts'
import type { Alert, AlertHold, Forecast, Holding, NextVictim } from '../../types.ts'
import type { IncidentStats } from '../incident/incident-stats.ts'
import type { IncidentHistory, Run } from '../incident/timeline-data.ts'
import { clockText, dayText, spanText, timeText, zoneText } from '../incident/times.ts'
import type { Duration, PageMessages } from './page-messages.ts'
import { scrolling } from './table.ts'

export interface SectionInput {
  readonly history: IncidentHistory
  readonly stats: IncidentStats
  readonly messages: PageMessages
  readonly duration: Duration
}

/** The top memory consumers at the worst moment, what grew, unaccounted memory, and which limit was reached. */
export function consumersSection({ history, stats: { worst }, messages }: SectionInput): Html | null {
  const t = messages.consumers
  if (!worst) return null
  const { limit, trigger, unownedKiB } = worst
  // The last alert that lists it has the time of its release.
  const held = history.alerts.findLast(({ hold }) => hold !== undefined)?.hold
  const rows = [
    held && row(t.held, html`${held.map(each => heldText(each, history.zone, t)).join(messages.alerts.separator)}`),
    limit &&
      row(
        t.limit,
        html`${limit.path === null ? messages.timeline.theNode : cut(limit.path, 160)}${limit.usageKiB !== null && ` (${sizeText(limit.usageKiB)} / ${sizeText(limit.limitKiB)})`}`,
      ),
    trigger &&
      row(
        t.trigger,
        html`${trigger.workload ? nameOfKey(trigger.workload) : cut(trigger.comm ?? '?', 40)}${trigger.grewKiB !== null && ` (${sizeChangeText(trigger.grewKiB)})`}${trigger.terminating === true && `${messages.comma}${t.triggerTerminating}`}`,
      ),
    unownedKiB &&
      unownedKiB.total > 0 &&
      row(
        t.unaccounted,
        html`${sizeText(unownedKiB.total)}${messages.colon}${Object.entries(t.unaccountedPart)
          .map(([part, name]) => ({ name, KiB: unownedKiB[part as keyof typeof t.unaccountedPart] }))
          .filter(({ KiB }) => KiB !== null && KiB > 0)
          .map(({ name, KiB }) => `${name} ${sizeText(KiB)}`)
          .join(messages.comma)}${unownedKiB.shmemOwner && ` (${cut(unownedKiB.shmemOwner, 120)})`}`,
      ),
  ]
  return html`<p class="note">${t.at({ time: timeText(Date.parse(worst.at), history.zone) })}</p><div class="columns">${consumers(t.top, worst.holders, messages)}${consumers(t.growing, worst.growers, messages)}</div><dl class="rows">${rows}</dl>`
}

function heldText({ workload, since, until, savedKiB }: AlertHold, zone: string, t: PageMessages['consumers']): string {
  const time = (at: string) => timeText(Date.parse(at), zone)
  const name = cut(nameOfKey(workload), 160)
  return t.heldText({ name, since: time(since), until: until && time(until), saved: sizeText(savedKiB) })
}

function row(name: string, text: Html): Html {
  return html`<div><dt>${name}</dt><dd>${text}</dd></div>`
}

/** Sizes as bars, because lengths are easier to compare than numbers. */
function consumers(title: string, some: readonly Holding[], messages: PageMessages): Html {
  if (some.length === 0) return html``
  const most = Math.max(...some.map(holding => holding.KiB), 1)
  const bars = some.map(
    ({ workload, KiB, changeKiB }) =>
      html`<tr><th scope="row" title="${cut(workload, 200)}">${consumerName(workload, messages)}<span class="bar"><i style="width:${Math.max(1, Math.round((KiB / most) * 100))}%"></i></span></th><td class="num">${sizeText(KiB)}</td><td class="num">${changeKiB === null ? '?' : sizeChangeText(changeKiB)}</td></tr>`,
  )
  return html`<div>${scrolling(title, html`<table class="bars"><thead><tr><th>${title}</th><th class="num">${messages.timeline.used}</th><th class="num">${messages.consumers.change}</th></tr></thead><tbody>${bars}</tbody></table>`)}</div>`
}

/** Unaccounted memory is among the growers, under the kernel's own names. */
function consumerName(key: string, { consumers: { unaccountedPart } }: PageMessages): string {
  const part = key.startsWith('kernel/') ? key.slice('kernel/'.length) : ''
  return part in unaccountedPart ? unaccountedPart[part as keyof typeof unaccountedPart] : nameOfKey(key)
}

/** The next victims as the last alert before the first kill named them, and what happened to each. */
export function nextSection({ history, stats, messages }: SectionInput): Html | null {
  const t = messages.next
  const alert = prediction(history.alerts, stats.firstKillAt)
  if (!alert) return null
  const since = Date.parse(alert.at)
  const answer = (value: boolean | null) => (value === null ? '?' : value ? t.yes : t.no)
  const outcome = (victim: NextVictim): Html => {
    const kill =
      history.kills.find(its => its.at >= since && its.pid === victim.pid) ??
      history.kills.find(its => its.at >= since && its.workload === victim.workload)
    return kill
      ? html`<b class="killed">${t.killedAt({ clock: clockText(kill.at, history.zone) })}</b>`
      : html`${t.alive}`
  }
  const rows = alert.nextVictims.map(
    victim =>
      html`<tr><th scope="row" title="${cut(victim.workload, 200)}">${nameOfKey(victim.workload)}</th><td><code>${cut(victim.comm, 40)}</code> ${victim.pid}</td><td class="num">${victim.score}</td><td class="num">${sizeText(victim.rssKiB)}</td><td>${answer(victim.respawns)}</td><td class="num">${victim.regainsKiB === null ? '?' : sizeText(victim.regainsKiB)}</td><td>${outcome(victim)}</td></tr>`,
  )
  return html`<p class="note">${t.seenAt({ time: timeText(since, history.zone) })}</p>${scrolling(
    t.title,
    html`<table><thead><tr><th>${messages.timeline.workload}</th><th>${messages.timeline.process}</th><th class="num">${t.score}</th><th class="num">${messages.timeline.used}</th><th>${t.restarts}</th><th class="num">${t.frees}</th><th>${t.outcome}</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}`
}

function prediction(alerts: readonly Alert[], firstKillAt: number | null): Alert | undefined {
  const naming = alerts.filter(alert => alert.status === 'firing' && alert.nextVictims.length > 0)
  return naming.findLast(alert => firstKillAt !== null && Date.parse(alert.at) < firstKillAt) ?? naming[0]
}

export function diagnosisSection({ stats: { causes }, messages }: SectionInput): Html {
  const t = messages.diagnosis
  if (causes.length === 0) return html`<p class="note">${t.none}</p>`
  return html`<ul class="causes">${causes.map(
    ({ code, why, evidence, remedy }) =>
      html`<li><h3>${cut(why, 400)}</h3><dl class="rows">${row(t.evidence, html`${cut(evidence, 600)}`)}${row(t.remedy, html`${cut(remedy, 600)}`)}</dl><p class="code">${cut(code, 60)}</p></li>`,
  )}</ul>`
}

export function actionsSection({ stats: { actions, overAt }, messages }: SectionInput): Html | null {
  if (actions.length === 0) return null
  const steps = actions.map(
    action =>
      html`<li>${cut(action.do, 400)}${(action.expectKiB ?? 0) > 0 && !action.do.includes(sizeText(action.expectKiB)) && html` <small>${messages.actions.frees({ size: sizeText(action.expectKiB) })}</small>`}${action.command !== null && html`<code class="command">${cut(action.command, 400)}</code>`}</li>`,
  )
  return html`<aside class="actions" aria-labelledby="do-h"><h2 id="do-h">${overAt === null ? messages.actions.title : messages.actions.pastTitle}</h2><ol>${steps}</ol></aside>`
}

const maxAlerts = 60

/** All alerts in order, with the outcome of each forecast. */
export function alertsSection({ history, stats, messages, duration }: SectionInput): Html {
  const t = messages.alerts
  const { zone } = history
  if (history.alerts.length === 0) return html`<p class="note">${t.none}</p>`
  const rows = history.alerts.slice(0, maxAlerts).map(alert => {
    const at = Date.parse(alert.at)
    const state = alert.status === 'resolved' ? 'over' : alert.severity
    const about = history.workloads.find(row => row.key === alert.subject)?.label ?? nameOfKey(alert.subject)
    const forecast = alert.forecast && forecastText(alert.forecast, { messages, duration, at, stats })
    return html`<tr><td class="when">${dayText(at, zone) === dayText(history.from ?? at, zone) ? '' : `${dayText(at, zone)} `}${clockText(at, zone)}</td><td><span class="badge ${state}">${state === 'over' ? messages.resolved : messages.severity[alert.severity]}</span> ${alert.type}</td><td>${cut(about, 120)}</td><td>${cut(alert.summary, 400)}${forecast && html`<br><small>${forecast}</small>`}</td></tr>`
  })
  const more = history.alerts.length - maxAlerts
  return html`${scrolling(
    t.title,
    html`<table class="wide"><thead><tr><th>${messages.timeline.time({ zone: zoneText(Date.parse(history.alerts[0]!.at), zone) })}</th><th>${t.what}</th><th>${t.about}</th><th>${t.summary}</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}${more > 0 && html`<p class="note">${t.leftOut({ count: more })}</p>`}`
}

function forecastText(
  { firstKillSeconds, notReadySeconds }: Forecast,
  about: { messages: PageMessages; duration: Duration; at: number; stats: IncidentStats },
): string {
  const t = about.messages.alerts
  const { duration } = about
  const range = ([soonest, latest]: readonly [number, number]) =>
    latest === 0 ? t.now : t.range({ soonest: duration(soonest), latest: duration(latest) })
  const next = about.stats.nodeKills.find(kill => kill.at > about.at)
  return [
    firstKillSeconds && t.forecastKill({ range: range(firstKillSeconds) }),
    firstKillSeconds && next && t.killedAfter({ duration: duration((next.at - about.at) / 1000) }),
    notReadySeconds && t.forecastNotReady({ range: range(notReadySeconds) }),
  ]
    .filter(Boolean)
    .join(t.separator)
}

export function coverageSection({ history, messages }: SectionInput): Html {
  const t = messages.coverage
  const source = ({ sight, from, until }: Run) =>
    `${t.sight[sight]}${from === null ? '' : `${messages.comma}${until === null ? timeText(from, history.zone) : spanText(from, until, history.zone)}`}`
  const rows = history.runs.slice(0, 20).map(run => {
    const { counted, seen, attributed, lostRecords } = run.coverage
    return html`<tr><th scope="row">${source(run)}</th><td class="num">${counted ?? t.noCounter}</td><td class="num">${seen}</td><td class="num">${attributed}</td><td class="num">${lostRecords}</td></tr>`
  })
  return html`<p class="note">${t.intro}</p>${scrolling(
    t.title,
    html`<table><thead><tr><th>${t.source}</th><th class="num">${t.counted}</th><th class="num">${t.seen}</th><th class="num">${t.attributed}</th><th class="num">${t.lost}</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}${history.killsInSeveralFiles > 0 && html`<p class="note">${t.twice({ count: history.killsInSeveralFiles })}</p>`}${history.killsLeftOut > 0 && html`<p class="note">${t.notShown({ count: history.killsLeftOut })}</p>`}`
}

export function linesSection({ history: { lines }, messages }: SectionInput): Html | null {
  const { oldest, newest, leftOut } = lines
  if (oldest.length === 0) return null
  const gap = leftOut > 0 ? [messages.lines.leftOut({ count: leftOut })] : []
  // One text of many lines: each is made harmless for itself, for a line break in one would pass for two.
  const text = [...oldest, ...gap, ...newest].map(
    (line, index) =>
      html`${
        index > 0 &&
        html`
`
      }${line}`,
  )
  return html`<details><summary>${messages.lines.show({ count: oldest.length + newest.length })}</summary><pre tabindex="0">${text}</pre></details>`
}
