import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly at: number
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Receiver {
  readonly url: string
  readonly port: number
  readonly received: readonly Received[]
  readonly connections: () => number
  /** Bodies as JSON. */
  readonly bodies: () => readonly Record<string, unknown>[]
  readonly until: (count: number, timeoutMs?: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** How the receiver answers: by itself for a test's purpose. Default: 204. */
export type Answer = (request: Received, response: ServerResponse, index: number) => void

/** A real HTTP server on loopback that keeps what it got. */
export async function startReceiver(
  answer: Answer = (_request, response) => response.writeHead(204).end(),
  options: { readonly tls?: ServerOptions; readonly host?: string; readonly port?: number } = {},
): Promise<Receiver> {
  const received: Received[] = []
  let connections = 0
  const handle: Parameters<typeof createServer>[1] = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { at: Date.now(), method, path: url, headers, body: Buffer.concat(chunks).toString() }
      received.push(one)
      answer(one, response, received.length - 1)
    })
  }
  const server: Server = options.tls ? createTlsServer(options.tls, handle) : createServer(handle)
  server.on('connection', () => connections++)
  await new Promise<void>(resolve => server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const host = options.host?.includes(':') ? `[${options.host}]` : (options.host ?? '127.0.0.1')
  return {
    url: `${options.tls ? 'https' : 'http'}://${host}:${port}`,
    port,
    received,
    connections: () => connections,
    bodies: () => received.map(({ body }) => JSON.parse(body)),
    until: (count, timeoutMs = 10_000) => until(() => received.length >= count, timeoutMs, `${count} requests`),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export async function until(condition: () => boolean, timeoutMs = 10_000, what = 'condition'): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}
