import { createHmac } from 'node:crypto'

/**
 * Returns the three headers of the Standard Webhooks specification for one attempt at `now` (ms since the epoch).
 * `secret` may name several, parted by blanks: while a secret is rotated both signatures are sent. With the prefix
 * `whsec_` the rest is base64 (the specification); without it the text itself is the key.
 */
export function standardWebhookHeaders(input: {
  readonly id: string
  readonly body: string
  readonly secret: string | undefined
  readonly now: number
}): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(input.now / 1000))
  const headers = { 'webhook-id': input.id, 'webhook-timestamp': timestamp }
  if (!input.secret) return headers
  const signed = `${input.id}.${timestamp}.${input.body}`
  const signatures = input.secret
    .split(/\s+/)
    .filter(Boolean)
    .map(secret => `v1,${createHmac('sha256', keyOf(secret)).update(signed).digest('base64')}`)
  return { ...headers, 'webhook-signature': signatures.join(' ') }
}

/** Returns DingTalk's signature, base64: the secret is the key, the timestamp in milliseconds. */
export function dingtalkSignature(timestampMs: number, secret: string): string {
  return createHmac('sha256', secret).update(`${timestampMs}\n${secret}`).digest('base64')
}

/** Returns Feishu's signature, base64: timestamp (seconds) and secret together are the key, the message is empty. */
export function feishuSignature(timestampSeconds: number, secret: string): string {
  return createHmac('sha256', `${timestampSeconds}\n${secret}`).update('').digest('base64')
}

function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8')
}
