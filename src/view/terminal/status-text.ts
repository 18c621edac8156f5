import type { AgentStatus, FiringStatus } from '../../agent/agent-status.ts'
import { downSources } from '../../agent/down-sources.ts'
import { cellsOf } from '../../text/cell-width.ts'
import { localTimeText } from '../../text/local-time.ts'
import { type Messages, messagesOf } from '../../text/messages/catalogues.ts'
import { percentText, sizeText } from '../../text/messages/format.ts'
import type { AlertType, Locale } from '../../types.ts'
import { leakFacts } from '../incident/leak-facts.ts'
import { downText } from './down-text.ts'

/** A heartbeat older than this means that the agent stopped, or gets no CPU. */
const freshSeconds = 60

interface StatusOptions {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly locale: Locale
  readonly timeZone: string
}

/** The state of the agent on one screen, problems first. */
export function statusText(status: AgentStatus, { now, locale, timeZone }: StatusOptions): string {
  const t = messagesOf(locale)
  const time = (at: string) => localTimeText(at, timeZone)
  const { version, node, pid } = status
  const age = Math.max(0, Math.round((now - Date.parse(status.at)) / 1000))
  const firing = status.firing.filter(({ muted }) => !muted)
  const muted = status.firing.filter(({ muted }) => muted)
  return [
    ...downSources(status).map(source => `! ${downText(source, t)}`),
    ...(age > freshSeconds ? [`! ${t.status.oldHeartbeat({ age: t.units.duration(age) })}`] : []),
    ...firing.map(one => firingText(one, t, time)),
    t.status.title({
      version,
      node,
      pid,
      state: t.status.state[status.state ?? 'active'],
      since: time(status.startedAt),
    }),
    ...(status.state === 'standby'
      ? [`  ${t.status.standby({ pid: status.activePid ?? null })}`]
      : detailsOf(status, t, { age, timeZone })),
    ...(muted.length > 0
      ? ['', `${t.status.muted}${t.chat.colon.trim()}`, ...muted.map(one => `  ${firingText(one, t, time)}`)]
      : []),
    ...(firing.length === 0 ? ['', t.status.nothingFiring] : []),
  ].join('\n')
}

function detailsOf(
  status: AgentStatus,
  t: Messages,
  { age, timeZone }: { age: number; timeZone: string },
): readonly string[] {
  const { coverage, headroom, leak, alerts, history } = status
  const { labels } = t.status
  const row = (name: string, text: string) => `  ${padded(name, 15)} ${text}`
  return [
    `  ${t.status.heartbeat({ age: t.units.duration(age) })}`,
    '',
    ...status.sources.map(source =>
      row(source.name, t.status.source({ isUp: source.state === 'sighted', why: source.why })),
    ),
    row(labels.kills, t.status.kills(coverage)),
    row(
      labels.headroom,
      headroom
        ? t.status.headroom({
            size: sizeText(headroom.KiB),
            percent: percentText(headroom.ratio),
            limitedBy: t.status.bottleneck[headroom.of],
          })
        : t.status.unknownYet,
    ),
    ...(leak ? [row(labels.leak, t.forecast.leak(leakFacts(leak)))] : []),
    row(labels.alerts, t.status.alerts(alerts)),
    ...Object.entries(alerts.byType ?? {}).map(([type, count]) =>
      row('', `${t.verdicts[type as AlertType].name}${t.chat.colon}${count}`),
    ),
    ...(history
      ? [row(labels.history, t.status.history({ ...history, last: localTimeText(history.lastKillAt, timeZone) }))]
      : []),
    ...status.delivery.map(to => row(to.webhook, t.status.delivery(to))),
    row(labels.longestGap, t.status.longestGap({ duration: t.units.duration(status.longestGapMs / 1000) })),
    ...(status.droppedObservations
      ? [row(labels.recording, t.status.dropped({ count: status.droppedObservations }))]
      : []),
    ...status.protection.map(line => row(labels.protection, line)),
  ]
}

function firingText(
  { type, subject, severity, since }: FiringStatus,
  t: Messages,
  time: (at: string) => string,
): string {
  return t.status.firing({
    severity: t.chat.severity[severity],
    type: t.verdicts[type].name,
    subject,
    since: time(since),
  })
}

function padded(text: string, columns: number): string {
  return `${text}${' '.repeat(Math.max(0, columns - cellsOf(text)))}`
}
