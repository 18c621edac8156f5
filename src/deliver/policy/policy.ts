import type { Alert } from '../../types.ts'

/** One message to one receiver. */
export interface Message {
  readonly alert: Alert
  /** Keys of the alerts that are over with this message, besides its own. */
  readonly closes: readonly string[]
}

/**
 * Decides which changes of which alerts one receiver gets, and when. It has no I/O and no clock: the same alerts and
 * ticks give the same messages, live and in a replay. `now` never goes back.
 */
export interface NotificationPolicy {
  /** Takes a change of an alert, and says what is sent at once. `isWanted`: the receiver asked for such alerts. */
  readonly take: (alert: Alert, isWanted: boolean, now: number) => readonly Message[]
  /** Collected messages that are due now. */
  readonly tick: (now: number) => readonly Message[]
  /** Takes note of an alert that an earlier run has sent and that is not over. */
  readonly adopt: (alert: Alert, now: number) => void
  readonly isOpen: (alert: Alert) => boolean
  /** As plain JSON, for a restart. */
  readonly save: () => unknown
  readonly restore: (memory: unknown) => void
}

/** The identity of an alert from its first message to its resolution. */
export function alertKey({ incident, type, subject }: Pick<Alert, 'incident' | 'type' | 'subject'>): string {
  return `${incident}\n${type}\n${subject}`
}
