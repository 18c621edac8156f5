import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { type HoldAnswer, type HoldRefusal, longestRequest, parseRequest } from '../hold/protocol.ts'
import type { Keeper } from './keeper.ts'

/** The agent has one, a person another. */
const mostClients = 4
/** A silent client is disconnected after this time. */
const idleMs = 60_000

/** Answers requests on a local socket that its owner alone may use: one line each, one line of JSON back. */
export async function serveHold(options: {
  readonly path: string
  readonly keeper: Keeper
  readonly now: () => number
}): Promise<{ readonly close: () => void }> {
  const { path, keeper, now } = options
  rmSync(path, { force: true })
  const server = createServer(socket => talk(socket, line => answer(line, keeper, now)))
  server.maxConnections = mostClients
  // The mask allows the owner alone from the first moment on.
  const mask = process.umask(0o177)
  try {
    await listening(server, path)
    chmodSync(path, 0o600)
  } finally {
    process.umask(mask)
  }
  return {
    close: () => {
      server.close()
      rmSync(path, { force: true })
    },
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
}

async function answer(line: string, keeper: Keeper, now: () => number): Promise<HoldAnswer> {
  const refused = await execute(line, keeper, now())
  return { refused, ...keeper.state() }
}

async function execute(line: string, keeper: Keeper, at: number): Promise<HoldRefusal | null> {
  const request = parseRequest(line)
  switch (request?.do) {
    case undefined:
      return 'not-understood'
    case 'hold':
      return keeper.hold(request, at)
    case 'renew':
      keeper.renew(at)
      return null
    case 'release':
      keeper.release(request.cgroup, request.why, at)
      return null
    case 'release-all':
      keeper.releaseAll('asked', at)
      return null
    case 'state':
      return null
  }
}

/** Requests are answered in their order. A line that is too long ends the connection. */
function talk(socket: Socket, reply: (line: string) => Promise<HoldAnswer>): void {
  let rest = ''
  let last: Promise<void> = Promise.resolve()
  socket.setEncoding('latin1')
  socket.setTimeout(idleMs, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    if (rest.length > longestRequest || lines.length > 64) return void socket.destroy()
    for (const line of lines) {
      last = last.then(async () => {
        const answered = await reply(line)
        if (socket.writable) socket.write(`${JSON.stringify(answered)}\n`)
      })
    }
  })
}
