import { createSteadyClock } from '../../monotonic-clock.ts'
import type { Alert, Locale, Observation, WebhookSettings } from '../../types.ts'
import { isChat } from '../format/formats.ts'
import { createByIncidentPolicy } from './by-incident.ts'
import { createEachAlertPolicy } from './each-alert.ts'
import { digestBytesOf, groupingOf } from './grouping.ts'
import type { NotificationPolicy } from './policy.ts'
import { isWanted } from './routing.ts'

/** One message and the receivers that get it. */
export interface Notification {
  readonly alert: Alert
  /** Names of webhooks. */
  readonly to: readonly string[]
  /** Keys of the alerts that are over with this message, besides its own. */
  readonly closes: readonly string[]
}

/** What every receiver is sent: its route, and its policy. Driven by the core's time, so that a replay gives the same. */
export interface Notifications {
  /** Takes an observation and the alerts that it caused. */
  readonly observe: (observation: Observation, alerts: readonly Alert[]) => readonly Notification[]
  /** Takes a change of an alert that no observation caused. */
  readonly take: (alert: Alert) => readonly Notification[]
  /** Takes note of an alert that an earlier run has sent to a webhook and that is not over. */
  readonly adopt: (webhook: string, alert: Alert) => void
  readonly save: () => unknown
  readonly restore: (memory: unknown) => void
}

/** Receives everything in one conversation for each incident: the terminal of an agent without webhooks. */
const terminalTarget = 'terminal'

export function createNotifications(webhooks: readonly WebhookSettings[], locale: Locale): Notifications {
  const targets = webhooks.length > 0 ? webhooks.map(targetOf) : [createTerminalTarget(locale)]
  let steady = createSteadyClock()
  let lastWallMs = 0

  const take = (alert: Alert, wallMs: number): Notification[] => {
    const now = steady(wallMs)
    lastWallMs = wallMs
    return together(
      targets.map(({ name, policy, wants }) => ({ name, messages: policy.take(alert, wants(alert), now) })),
    )
  }

  return {
    observe: (observation, alerts) => {
      if (observation.kind === 'start') for (const target of targets) target.policy = target.create()
      const out = alerts.flatMap(alert => take(alert, Date.parse(alert.at)))
      if (observation.kind === 'tick') {
        const now = steady(observation.at)
        lastWallMs = observation.at
        out.push(...together(targets.map(({ name, policy }) => ({ name, messages: policy.tick(now) }))))
      }
      return out
    },
    take: alert => take(alert, Date.parse(alert.at)),
    adopt: (webhook, alert) => {
      for (const { name, policy } of targets)
        if (name === webhook && !policy.isOpen(alert)) policy.adopt(alert, steady(Date.parse(alert.at)))
    },
    save: () => ({
      clock: { wallMs: lastWallMs, steadyMs: lastWallMs === 0 ? 0 : steady(lastWallMs) },
      policies: Object.fromEntries(targets.map(({ name, grouping, policy }) => [`${name} ${grouping}`, policy.save()])),
    }),
    restore: memory => {
      try {
        const { clock, policies } = memory as {
          readonly clock: { readonly wallMs: number; readonly steadyMs: number }
          readonly policies: Readonly<Record<string, unknown>>
        }
        if (clock.wallMs > 0) steady = createSteadyClock(clock)
        for (const { name, grouping, policy } of targets) {
          const known = policies[`${name} ${grouping}`]
          if (known) policy.restore(known)
        }
      } catch {
        // Written by another version: what was sent is known from the outbox.
      }
    },
  }
}

interface Target {
  readonly name: string
  readonly grouping: string
  readonly wants: (alert: Alert) => boolean
  readonly create: () => NotificationPolicy
  policy: NotificationPolicy
}

function targetOf(webhook: WebhookSettings): Target {
  const grouping = groupingOf(webhook)
  const { name, format, locale } = webhook
  const create = () =>
    grouping === 'none'
      ? createEachAlertPolicy()
      : createByIncidentPolicy({ locale, digestBytes: digestBytesOf(format), isChat: isChat(format) })
  return { name, grouping, wants: alert => isWanted(alert, webhook), create, policy: create() }
}

function createTerminalTarget(locale: Locale): Target {
  const create = () => createByIncidentPolicy({ locale, digestBytes: digestBytesOf('terminal'), isChat: true })
  return { name: terminalTarget, grouping: 'incident', wants: () => true, create, policy: create() }
}

/** The same alert to several webhooks is one notification: it is kept once. */
function together(
  sent: readonly { readonly name: string; readonly messages: ReturnType<NotificationPolicy['tick']> }[],
): Notification[] {
  const out: { alert: Alert; to: string[]; closes: readonly string[] }[] = []
  for (const { name, messages } of sent) {
    for (const { alert, closes } of messages) {
      const same = out.find(each => each.alert === alert && each.closes.length === 0 && closes.length === 0)
      if (same) same.to.push(name)
      else out.push({ alert, to: [name], closes })
    }
  }
  return out
}
