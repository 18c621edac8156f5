import type { Alert, AlertNode, Severity, WebhookSettings } from '../../types.ts'
import type { HttpAnswer, JudgeContext, Outcome } from './outcome.ts'

/** One request, ready to be posted: the exact bytes that were signed. */
export interface FormatRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Input of a format besides the alert. Formats have no clock and no state. */
export interface FormatContext {
  readonly webhook: WebhookSettings
  /** Which of the webhook's URLs this request goes to. */
  readonly url: string
  /** Of this attempt, milliseconds since the epoch. */
  readonly now: number
  /** Severity that was last sent to this receiver for the same subject; null = nothing was sent yet. */
  readonly notifiedSeverity: Severity | null
}

/** A heartbeat. If it is missing, the node can no longer send. */
export interface Heartbeat {
  readonly version: 1
  readonly type: 'heartbeat'
  readonly id: string
  readonly at: string
  /** A receiver that waits for the next one should wait no longer than a few times this. */
  readonly intervalSeconds: number
  /** `incident` while anything fires: heartbeats come faster then, and silence means more. */
  readonly state: 'calm' | 'incident'
  readonly pending: number
  readonly node: AlertNode
}

/** The protocol of one target: encodes a message and evaluates the response, both pure. It does not send. */
export interface Format {
  readonly request: (alert: Alert, context: FormatContext) => FormatRequest
  readonly outcome: (answer: HttpAnswer, context: JudgeContext) => Outcome
  /** Absent: this target has no use for heartbeats. */
  readonly heartbeat?: (heartbeat: Heartbeat, context: FormatContext) => FormatRequest
  /** The target resolves an alert unless it is sent again this often while it fires. */
  readonly resendMs?: number
  /** The target keeps an alert open until its end is sent: a test needs an end, too. */
  readonly keepsOpen?: boolean
  /** The rate that the target accepts; further requests wait. */
  readonly limit?: { readonly requests: number; readonly perMs: number }
}
