import { nameOfKey } from '../diagnose/names.ts'
import type { Alert, Forecast, Holding, Locale, NextVictim } from '../types.ts'
import type { Chronicle, Run } from './chronicle.ts'
import type { Digest } from './digest.ts'
import { cut, type Html, html } from './html.ts'
import type { PageWords } from './page-words.ts'
import { changeText, clockText, dayText, secondsText, sizeText, spanText, timeText } from './quantities.ts'
import { scrolling } from './table.ts'

export interface SectionInput {
  readonly chronicle: Chronicle
  readonly digest: Digest
  readonly words: PageWords
  readonly locale: Locale
}

/** Who held the memory when it was worst, who grew, what no process holds, and which limit was hit. */
export function holdersSection({ digest: { worst }, words }: SectionInput): Html | null {
  const say = words.holders
  if (!worst) return null
  const { limit, trigger, unownedKiB } = worst
  const rows = [
    limit &&
      row(
        say.limit,
        html`${limit.path === null ? words.timeline.theNode : cut(limit.path, 160)}${limit.usageKiB !== null && ` (${sizeText(limit.usageKiB)} / ${sizeText(limit.limitKiB)})`}`,
      ),
    trigger &&
      row(
        say.trigger,
        html`${trigger.workload ? nameOfKey(trigger.workload) : cut(trigger.comm ?? '?', 40)}${trigger.grewKiB !== null && ` (${changeText(trigger.grewKiB)})`}${trigger.terminating === true && `, ${say.triggerTerminating}`}`,
      ),
    unownedKiB &&
      unownedKiB.total > 0 &&
      row(
        say.unowned,
        html`${sizeText(unownedKiB.total)}: ${Object.entries(say.unownedParts)
          .map(([part, name]) => ({ name, KiB: unownedKiB[part as keyof typeof say.unownedParts] }))
          .filter(({ KiB }) => KiB !== null && KiB > 0)
          .map(({ name, KiB }) => `${name} ${sizeText(KiB)}`)
          .join(', ')}${unownedKiB.shmemOwner && ` (${cut(unownedKiB.shmemOwner, 120)})`}`,
      ),
  ]
  return html`<p class="note">${say.at(timeText(Date.parse(worst.at)))}</p><div class="columns">${holdings(say.most, worst.holders, words)}${holdings(say.grew, worst.growers, words)}</div><dl class="rows">${rows}</dl>`
}

function row(name: string, text: Html): Html {
  return html`<div><dt>${name}</dt><dd>${text}</dd></div>`
}

/** Sizes as bars: the eye compares lengths faster than figures. */
function holdings(title: string, some: readonly Holding[], words: PageWords): Html {
  if (some.length === 0) return html``
  const most = Math.max(...some.map(holding => holding.KiB), 1)
  const bars = some.map(
    ({ workload, KiB, changeKiB }) =>
      html`<tr><th scope="row" title="${cut(workload, 200)}">${holderName(workload, words)}<span class="bar"><i style="width:${Math.max(1, Math.round((KiB / most) * 100))}%"></i></span></th><td class="num">${sizeText(KiB)}</td><td class="num">${changeKiB === null ? '?' : changeText(changeKiB)}</td></tr>`,
  )
  return html`<div>${scrolling(title, html`<table class="bars"><thead><tr><th>${title}</th><th class="num">${words.timeline.held}</th><th class="num">${words.holders.change}</th></tr></thead><tbody>${bars}</tbody></table>`)}</div>`
}

/** What no process holds is among the growers, under the kernel's own names. */
function holderName(key: string, { holders: { unownedParts } }: PageWords): string {
  const part = key.startsWith('kernel/') ? key.slice('kernel/'.length) : ''
  return part in unownedParts ? unownedParts[part as keyof typeof unownedParts] : nameOfKey(key)
}

