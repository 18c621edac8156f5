import type { Messages } from '../../text/messages/catalogues.ts'
import { isPage } from '../http/outcome.ts'

type Hint = keyof Messages['delivery']['hints']

/** How to fix a failed delivery, by what went wrong. Undefined where the response says it all. */
export function hintFor(result: {
  readonly status?: number
  readonly body?: string
  readonly code?: string
}): Hint | undefined {
  if (result.status !== undefined) return byStatus(result.status, result.body ?? '')
  const code = result.code ?? ''
  return byCode.find(([pattern]) => pattern.test(code))?.[1]
}

const byCode: readonly (readonly [RegExp, Hint])[] = [
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'dns'],
  [/^ECONNREFUSED$/, 'refused'],
  [/EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|CONNECT_TIMEOUT/, 'unreachable'],
  [/CERT_HAS_EXPIRED/, 'expired'],
  [/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/, 'untrusted'],
  [/^(EPROTO|ERR_SSL)/, 'tls'],
  [/^ECONNRESET$/, 'closed'],
  [/^RESPONSE_TIMEOUT$/, 'timeout'],
]

const statusHints: Readonly<Record<number, Hint>> = {
  400: 'format',
  401: 'forbidden',
  403: 'forbidden',
  404: 'gone',
  407: 'proxy',
  410: 'gone',
  413: 'tooLarge',
  415: 'format',
  422: 'format',
  429: 'rateLimit',
}

function byStatus(status: number, body: string): Hint | undefined {
  if (status < 300) return isPage(body) ? 'html' : undefined
  if (status < 400) return 'redirect'
  return statusHints[status] ?? (status >= 500 ? 'failed' : undefined)
}
