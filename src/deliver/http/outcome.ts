import type { DeliveryMessages } from './delivery-error.ts'

/** What a receiver answered: headers in lower case, the body cut at 64 KiB. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** The outcome of one attempt. A 200 may be a failure, so each format evaluates the response of its receiver. */
export type Outcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly why: string; readonly afterMs?: number }
  /** The receiver will never accept this alert, so it is not retried. */
  | { readonly kind: 'give-up'; readonly why: string }
  /** This webhook is gone: nothing is sent there until the next start. */
  | { readonly kind: 'disable'; readonly why: string }

export const delivered: Outcome = { kind: 'delivered' }

/** What a format needs to judge an answer: the time, for a Retry-After date, and the language of the reason. */
export interface JudgeContext {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly t: DeliveryMessages
}

/** Judges an answer by its status alone: what every HTTP receiver has in common. */
export function outcomeOfStatus(answer: HttpAnswer, { now, t }: JudgeContext): Outcome {
  const { status } = answer
  if (status >= 200 && status < 300)
    return isPage(answer.body) ? { kind: 'retry', why: `${status}: ${t.html}` } : delivered
  const said = excerpt(answer.body)
  const why = said ? `${status}: ${said}` : `${status}`
  // Not followed: it would carry the alert and its signature to an address that is not configured. A redirect is often a
  // maintenance page, so the alert is kept.
  if (status >= 300 && status < 400) return { kind: 'retry', why: `${status}: ${t.redirect}` }
  if (status === 410) return { kind: 'disable', why }
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    return { kind: 'retry', why, ...after(answer.headers['retry-after'], now) }
  return { kind: 'give-up', why }
}

/** A login page or a captive portal answers 200 to everything: the alert was not accepted. */
export function isPage(body: string): boolean {
  return /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)?<(!doctype\s+html|html)\b/i.test(body.slice(0, 2_000))
}

/** Reads `Retry-After: 120` or `Retry-After: Fri, 31 Dec 1999 23:59:59 GMT`; undefined for anything else. */
export function parseRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  // Discord and others send fractions of a second.
  if (/^\s*\d{1,9}(\.\d+)?\s*$/.test(text)) return Math.ceil(Number(text) * 1000)
  if (!/\bGMT\s*$/.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

/** An excerpt of the body for a log line: one line, no control characters, 200 characters. */
export function excerpt(body: string): string {
  return body
    .slice(0, 400)
    .replace(/[\s\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069]+/g, ' ')
    .trim()
    .slice(0, 200)
}

/** The body as an object, or an empty one: many receivers answer 200 with an error in the body. */
export function jsonBody(answer: HttpAnswer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(answer.body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {} // no JSON: the caller decides what that means
  }
}

function after(text: string | undefined, now: number): { afterMs?: number } {
  const afterMs = parseRetryAfter(text, now)
  return afterMs === undefined ? {} : { afterMs }
}
