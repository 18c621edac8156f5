import { OomloopError } from '../errors.ts'
import { parseAddress } from '../settings/units.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import { systemErrorText } from '../text/system-error.ts'
import type { Locale } from '../types.ts'
import type { AgentStatus } from './agent-status.ts'
import { downSources } from './down-sources.ts'
import { createAdmission, limitConnections } from './health-connections.ts'

/** A request has its head within this, and is answered within this. */
const requestMs = 3000
/** GET /metrics with the headers of a scraper is less than 1 KiB. */
const maxHeaderBytes = 4096
/** Waiting connections that the kernel keeps for us. */
const backlog = 64
/** A scrape costs CPU. More frequent requests get the previous text. */
const metricsMs = 250

/**
 * Serves /metrics, /healthz (the event loop runs) and /readyz (a kernel source is up) on `address:port`.
 * Throws OOMLOOP_LISTEN where it cannot. Nothing else is served, nothing is ever written through it. The endpoint has no
 * authentication: connections, the size of a request and its time are bounded, so that no client costs the agent more
 * than a few hundred KiB.
 */
export async function serveHealth(
  listen: string,
  status: () => AgentStatus,
  locale: Locale = 'en',
): Promise<{ readonly port: number; readonly close: () => void }> {
  const { createMetrics } = await import('./metrics.ts')
  const metrics = createMetrics(status)
  // Not imported: an import of node:http reads each of its exports, and one of them loads Node's own HTTP client.
  const { createServer } = process.getBuiltinModule('node:http')
  let cached: Promise<string> | null = null
  const metricsText = (): Promise<string> => {
    if (!cached) setTimeout(() => (cached = null), metricsMs).unref()
    cached ??= metrics.text()
    return cached
  }
  const admission = createAdmission()
  const answered = new WeakSet<object>()
  const limits = { maxHeaderSize: maxHeaderBytes, connectionsCheckingInterval: 1000, highWaterMark: 4096 }
  const server = createServer(limits, async (request, response) => {
    const path = request.url?.split('?')[0]
    const answer = (code: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(code, { 'content-type': type, connection: 'close' }).end(text)
    }
    // One request a connection: pipelined ones would each have an answer kept for a reader who may never read.
    if (answered.has(request.socket)) return void request.socket.destroy()
    answered.add(request.socket)
    admission.asked(request.socket.remoteAddress ?? '')
    request.resume() // a request body is ignored
    if (request.method !== 'GET') return answer(405, 'only GET\n')
    if (path === '/metrics') return answer(200, await metricsText(), metrics.registry.contentType)
    if (path === '/healthz') return answer(200, 'ok\n')
    if (path === '/readyz') {
      const down = downSources(status())
      return down.length === 0
        ? answer(200, 'ok\n')
        : answer(503, down.map(source => `${source.name}: ${source.why}\n`).join(''))
    }
    answer(404, '/metrics, /healthz and /readyz are here\n')
  })
  server.headersTimeout = requestMs
  server.requestTimeout = requestMs
  server.timeout = 2 * requestMs // also for a response that the client does not read
  const wanted = parseAddress(listen)
  const { agent, settings, units } = messagesOf(locale)
  if (!wanted) {
    const facts = { where: 'listen', value: JSON.stringify(listen), mustBe: settings.mustBe.address }
    throw new OomloopError('OOMLOOP_LISTEN', settings.wrongValue(facts))
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause =>
      reject(
        new OomloopError(
          'OOMLOOP_LISTEN',
          agent.cannotListen({ address: listen, why: systemErrorText(cause, units) }),
          {
            cause,
          },
        ),
      ),
    )
    server.listen(wanted.port, wanted.host, backlog, resolve)
  })
  limitConnections(server, admission)
  server.unref()
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : wanted.port,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
