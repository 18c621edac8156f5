import { Duplex } from 'node:stream'
import { createAgent } from './agent.ts'
import type { DeliveryMessages } from './delivery-error.ts'
import type { FormatRequest } from './format.ts'
import { type PostResult, post } from './post.ts'

/** A receiver that exists in memory only: it answers every request with an empty 204, and nothing leaves the host. */
interface MemoryReceiver {
  /** Makes and sends the request as a real one would be. */
  readonly post: (message: FormatRequest, headers: Readonly<Record<string, string>>) => Promise<PostResult>
  readonly close: () => void
}

/** Errors are in the language of `t` (default English). */
export function createMemoryReceiver(t?: DeliveryMessages): MemoryReceiver {
  const agent = createAgent(done => queueMicrotask(() => done(null, memorySocket())))
  return {
    post: (message, headers) =>
      post({
        agent,
        message: { ...message, url: 'http://memory.invalid/' },
        headers,
        timeoutMs: 1000,
        ...(t && { t }),
      }),
    close: () => agent.destroy(),
  }
}

function memorySocket(): Duplex {
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      if (endsRequest.test(chunk.toString('latin1'))) socket.push('HTTP/1.1 204 No Content\r\n\r\n')
      done()
    },
  })
  // What Node's pool asks of a socket that it keeps.
  return Object.assign(socket, { setKeepAlive() {}, setTimeout() {}, ref() {}, unref() {} })
}

/** Head and body of a request are one write where the body is a string; the head ends with an empty line. */
const endsRequest = /\r\n\r\n/
