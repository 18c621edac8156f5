import { localTimeText } from '../../text/local-time.ts'
import { type Messages, messagesOf } from '../../text/messages/catalogues.ts'
import { percentText, sizeText } from '../../text/messages/format.ts'
import type { Alert, Forecast, Holding, WebhookSettings } from '../../types.ts'

/** What a part is, so that each target shows it by its own means. */
type PartKind = 'summary' | 'note' | 'step' | 'runbook' | 'fact' | 'cause' | 'detail' | 'context' | 'evidence'

/** One part of a chat message. Where the target's limit is tight, the part with the least worth is left out first. */
export interface ChatPart {
  readonly kind: PartKind
  readonly label: string | null
  readonly text: string
  /** Of a step: the command that carries it out. */
  readonly command?: string | null
  readonly worth: number
}

export interface ChatText {
  /** Severity, what happens, and where. */
  readonly title: string
  /** In the order in which they are read: what happens, then the next step. */
  readonly parts: readonly ChatPart[]
  readonly t: Messages['chat']
}

export type ChatSettings = Pick<WebhookSettings, 'locale' | 'runbooks' | 'timeZone'>

/** Further steps are in the runbook and in `oomloop status`. */
const mostSteps = 5

/** Writes an alert as a chat message: what happens, what to do, why, and the evidence. */
export function chatText(alert: Alert, { locale, runbooks, timeZone = 'UTC' }: ChatSettings): ChatText {
  const t = messagesOf(locale)
  return {
    title: t.chat.title({ head: headOf(alert, t), type: t.verdicts[alert.type].name, node: alert.node.name }),
    parts: partsOf(alert, t, { runbook: runbookFor(alert, runbooks), timeZone }).filter(({ text }) => text !== ''),
    t: t.chat,
  }
}

/**
 * For receivers without folded details: the most important cause and its fix. The rest is in the report and in other
 * formats.
 */
export function brief({ parts, ...text }: ChatText): ChatText {
  const causes = parts.filter(({ kind }) => kind === 'cause').slice(0, 2)
  const { members, coverage } = text.t
  return {
    ...text,
    parts: parts.filter(part => {
      if (part.kind === 'cause') return causes.includes(part)
      if (part.kind === 'detail') return part.label === members
      return part.kind !== 'evidence' && part.label !== coverage
    }),
  }
}

/** TEST, RESOLVED, or the severity. */
function headOf(alert: Alert, { chat }: Messages): string {
  if (isTest(alert)) return chat.test
  return alert.status === 'resolved' ? chat.over : chat.severity[alert.severity]
}

/** From `notify --test`: nothing has happened. */
export function isTest({ notes }: Pick<Alert, 'notes'>): boolean {
  return notes.includes('test')
}

/** Where the operator's runbook describes this type; empty where there is none. */
export function runbookFor({ type }: Alert, runbooks: string | undefined): string {
  return runbooks ? `${runbooks}#${type}` : ''
}

/** The colour that a message has: of its severity, of a resolved alert, or of a test. */
export type Tone = Alert['severity'] | 'resolved' | 'test'

export function toneOf(alert: Alert): Tone {
  if (isTest(alert)) return 'test'
  return alert.status === 'resolved' ? 'resolved' : alert.severity
}

function partsOf(
  alert: Alert,
  t: Messages,
  { runbook, timeZone }: { readonly runbook: string; readonly timeZone: string },
): readonly ChatPart[] {
  const { chat, units } = t
  const { workload, trigger, coverage, node } = alert
  const labels = Object.entries(node.labels).map(([name, value]) => `${name}=${value}`)
  const owner = workload?.owner ? `${workload.owner.kind} ${workload.owner.name}` : ''
  const fact = (label: string, text: string, worth: number): ChatPart => ({ kind: 'fact', label, text, worth })
  const detail = (label: string, text: string, worth: number): ChatPart => ({ kind: 'detail', label, text, worth })
  return [
    { kind: 'summary', label: null, text: alert.summary, worth: 100 },
    {
      kind: 'note',
      label: null,
      text: alert.notes.map(note => chat.note[note] ?? note).join(units.semicolon),
      worth: 95,
    },
    ...stepsOf(alert, t),
    { kind: 'runbook', label: chat.runbook, text: runbook, worth: 83 },
    fact(chat.workload, [workload?.key ?? '', owner].filter(Boolean).join(chat.comma), 84),
    fact(chat.loop, loopText(alert, t), 78),
    fact(chat.forecast, alert.forecast ? forecastText(alert.forecast, t) : '', 66),
    fact(chat.headroom, headroomText(alert, chat), 57),
    fact(chat.since, localTimeText(alert.startsAt, timeZone), 70),
    ...alert.diagnosis.slice(0, 3).flatMap((cause, index): ChatPart[] => [
      { kind: 'cause', label: chat.cause, text: chat.causeText(cause), worth: 64 - index * 5 },
      { kind: 'cause', label: chat.remedy, text: cause.remedy, worth: 63 - index * 5 },
    ]),
    detail(t.hold.label, heldText(alert, t, timeZone), 49),
    detail(chat.signs, alert.signs.map(({ sign }) => chat.sign[sign] ?? sign).join(chat.comma), 41),
    detail(chat.limit, limitText(alert, chat), 46),
    detail(chat.trigger, trigger?.workload ?? trigger?.comm ?? '', 43),
    ...holdersParts(alert, chat).map(([label, text]) => detail(label, text, 45)),
    detail(chat.growers, holdings(alert.growers, chat), 44),
    detail(chat.next, units.list([...new Set(alert.nextVictims.map(next => next.workload))]), 42),
    detail(chat.members, membersText(alert, chat), 48),
    {
      kind: 'context',
      label: chat.node,
      text: [node.name, kernelText(node.kernel), ...labels].filter(Boolean).join(chat.comma),
      worth: 40,
    },
    { kind: 'context', label: chat.coverage, text: chat.coverageText(coverage), worth: 30 },
    { kind: 'context', label: chat.incident, text: chat.incidentText(alert), worth: 35 },
    ...alert.evidence
      .slice(-3)
      .map((line, index): ChatPart => ({ kind: 'evidence', label: chat.evidence, text: line, worth: 10 + index })),
  ]
}

