import type { WebhookSettings } from '../../types.ts'
import { basicCredentials, decoded } from './basic-auth.ts'
import type { FormatRequest } from './format.ts'

/** A request as lines of text, with everything that is or may be a secret taken out. */
export function redactedRequest(message: FormatRequest, webhook: WebhookSettings): readonly string[] {
  const hide = createRedactor(webhook)
  const headers = { ...webhook.headers, ...message.headers }
  return [
    `POST ${redactedUrl(message.url)}`,
    ...Object.entries(headers).map(([name, value]) => `${name.toLowerCase()}: ${isOpen(name) ? hide(value) : hidden}`),
    '',
    hide(message.body),
  ]
}

/** Scheme and host alone: path, query and user may each be the secret. */
export function redactedUrl(url: string): string {
  const { protocol, host, pathname, search } = new URL(url)
  return `${protocol}//${host}${pathname === '/' && !search ? '/' : `/${hidden}`}`
}

/** Takes the webhook's own secrets out of any text, an answer or an error included. */
export function createRedactor(webhook: WebhookSettings): (text: string) => string {
  const secrets = [
    ...(webhook.secret?.split(/\s+/) ?? []),
    webhook.routingKey ?? '',
    ...Object.entries(webhook.headers ?? {}).map(([name, value]) => (isOpen(name) ? '' : value)),
    ...webhook.urls.flatMap(pathSecrets),
  ]
    .filter(secret => secret.length >= 6)
    .toSorted((a, b) => b.length - a.length)
  return text => secrets.reduce((shown, secret) => shown.replaceAll(secret, hidden), text)
}

const hidden = '<redacted>'
const openHeaders = new Set(['content-type', 'user-agent', 'webhook-id', 'webhook-timestamp', 'accept'])

function isOpen(name: string): boolean {
  return openHeaders.has(name.toLowerCase())
}

/** The path as a whole, its long pieces, what the query says, and who asks; as it is sent, and as others decode it. */
function pathSecrets(text: string): readonly string[] {
  const url = new URL(text)
  const { pathname, search, searchParams, username, password } = url
  const pieces = pathname.split('/').filter(piece => piece.length >= 8)
  const values = search.split('&').map(pair => pair.slice(pair.indexOf('=') + 1))
  const sent = [pathname, ...pieces, search, ...values, password || username]
  return [...sent, ...sent.map(decoded), ...searchParams.values(), basicCredentials(url) ?? '']
}
