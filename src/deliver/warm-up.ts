import { Duplex } from 'node:stream'
import Client from 'undici/lib/dispatcher/client.js'
import type { WebhookSettings } from '../types.ts'
import { trialRequests } from './check-webhooks.ts'
import type { Format } from './format/format.ts'
import { post } from './post.ts'

/**
 * Carries one whole delivery out per format against a receiver that exists in memory only, so that the first real alert
 * loads and compiles nothing: undici's HTTP parser alone is 60 KiB of WebAssembly that it prepares on first use.
 * Throws OOMLOOP_SETTINGS for a template that cannot be rendered.
 */
export async function warmUp(
  routes: readonly { readonly webhook: WebhookSettings; readonly url: string; readonly format: Format }[],
): Promise<void> {
  const client = new Client('http://memory.invalid', {
    allowH2: false,
    connect: (_options, callback) => queueMicrotask(() => callback(null, memorySocket() as never)),
  })
  try {
    for (const { webhook, url, format } of routes) {
      for (const request of trialRequests(format, webhook, url)) {
        const message = { ...request, url: 'http://memory.invalid/' }
        await post({ dispatcher: client, message, headers: {}, timeoutMs: 1000 })
      }
    }
  } finally {
    await client.destroy()
  }
}

/** Answers every request that it is given with an empty 204. */
function memorySocket(): Duplex {
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      if (endsRequest.test(chunk.toString('latin1'))) socket.push('HTTP/1.1 204 No Content\r\n\r\n')
      done()
    },
  })
  return socket
}

/** undici writes head and body in one go for a body that is a string; the head ends with an empty line. */
const endsRequest = /\r\n\r\n/