/** `Linux 6.6.9`; empty where it is not known. */
function kernelText(release: string): string {
  return release === 'unknown' || release === '' ? '' : `Linux ${release}`
}

function heldText({ hold = [] }: Alert, t: Messages, timeZone: string): string {
  const time = (at: string) => localTimeText(at, timeZone)
  const each = hold.map(({ workload, since, until, savedKiB }) =>
    t.hold.each({ name: workload, since: time(since), until: until && time(until), savedKiB }),
  )
  return each.join(t.units.semicolon)
}

function stepsOf({ actions }: Alert, { chat }: Messages): readonly ChatPart[] {
  return actions.slice(0, mostSteps).map(({ do: step, command, expectKiB }, index) => ({
    kind: 'step',
    label: `${index + 1}.`,
    text: withSize(step, expectKiB, chat),
    command,
    worth: 90 - index * 5,
  }))
}

/** Most steps already contain what they free. */
function withSize(step: string, expectKiB: number | null, chat: Messages['chat']): string {
  if (expectKiB === null || expectKiB <= 0) return step
  const size = sizeText(expectKiB)
  return step.includes(size) ? step : chat.expects({ step, size })
}

function limitText({ limit }: Alert, chat: Messages['chat']): string {
  if (limit?.limitKiB == null) return ''
  const used = limit.usageKiB === null ? null : sizeText(limit.usageKiB)
  return chat.limitText({ limit: sizeText(limit.limitKiB), path: limit.path ?? chat.theNode, used })
}

function loopText({ loop }: Alert, { chat, units }: Messages): string {
  if (!loop) return ''
  const { kills, pids, chronic, medianPeriodSeconds } = loop
  const period = medianPeriodSeconds === null ? null : units.duration(medianPeriodSeconds)
  return chat.loopText({ kills, period, pids: pids.slice(-5), chronic })
}

function forecastText({ firstKillSeconds, notReadySeconds }: Forecast, { chat, units }: Messages): string {
  const range = (what: string, seconds: readonly [number, number] | null) => {
    if (seconds === null) return ''
    if (seconds[1] === 0) return chat.now({ what })
    return chat.within({ what, soonest: units.duration(seconds[0]), latest: units.duration(seconds[1]) })
  }
  return [range(chat.firstKill, firstKillSeconds), range(chat.notReady, notReadySeconds)]
    .filter(Boolean)
    .join(chat.comma)
}

function headroomText({ pressure }: Alert, chat: Messages['chat']): string {
  if (!pressure) return ''
  const { KiB, ratio } = pressure.headroom
  return chat.headroomText({ size: sizeText(KiB), percent: percentText(ratio) })
}

/** If most of the used memory cannot be attributed, the list says so. */
function holdersParts({ holders, limit }: Alert, chat: Messages['chat']): readonly (readonly [string, string])[] {
  const text = holdings(holders, chat)
  const usedKiB = limit?.path === null ? limit.usageKiB : null
  const knownKiB = holders.reduce((sum, { KiB }) => sum + KiB, 0)
  // A full list is cut: the rest of what is known is not in it.
  const isPartial = usedKiB !== null && holders.length < mostHolders && knownKiB < usedKiB / 2
  if (!text || !isPartial) return [[chat.consumers, text]]
  return [[chat.knownConsumers, chat.andUnattributed({ text, size: sizeText(usedKiB - knownKiB) })]]
}

/** As many as an alert lists. */
const mostHolders = 5

function holdings(list: readonly Holding[], chat: Messages['chat']): string {
  return list
    .filter(({ KiB }) => KiB > 0)
    .slice(0, 3)
    .map(({ workload, KiB, changeKiB }) =>
      chat.holding({ workload, size: sizeText(KiB), change: changeKiB ? signed(changeKiB) : null }),
    )
    .join(chat.comma)
}

function membersText({ members, membersTotal }: Alert, chat: Messages['chat']): string {
  if (members.length === 0) return ''
  const shown = members
    .filter(({ kills }) => kills > 0)
    .slice(0, 5)
    .map(({ subject, kills }) => chat.kills({ subject, count: kills }))
  if (shown.length === 0) return ''
  const more = Math.max(membersTotal, members.length) - shown.length
  return [...shown, ...(more > 0 ? [chat.more({ count: more })] : [])].join(chat.comma)
}

function signed(KiB: number): string {
  return `${KiB < 0 ? '−' : '+'}${sizeText(Math.abs(KiB))}`
}
