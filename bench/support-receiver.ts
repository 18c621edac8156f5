/** A receiver in a process of its own: notifies its parent when the body of each request has arrived. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    const at = process.hrtime.bigint()
    response.writeHead(204).end()
    process.send?.({ id: request.headers['webhook-id'], at: String(at) })
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