/** The next victims as the last alert before the first kill named them, and what became of each. */
export function nextSection({ chronicle, digest, words }: SectionInput): Html | null {
  const say = words.next
  const alert = prediction(chronicle.alerts, digest.firstKillAt)
  if (!alert) return null
  const since = Date.parse(alert.at)
  const answer = (value: boolean | null) => (value === null ? '?' : value ? say.yes : say.no)
  const fate = (victim: NextVictim): Html => {
    const kill =
      chronicle.kills.find(its => its.at >= since && its.pid === victim.pid) ??
      chronicle.kills.find(its => its.at >= since && its.workload === victim.workload)
    return kill ? html`<b class="died">${say.killedAt(clockText(kill.at))}</b>` : html`${say.alive}`
  }
  const rows = alert.nextVictims.map(
    victim =>
      html`<tr><th scope="row" title="${cut(victim.workload, 200)}">${nameOfKey(victim.workload)}</th><td><code>${cut(victim.comm, 40)}</code> ${victim.pid}</td><td class="num">${victim.score}</td><td class="num">${sizeText(victim.rssKiB)}</td><td>${answer(victim.respawns)}</td><td class="num">${victim.regainsKiB === null ? '?' : sizeText(victim.regainsKiB)}</td><td>${fate(victim)}</td></tr>`,
  )
  return html`<p class="note">${say.seenAt(timeText(since))}</p>${scrolling(
    say.title,
    html`<table><thead><tr><th>${words.timeline.workload}</th><th>${words.timeline.process}</th><th class="num">${say.score}</th><th class="num">${words.timeline.held}</th><th>${say.comesBack}</th><th class="num">${say.keeps}</th><th>${say.fate}</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}`
}

function prediction(alerts: readonly Alert[], firstKillAt: number | null): Alert | undefined {
  const naming = alerts.filter(alert => alert.status === 'firing' && alert.nextVictims.length > 0)
  return naming.findLast(alert => firstKillAt !== null && Date.parse(alert.at) < firstKillAt) ?? naming[0]
}

export function diagnosisSection({ digest: { causes }, words }: SectionInput): Html {
  const say = words.diagnosis
  if (causes.length === 0) return html`<p class="note">${say.none}</p>`
  return html`<ul class="causes">${causes.map(
    ({ code, why, evidence, remedy }) =>
      html`<li><h3>${cut(why, 400)}</h3><dl class="rows">${row(say.evidence, html`${cut(evidence, 600)}`)}${row(say.remedy, html`${cut(remedy, 600)}`)}</dl><p class="code">${cut(code, 60)}</p></li>`,
  )}</ul>`
}

export function actionsSection({ digest: { actions, overAt }, words }: SectionInput): Html | null {
  if (actions.length === 0) return null
  const steps = actions.map(
    action =>
      html`<li>${cut(action.do, 400)}${(action.expectKiB ?? 0) > 0 && html` <small>${words.actions.expect(sizeText(action.expectKiB))}</small>`}${action.command !== null && html`<code class="command">${cut(action.command, 400)}</code>`}</li>`,
  )
  return html`<aside class="actions" aria-labelledby="do-h"><h2 id="do-h">${overAt === null ? words.actions.title : words.actions.wasTitle}</h2><ol>${steps}</ol></aside>`
}

const maxAlerts = 60

/** All that was said, in order, with what came of each forecast. */
export function alertsSection({ chronicle, digest, words, locale }: SectionInput): Html {
  const say = words.alerts
  if (chronicle.alerts.length === 0) return html`<p class="note">${say.none}</p>`
  const rows = chronicle.alerts.slice(0, maxAlerts).map(alert => {
    const at = Date.parse(alert.at)
    const state = alert.status === 'resolved' ? 'over' : alert.severity
    const about = chronicle.lanes.find(lane => lane.key === alert.subject)?.label ?? nameOfKey(alert.subject)
    const forecast = alert.forecast && forecastText(alert.forecast, { words, locale, at, digest })
    return html`<tr><td class="when">${dayText(at) === dayText(chronicle.from ?? at) ? '' : `${dayText(at)} `}${clockText(at)}</td><td><span class="badge ${state}">${state === 'over' ? words.over : words.severity[alert.severity]}</span> ${alert.type}</td><td>${cut(about, 120)}</td><td>${cut(alert.summary, 400)}${forecast && html`<br><small>${forecast}</small>`}</td></tr>`
  })
  const more = chronicle.alerts.length - maxAlerts
  return html`${scrolling(
    say.title,
    html`<table class="wide"><thead><tr><th>${words.timeline.time}</th><th>${say.what}</th><th>${say.about}</th><th>${say.said}</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}${more > 0 && html`<p class="note">${say.leftOut(more)}</p>`}`
}

function forecastText(
  { firstKillSeconds, notReadySeconds }: Forecast,
  about: { words: PageWords; locale: Locale; at: number; digest: Digest },
): string {
  const say = about.words.alerts
  const range = ([soonest, latest]: readonly [number, number]) =>
    latest === 0 ? say.now : say.range(secondsText(soonest, about.locale), secondsText(latest, about.locale))
  const next = about.digest.nodeKills.find(kill => kill.at > about.at)
  return [
    firstKillSeconds && say.forecastKill(range(firstKillSeconds)),
    firstKillSeconds && next && say.cameAfter(secondsText((next.at - about.at) / 1000, about.locale)),
    notReadySeconds && say.forecastNotReady(range(notReadySeconds)),
  ]
    .filter(Boolean)
    .join('; ')
}

export function coverageSection({ chronicle, words }: SectionInput): Html {
  const say = words.coverage
  const stretch = ({ sight, from, until }: Run) =>
    `${say.sight[sight]}${from === null ? '' : `, ${until === null ? timeText(from) : spanText(from, until)}`}`
  const rows = chronicle.runs.slice(0, 20).map(run => {
    const { counted, seen, attributed, lostRecords } = run.coverage
    return html`<tr><th scope="row">${stretch(run)}</th><td class="num">${counted ?? say.noCounter}</td><td class="num">${seen}</td><td class="num">${attributed}</td><td class="num">${lostRecords}</td></tr>`
  })
  return html`<p class="note">${say.intro}</p>${scrolling(
    say.title,
    html`<table><thead><tr><th>${say.stretch}</th><th class="num">${say.counted}</th><th class="num">${say.seen}</th><th class="num">${say.attributed}</th><th class="num">${say.lost}</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}${chronicle.killsToldTwice > 0 && html`<p class="note">${say.twice(chronicle.killsToldTwice)}</p>`}${chronicle.killsLeftOut > 0 && html`<p class="note">${say.notShown(chronicle.killsLeftOut)}</p>`}`
}

export function linesSection({ chronicle: { lines }, words }: SectionInput): Html | null {
  const { oldest, newest, leftOut } = lines
  if (oldest.length === 0) return null
  const gap = leftOut > 0 ? [words.lines.leftOut(leftOut)] : []
  // One text of many lines: each is made harmless for itself, for a line break in one would pass for two.
  const text = [...oldest, ...gap, ...newest].map(
    (line, index) =>
      html`${
        index > 0 &&
        html`
`
      }${line}`,
  )
  return html`<details><summary>${words.lines.show(oldest.length + newest.length)}</summary><pre tabindex="0">${text}</pre></details>`
}
