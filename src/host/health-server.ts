import { parseAddress } from '../settings/units.ts'
import type { AgentStatus } from './agent-status.ts'
import { OomloopError } from './errors.ts'

/**
 * Serves /metrics, /healthz (the event loop runs) and /readyz (a kernel source is sighted) on `address:port`.
 * Throws OOMLOOP_LISTEN where it cannot. Nothing else is served, nothing is ever written through it.
 */
export async function serveHealth(
  listen: string,
  status: () => AgentStatus,
): Promise<{ readonly port: number; readonly close: () => void }> {
  const { createMetrics } = await import('./metrics.ts')
  const metrics = createMetrics(status)
  // Not imported: an import of node:http reads each of its exports, and one of them loads Node's own HTTP client.
  const { createServer } = process.getBuiltinModule('node:http')
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0]
    const answer = (code: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(code, { 'content-type': type }).end(text)
    }
    if (request.method !== 'GET') return answer(405, 'only GET\n')
    if (path === '/metrics') return answer(200, await metrics.text(), metrics.registry.contentType)
    if (path === '/healthz') return answer(200, 'ok\n')
    if (path === '/readyz') {
      const blind = status().sources.filter(source => source.state === 'blind' && !source.steady)
      return blind.length === 0
        ? answer(200, 'ok\n')
        : answer(503, blind.map(source => `${source.name}: ${source.why}\n`).join(''))
    }
    answer(404, '/metrics, /healthz and /readyz are here\n')
  })
  server.headersTimeout = 5000
  server.requestTimeout = 5000
  const wanted = parseAddress(listen)
  if (!wanted)
    throw new OomloopError(
      'OOMLOOP_LISTEN',
      `listen is ${JSON.stringify(listen)}, but must be ADDRESS:PORT, as 127.0.0.1:9465`,
    )
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause =>
      reject(new OomloopError('OOMLOOP_LISTEN', `cannot listen on ${listen}: ${cause.message}`, { cause })),
    )
    server.listen(wanted.port, wanted.host, resolve)
  })
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
