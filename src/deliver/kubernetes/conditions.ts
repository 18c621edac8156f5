import type { Messages } from '../../text/messages/catalogues.ts'
import type { Alert } from '../../types.ts'
import { createOpenAlerts } from '../outbox/open-alerts.ts'

export const conditionTypes = ['OOMLoop', 'MemoryExhaustion'] as const
export type ConditionType = (typeof conditionTypes)[number]

/** A condition of the Node as it should be now. */
interface DesiredCondition {
  readonly type: ConditionType
  readonly status: 'True' | 'False'
  /** CamelCase, for controllers. */
  readonly reason: string
  readonly message: string
}

/** Follows alerts and says what the Node's conditions should be. It keeps no queue: only the present state matters. */
interface Conditions {
  /** Takes an alert; true where a condition changed. */
  readonly take: (alert: Alert) => boolean
  readonly desired: () => readonly DesiredCondition[]
}

/** The API server does not shorten the message, but kubectl shows one line. A summary is short enough. */
const longestMessage = 1_000

export function createConditions(t: Messages): Conditions {
  const open = createOpenAlerts()

  const desired = (): readonly DesiredCondition[] =>
    conditionTypes.map(type => {
      const worst = open.list().findLast(alert => conditionOf(alert) === type)
      return worst
        ? { type, status: 'True', reason: reasonOf(worst), message: worst.summary.slice(0, longestMessage) }
        : { type, status: 'False', ...healthy(type, t) }
    })

  return {
    take: alert => {
      const before = JSON.stringify(desired())
      open.take(alert)
      return JSON.stringify(desired()) !== before
    },
    desired,
  }
}

/**
 * Which condition an alert sets. A workload's loop at its own limit sets none: controllers drain and repair nodes by
 * their conditions, and that would not help it. Neither does the mere risk of a loop.
 */
function conditionOf({ type, severity, subject, signs }: Alert): ConditionType | null {
  switch (type) {
    case 'respawn-loop':
      return severity === 'critical' ? 'OOMLoop' : null
    case 'oom-storm':
      return 'OOMLoop'
    case 'memory-exhaustion':
      if (subject !== 'node' || severity === 'info') return null
      return signs.length > 0 && signs.every(({ sign }) => sign === 'primed') ? null : 'MemoryExhaustion'
    default:
      return null
  }
}

function reasonOf({ type, signs }: Alert): string {
  if (type === 'respawn-loop') return 'RespawnLoop'
  if (type === 'oom-storm') return 'OOMStorm'
  return signs.some(({ sign }) => sign === 'stalling') ? 'NodeStalledOnMemory' : 'NodeRunsOutOfMemory'
}

function healthy(type: ConditionType, t: Messages): { readonly reason: string; readonly message: string } {
  return type === 'OOMLoop'
    ? { reason: 'NoOOMLoop', message: t.kubernetes.noLoop }
    : { reason: 'EnoughMemory', message: t.kubernetes.enoughMemory }
}
