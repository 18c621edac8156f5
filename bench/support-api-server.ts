/** An API server in a process of its own that answers each request as done, after the milliseconds of its argument. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const answerMs = Number(process.argv[2])

const server = createServer((request, response) => {
  request.resume()
  request.once('end', () =>
    setTimeout(
      () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"metadata":{"uid":"1"}}'),
      answerMs,
    ),
  )
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
