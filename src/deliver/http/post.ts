import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import type { WebhookSettings } from '../../types.ts'
import { basicCredentials } from './basic-auth.ts'
import { DeliveryError, type DeliveryMessages, deliveryLogMessages } from './delivery-error.ts'
import type { FormatRequest } from './format.ts'
import type { HttpAnswer, Outcome } from './outcome.ts'

/** The response, or why there is none. */
export type PostResult = HttpAnswer | { readonly error: string; readonly code: string }

/** A longer response is not read: it contains nothing useful. */
export const mostBodyBytes = 64 * 1024

/**
 * Posts one request and reads the answer, all within `timeoutMs`. Redirects are not followed. Never throws. A kept
 * connection that turns out to be dead is tried once more on a fresh one, since the receiver may close it at any moment.
 * `hide` removes the webhook's secrets from the response: many receivers repeat the request in it. `t` has the language of
 * the error (default English, for the log).
 */
export async function post(options: {
  readonly agent: Agent
  readonly message: FormatRequest
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  readonly hide?: (text: string) => string
  readonly t?: DeliveryMessages
}): Promise<PostResult> {
  const { signal, hide = text => text } = options
  const first = await attempt(options)
  const isDead = 'code' in first && deadConnection.has(first.code) && !signal?.aborted
  const result = isDead ? await attempt(options) : first
  // Before the text is shortened, because a part of a secret would not be found.
  return 'error' in result ? { ...result, error: hide(result.error) } : { ...result, body: hide(result.body) }
}

/** The headers of every request to a webhook: the settings' own, by lower-case name, so that a format's replace them. */
export function headersFor(webhook: WebhookSettings, agentVersion: string): Readonly<Record<string, string>> {
  const own = Object.entries(webhook.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])
  return { 'user-agent': `oomloop/${agentVersion}`, ...Object.fromEntries(own) }
}

/** The outcome of an attempt without a response: it is retried. */
export function outcomeOfError(result: { readonly error: string }): Outcome {
  return { kind: 'retry', why: result.error }
}

const deadConnection = new Set(['ECONNRESET', 'EPIPE'])

async function attempt({
  agent,
  message,
  headers,
  timeoutMs,
  signal,
  t = deliveryLogMessages,
}: Parameters<typeof post>[0]): Promise<PostResult> {
  try {
    const { request } = process.getBuiltinModule('node:http')
    const url = new URL(message.url)
    const sent = request({
      agent,
      host: url.host,
      path: url.pathname + url.search,
      method: 'POST',
      headers: checkedHeaders({ ...ownHeaders(url), ...headers, ...message.headers }, message.body),
    })
    const stop = (): void => void sent.destroy(new Error('stopped'))
    const timer = setTimeout(
      () => sent.destroy(new DeliveryError('RESPONSE_TIMEOUT', its => its.noAnswer({ ms: timeoutMs }))),
      timeoutMs,
    )
    signal?.addEventListener('abort', stop, { once: true })
    try {
      if (signal?.aborted) stop()
      sent.end(message.body)
      const answer = await answered(sent)
      const body = await readBounded(answer)
      await turn()
      return { status: answer.statusCode ?? 0, headers: flat(answer.headers), body }
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
  } catch (error) {
    return describe(error, t)
  }
}

function ownHeaders(url: URL): Readonly<Record<string, string>> {
  const credentials = basicCredentials(url)
  return { host: url.host, ...(credentials && { authorization: `Basic ${credentials}` }) }
}

/** Throws for a header that belongs to the connection, and for another length of the body: the receiver would wait for the rest. */
function checkedHeaders(headers: Readonly<Record<string, string>>, body: string): Record<string, string> {
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase()
    const isOther = key === 'content-length' && Number(value) !== Buffer.byteLength(body)
    if (isOther || ofConnection.has(key)) throw new DeliveryError('BAD_HEADER', t => t.badHeader({ header: key }))
  }
  return { ...headers }
}

const ofConnection = new Set(['transfer-encoding', 'keep-alive', 'upgrade', 'expect', 'te', 'trailer'])

function answered(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve)
    // Kept, because a connection may fail more than once. An error after the response is ignored.
    sent.on('error', reject)
  })
}

/** The pool takes a connection back in the turn after its answer: a request that comes sooner would open another one. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

async function readBounded(body: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= mostBodyBytes) break // leaving the loop destroys the rest, and the connection with it
  }
  return Buffer.concat(chunks).toString('utf8', 0, Math.min(bytes, mostBodyBytes))
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): HttpAnswer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  )
}

/** With `library` it is OpenSSL's: `reason` in a few words, and a message that names source files and has a line end. */
type Cause = NodeJS.ErrnoException & { readonly library?: string; readonly reason?: string }

/** The cause in a few words. Messages of Node contain hosts and ports, never paths. */
function describe(error: unknown, t: DeliveryMessages): { readonly error: string; readonly code: string } {
  const cause = error as Cause & { errors?: Cause[] }
  const inner = cause.errors?.[0] ?? cause
  const code = inner.code ?? cause.code ?? ''
  const own =
    inner instanceof DeliveryError
      ? inner.textIn(t)
      : code === 'ECONNRESET'
        ? t.hungUp
        : ((inner.library && inner.reason) ?? inner.message)
  const text = own || code || 'failed'
  return { error: text.trim().slice(0, 200), code: typeof code === 'string' ? code : '' }
}
