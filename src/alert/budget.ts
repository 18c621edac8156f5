import type { Severity } from '../types.ts'
import { rank, type Thread, worstOf } from './thread.ts'

/**
 * How much an incident may say. A person who is woken twenty times by one incident turns the alarm off, and so a node's
 * worst hour has to fit into twenty notifications: 5000 kills of 500 different victims as well as a loop of one.
 */
export interface Budget {
  /** A thread that was not told yet: on its own, or gathered with others. */
  readonly mayFire: (thread: Thread, told: readonly Thread[]) => boolean
  /** A thread that got worse than it was told. */
  readonly mayWorsen: (thread: Thread, told: readonly Thread[]) => boolean
  /** Whether the last notification is long enough ago for another gathering. */
  readonly isTime: (now: number) => boolean
  /** Whether what was gathered is worth a notification: members not told, new signs, how far the kills have grown. */
  readonly isWorthwhile: (gathered: Gathered, told: readonly Thread[]) => boolean
  readonly sent: (now: number, severity: Severity, isUpdate: boolean) => void
  /** A day has gone: what is still open may speak again. */
  readonly renew: () => void
}

export interface Gathered {
  readonly members: number
  readonly signs: number
  /** How far the incident has gone ÷ how far it had when it was last told. */
  readonly growth: number
}

export function createBudget(): Budget {
  // What wakes nobody, and what most receivers do not take, is no reason to hold back what does.
  const sent = { info: 0, loud: 0 }
  let updates = 0
  let lastSentAt = -Infinity

  /** Each thread that was told has to be told its end, too. */
  const isLeft = (told: readonly Thread[], cost: number, severity: Severity): boolean => {
    const kind = kindOf(severity)
    const ends = told.filter(thread => kindOf(thread.told!.severity) === kind).length
    return sent[kind] + ends + cost <= (severity === 'critical' ? longest : longest - reservedForCritical)
  }
  /** Nothing as bad tells of the incident now, so this must: an incident that is not told is no incident. */
  const isWorst = (severity: Severity, told: readonly Thread[]): boolean =>
    told.every(other => rank[other.told!.severity] < rank[severity])

  return {
    mayFire: (thread, told) => {
      const { severity, type, subject } = thread.verdict
      if (isWorst(severity, told)) return true
      if (!isLeft(told, 2, severity)) return false
      const isOneOfMany = type === 'respawn-loop' || type === 'node-daemon-killed' || subject !== 'node'
      const alike = told.filter(other => other.verdict.type === type && rank[other.told!.severity] >= rank[severity])
      return !isOneOfMany || alike.length < toldAlone
    },
    mayWorsen: (thread, told) => {
      const { severity } = thread.verdict
      const others = told.filter(other => other !== thread)
      return isWorst(severity, others) || isLeft(others, 2, severity)
    },
    isTime: now => now - lastSentAt >= gapsMs[Math.min(updates, gapsMs.length - 1)]!,
    isWorthwhile: ({ members, signs, growth }, told) => {
      if (told.length === 0 || !isLeft(told, 1, worstOf(told.map(thread => thread.told!.severity)))) return false
      return members > 0 || signs > 0 || growth >= 2 ** (2 ** Math.min(updates, 5))
    },
    sent: (now, severity, isUpdate) => {
      sent[kindOf(severity)]++
      lastSentAt = now
      if (isUpdate) updates++
    },
    renew: () => {
      sent.info = sent.loud = 0
    },
  }
}

const longest = 20
const reservedForCritical = 6
/** The first of a kind are told on their own, the rest as members: two show that it is not one workload's fault. */
const toldAlone = 2

const minute = 60_000
/**
 * From one gathering to the next: each further one tells less that is new. The kills' growth that is worth telling widens
 * with them (2, 4, 16, 256 times): a leaker of twelve minutes speaks twice in a day, a storm of thousands five times.
 */
const gapsMs = [5_000, minute, 10 * minute, 60 * minute, 6 * 60 * minute, 24 * 60 * minute]

function kindOf(severity: Severity): 'info' | 'loud' {
  return severity === 'info' ? 'info' : 'loud'
}
