import type { Dispatcher } from 'undici'
import request from 'undici/lib/api/api-request.js'
import type { WebhookSettings } from '../types.ts'
import type { FormatRequest } from './format/format.ts'
import type { HttpAnswer, Outcome } from './outcome.ts'
import { basicCredentials } from './url-part.ts'

/** What came back, or why nothing did. */
export type PostResult = HttpAnswer | { readonly error: string; readonly code: string }

/** More of an answer than this is not read: no target says anything useful behind it. */
export const mostBodyBytes = 64 * 1024

/**
 * Posts one request and reads the answer, all within `timeoutMs`. Redirects are not followed. Never throws. A kept
 * connection that turns out to be dead is tried once more on a fresh one, since the receiver may close it at any moment.
 * `hide` takes the webhook's secrets out of what came back: many a receiver says in its answer what it was asked.
 */
export async function post(options: {
  readonly dispatcher: Dispatcher
  readonly message: FormatRequest
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  readonly hide?: (text: string) => string
}): Promise<PostResult> {
  const { signal, hide = text => text } = options
  const first = await attempt(options)
  const isDead = 'code' in first && deadConnection.has(first.code) && !signal?.aborted
  const result = isDead ? await attempt(options) : first
  // Before anybody shortens it: half a secret would not be found any more.
  return 'error' in result ? { ...result, error: hide(result.error) } : { ...result, body: hide(result.body) }
}

/** The headers of every request to a webhook: the settings' own, by lower-case name, so that a format's replace them. */
export function headersFor(webhook: WebhookSettings, agentVersion: string): Readonly<Record<string, string>> {
  const own = Object.entries(webhook.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])
  return { 'user-agent': `oomloop/${agentVersion}`, ...Object.fromEntries(own) }
}

/** Judges the result of an attempt that got no answer: the world is in the way, so it is tried again. */
export function outcomeOfError(result: { readonly error: string }): Outcome {
  return { kind: 'retry', why: result.error }
}

const deadConnection = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

async function attempt({
  dispatcher,
  message,
  headers,
  timeoutMs,
  signal,
}: Parameters<typeof post>[0]): Promise<PostResult> {
  const url = new URL(message.url)
  const credentials = basicCredentials(url)
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(new Error(`no whole answer within ${timeoutMs} ms`)), timeoutMs)
  const stop = () => abort.abort(new Error('stopped'))
  signal?.addEventListener('abort', stop, { once: true })
  try {
    if (signal?.aborted) stop()
    const answer = await request.call(dispatcher, {
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: { ...(credentials && { authorization: `Basic ${credentials}` }), ...headers, ...message.headers },
      body: message.body,
      signal: abort.signal,
    })
    const body = await readBounded(answer.body)
    await turn()
    return { status: answer.statusCode, headers: flat(answer.headers), body }
  } catch (error) {
    return describe(error)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

/** undici frees a connection in the turn after its answer: a request that comes sooner would open another one. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

async function readBounded(body: AsyncIterable<Buffer> & { destroy: () => unknown }): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
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

/** The cause in a few words. Messages of Node and undici name hosts and ports, never paths. */
function describe(error: unknown): { readonly error: string; readonly code: string } {
  const cause = error as NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] }
  const inner = cause.errors?.[0] ?? cause
  const code = inner.code ?? cause.code ?? ''
  const text = inner.message || code || 'failed'
  return { error: text.slice(0, 200), code: typeof code === 'string' ? code : '' }
}
