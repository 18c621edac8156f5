import type { Agent } from 'node:http'
import type { Duplex } from 'node:stream'

/** Idle time of a connection without a Keep-Alive hint of the receiver. */
const keptMs = 600_000

/** Node's own pool of kept connections, with connections from elsewhere. */
export function createAgent(open: (done: (error: Error | null, socket?: Duplex) => void) => void): Agent {
  // Not imported: an import of node:http reads each of its exports, and one of them loads Node's own HTTP client.
  const { Agent } = process.getBuiltinModule('node:http')
  const agent = new Agent({ keepAlive: true, timeout: keptMs })
  agent.createConnection = (_options, done) => {
    open((error, socket) => done?.(error, socket!))
    return undefined
  }
  return agent
}
