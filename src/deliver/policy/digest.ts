import { createHash } from 'node:crypto'
import { nameOfKey } from '../../diagnose/evidence/workload-names.ts'
import { messagesOf } from '../../text/messages/catalogues.ts'
import type { Alert, Locale, Severity } from '../../types.ts'

/** What of an alert a message about several needs. */
export interface Item {
  readonly key: string
  readonly alert: Alert
}

export const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }

/** As many of these as have room for their names in one message; at least one. */
export function fitting(items: readonly Item[], bytes: number, locale: Locale): readonly Item[] {
  let left = bytes
  const count = items.findIndex(({ alert }) => {
    left -= Buffer.byteLength(nameOf(alert, locale)) + 2
    return left < 0
  })
  return count < 0 ? items : items.slice(0, Math.max(1, count))
}

/** One firing message about several alerts that began: its summary names each. */
export function digestOf(items: readonly Item[], locale: Locale): Alert {
  const alerts = items.map(({ alert }) => alert)
  const lead = worstOf(alerts)
  const id = hash(alerts.map(alert => alert.id))
  const isLoops = alerts.every(({ type }) => type === 'respawn-loop')
  const t = messagesOf(locale).agent
  const facts = { count: alerts.length, node: lead.node.name, names: alerts.map(alert => nameOf(alert, locale)) }
  return {
    ...inOneLanguage(lead),
    ...bare,
    id,
    incident: lead.nodeIncident ?? id,
    subject: `digest-${id.slice(0, 8)}`,
    startsAt: alerts.map(({ startsAt }) => startsAt).sort()[0]!,
    at: alerts
      .map(({ at }) => at)
      .sort()
      .at(-1)!,
    summary: isLoops ? t.moreLoops(facts) : t.moreAlerts(facts),
    members: alerts.slice(0, 10).map(memberOf),
    membersTotal: alerts.length,
    notes: ['digest'],
  }
}

/** The end of what a message about several alerts was about. */
export function digestOver(digest: Alert, names: readonly string[], at: string, locale: Locale): Alert {
  return {
    ...inOneLanguage(digest),
    id: hash([digest.id, 'resolved']),
    status: 'resolved',
    at,
    summary: messagesOf(locale).agent.allOver({ count: names.length, node: digest.node.name, names }),
  }
}

/** The one message that ends a conversation: under the key of the worst, with the names of all. */
export function conversationOver(last: Alert, all: readonly Alert[], bytes: number, locale: Locale): Alert {
  if (all.length < 2) return last
  const lead = worstOf(all)
  const shown = fitting(
    all.map(alert => ({ key: '', alert })),
    bytes,
    locale,
  )
  const names = shown.map(({ alert }) => titleOf(alert, locale))
  return {
    ...inOneLanguage(lead),
    id: hash([last.id, 'conversation']),
    status: 'resolved',
    at: last.at,
    pressure: last.pressure,
    coverage: last.coverage,
    summary: messagesOf(locale).agent.allOver({ count: all.length, node: lead.node.name, names }),
    members: all
      .filter(alert => alert !== lead)
      .slice(0, 10)
      .map(memberOf),
    membersTotal: all.length - 1,
    // Its text was prepared earlier, so the steps are not repeated.
    actions: [],
    notes: lead.notes.filter(note => note === 'previous-boot'),
  }
}

/** The name of an alert in a list. */
export function nameOf({ subject, loop, workload }: Alert, locale: Locale): string {
  const name = subject === 'node' ? subject : nameOfKey(workload?.key ?? subject)
  return loop ? messagesOf(locale).agent.killed({ name, kills: loop.kills }) : name
}

/** An alert without its lists, which are most of it: enough to send its end. */
export function withoutLists(alert: Alert): Alert {
  const { translations } = alert
  if (!translations) return { ...alert, ...lists }
  const texts = Object.entries(translations).map(([locale, { summary }]) => [
    locale,
    { summary, diagnosis: [], actions: [] },
  ])
  return { ...alert, ...lists, translations: Object.fromEntries(texts) }
}

/** A message of this module is written in its receiver's language alone. */
function inOneLanguage({ translations: _others, ...alert }: Alert): Alert {
  return alert
}

const lists = {
  members: [],
  holders: [],
  growers: [],
  nextVictims: [],
  diagnosis: [],
  actions: [],
  evidence: [],
} as const

/** What a message about several alerts cannot say of one. */
const bare = {
  ...lists,
  workload: null,
  loop: null,
  limit: null,
  trigger: null,
  unownedKiB: null,
  membersTotal: 0,
  evidenceTotal: 0,
} as const

function titleOf(alert: Alert, locale: Locale): string {
  return alert.subject === 'node' ? messagesOf(locale).verdicts[alert.type].name : nameOf(alert, locale)
}

function worstOf(alerts: readonly Alert[]): Alert {
  return alerts.reduce((worst, alert) => (rank[alert.severity] > rank[worst.severity] ? alert : worst))
}

function memberOf({ type, subject, severity, loop }: Alert): Alert['members'][number] {
  return { type, subject, severity, kills: loop?.kills ?? 0 }
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, 24)
}
