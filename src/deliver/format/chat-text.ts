import type { Action, Alert, Forecast, Holding, WebhookSettings } from '../../types.ts'
import { type Words, words } from './words.ts'

/** One piece of a chat text. Where the target's limit is tight, the piece with the least worth goes first. */
export interface ChatPart {
  readonly label: string | null
  readonly text: string
  /** A command or a kernel line: shown as code where the target can. */
  readonly code?: boolean
  /** An address of the operator's own: it may be followed, while one in a stranger's text may not. */
  readonly link?: boolean
  readonly worth: number
}

export interface ChatText {
  readonly title: string
  /** In the order in which they are read. */
  readonly parts: readonly ChatPart[]
  readonly colon: string
}

/** Says an alert in the words of a chat message: what, what to do, why, and what it rests on. */
export function chatText(alert: Alert, { locale, runbooks }: Pick<WebhookSettings, 'locale' | 'runbooks'>): ChatText {
  const say = words[locale]
  const head = alert.status === 'resolved' ? say.over : say.severity[alert.severity]
  return {
    title: say.title(head, say.type[alert.type], alert.node.name),
    parts: partsOf(alert, say, runbookFor(alert, runbooks)).filter(part => part.text !== ''),
    colon: say.colon,
  }
}

/** Where the operator's runbook speaks of this type; empty where there is none. */
export function runbookFor({ type }: Alert, runbooks: string | undefined): string {
  return runbooks ? `${runbooks}#${type}` : ''
}

/** One line per piece, for targets that know no markup; all but the operator's own link is disarmed. */
export function plainLines({ title, parts, colon }: ChatText, disarm: (text: string) => string): string {
  const lines = parts.map(({ label, text, link }) => {
    const said = link ? text : disarm(text)
    return label ? `${disarm(label)}${colon}${said}` : said
  })
  return [disarm(title), ...lines].join('\n')
}

function partsOf(alert: Alert, say: Words, runbook: string): readonly ChatPart[] {
  const { workload, loop, trigger, pressure, coverage, node } = alert
  const labels = Object.entries(node.labels).map(([name, value]) => `${name}=${value}`)
  const owner = workload?.owner ? `${workload.owner.kind} ${workload.owner.name}` : ''
  return [
    { label: null, text: alert.summary, worth: 100 },
    { label: null, text: alert.notes.map(note => say.note[note] ?? note).join('; '), worth: 95 },
    ...alert.actions.slice(0, 5).flatMap((action, index) => [
      { label: say.action, text: actionText(action, say), worth: 90 - index * 5 },
      { label: null, text: action.command ?? '', worth: 89 - index * 5, code: true },
    ]),
    ...alert.diagnosis.slice(0, 3).flatMap((cause, index) => [
      { label: say.cause, text: `${cause.why} (${cause.evidence})`, worth: 64 - index * 5 },
      { label: say.remedy, text: cause.remedy, worth: 63 - index * 5 },
    ]),
    { label: say.runbook, text: runbook, worth: 83, link: true },
    { label: say.workload, text: [workload?.key ?? '', owner].filter(Boolean).join(', '), worth: 84 },
    { label: say.loop, text: loop ? loopText(loop, say) : '', worth: 78 },
    { label: say.forecast, text: alert.forecast ? forecastText(alert.forecast, say) : '', worth: 66 },
    { label: say.signs, text: alert.signs.map(({ sign }) => say.sign[sign] ?? sign).join(', '), worth: 58 },
    { label: say.headroom, text: pressure ? headroomText(pressure.headroom, say) : '', worth: 57 },
    { label: say.limit, text: limitText(alert, say), worth: 46 },
    { label: say.trigger, text: trigger?.workload ?? trigger?.comm ?? '', worth: 45 },
    { label: say.holders, text: holdings(alert.holders), worth: 44 },
    { label: say.growers, text: holdings(alert.growers), worth: 43 },
    {
      label: say.next,
      text: alert.nextVictims
        .slice(0, 3)
        .map(next => next.workload)
        .join(', '),
      worth: 42,
    },
    { label: say.members, text: membersText(alert, say), worth: 48 },
    { label: say.node, text: [node.name, node.kernel, ...labels].join(', '), worth: 40 },
    { label: say.since, text: alert.startsAt, worth: 70 },
    {
      label: say.coverage,
      text: say.coverageText(
        coverage.counted === null ? '?' : `${coverage.counted}`,
        coverage.seen,
        coverage.attributed,
      ),
      worth: 30,
    },
    { label: say.incident, text: `${alert.incident} (${alert.id})`, worth: 35 },
    ...alert.evidence
      .slice(-3)
      .map((line, index) => ({ label: say.evidence, text: line, code: true, worth: 10 + index })),
  ]
}

function actionText({ do: what, expectKiB }: Action, say: Words): string {
  return expectKiB === null || expectKiB <= 0 ? what : say.expects(what, size(expectKiB))
}

function limitText({ limit }: Alert, say: Words): string {
  if (limit?.limitKiB == null) return ''
  const used = limit.usageKiB === null ? null : size(limit.usageKiB)
  return say.limitText(size(limit.limitKiB), limit.path ?? limit.scope, used)
}

function loopText(loop: NonNullable<Alert['loop']>, say: Words): string {
  const { kills, pids, chronic, medianPeriodSeconds } = loop
  return say.loopText({
    kills,
    period: medianPeriodSeconds === null ? null : duration(medianPeriodSeconds),
    pids: pids.slice(-5).join(', '),
    chronic,
  })
}

function forecastText({ firstKillSeconds, notReadySeconds }: Forecast, say: Words): string {
  const range = (label: string, seconds: readonly [number, number] | null) =>
    seconds === null
      ? ''
      : `${label} ${seconds[1] === 0 ? say.now : say.within(duration(seconds[0]), duration(seconds[1]))}`
  return [range(say.firstKill, firstKillSeconds), range(say.notReady, notReadySeconds)].filter(Boolean).join(', ')
}

function headroomText({ KiB, ratio }: { KiB: number; ratio: number }, say: Words): string {
  return say.headroomText(size(KiB), `${Math.round(ratio * 100)} %`)
}

function holdings(list: readonly Holding[]): string {
  return list
    .slice(0, 3)
    .map(({ workload, KiB, changeKiB }) => `${workload} ${size(KiB)}${changeKiB ? ` (${signed(changeKiB)})` : ''}`)
    .join(', ')
}

function membersText({ members, membersTotal }: Alert, say: Words): string {
  if (members.length === 0) return ''
  const shown = members.slice(0, 5).map(({ subject, kills }) => `${subject} ×${kills}`)
  const more = Math.max(membersTotal, members.length) - shown.length
  return [...shown, ...(more > 0 ? [say.more(more)] : [])].join(', ')
}

function signed(KiB: number): string {
  return `${KiB < 0 ? '−' : '+'}${size(Math.abs(KiB))}`
}

export function size(KiB: number): string {
  if (KiB < 1024) return `${Math.round(KiB)} KiB`
  if (KiB < 1024 * 1024) return `${(KiB / 1024).toFixed(KiB < 10240 ? 1 : 0)} MiB`
  return `${(KiB / 1024 / 1024).toFixed(1)} GiB`
}

export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 120) return `${Number(seconds.toFixed(seconds < 10 ? 1 : 0))} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
