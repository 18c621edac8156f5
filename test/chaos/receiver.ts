import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Random } from './random.ts'

/** A request that was answered with success: what the receiver holds. */
export interface Taken {
  readonly header: string
  readonly body: string
}

export interface ChaosReceiver {
  readonly url: string
  readonly taken: readonly Taken[]
  readonly refused: () => number
  /** From now on everything is taken. */
  readonly calm: () => void
  readonly close: () => Promise<void>
}

/** A receiver that takes about half of what it is sent; the rest meets what receivers do on bad days. */
export async function startChaosReceiver(random: Random): Promise<ChaosReceiver> {
  const taken: Taken[] = []
  let refused = 0
  let calm = false
  let port = 0

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('error', () => {}) // the agent was killed in the middle of it
    request.on('end', () => {
      const bad = calm || random.chance(0.5) ? undefined : random.pick(badDays)
      if (bad) {
        refused++
        return bad(response, random)
      }
      taken.push({ header: String(request.headers['webhook-id']), body: Buffer.concat(chunks).toString() })
      response.writeHead(200).end()
    })
  })
  const listen = () => new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  await listen()
  port = (server.address() as AddressInfo).port

  /** Down: connections are refused for a while. */
  const outage = setInterval(() => {
    if (calm || !server.listening || !random.chance(0.1)) return
    server.close(() => setTimeout(() => void listen(), random.integer(10, 90)))
    server.closeAllConnections()
  }, 100)

  const calmDown = async (): Promise<void> => {
    calm = true
    clearInterval(outage)
  }
  return {
    url: `http://127.0.0.1:${port}/chaos`,
    taken,
    refused: () => refused,
    calm: () => void calmDown(),
    close: () =>
      new Promise(resolve => {
        clearInterval(outage)
        setTimeout(() => {
          server.close(() => resolve())
          server.closeAllConnections()
        }, 200) // an outage may just be ending
      }),
  }
}

type BadDay = (response: ServerResponse, random: Random) => void

const badDays: readonly BadDay[] = [
  response => response.writeHead(500).end('broken'),
  response => response.writeHead(503, { 'retry-after': '0' }).end(),
  (response, random) => response.writeHead(429, { 'retry-after': random.pick(['0', '0.1', 'soon']) }).end(),
  () => {}, // hangs
  response => response.socket?.resetAndDestroy(),
  response => response.socket?.end('HTTP/1.1 200 OK\r\ncontent-le'), // dies in the middle of its answer
  response => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
]
