import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createLookup } from '../../src/deliver/http/dns-cache.ts'
import { mostBodyBytes } from '../../src/deliver/http/post.ts'
import { proxyFor } from '../../src/deliver/http/proxy.ts'
import { type Answer, startReceiver } from './receiver.ts'
import { alertOf, startDelivery, webhookOf } from './samples.ts'

async function receiverFor(answer?: Answer, options?: Parameters<typeof startReceiver>[1]) {
  const receiver = await startReceiver(answer, options)
  onTestFinished(() => receiver.close())
  return receiver
}

/** What becomes of one alert at a webhook. */
async function tried(
  url: string,
  fields: Parameters<typeof webhookOf>[1] = {},
  environment: Record<string, string> = {},
) {
  const { delivery, events } = await startDelivery([webhookOf(url, fields)], { environment })
  delivery.accept(alertOf())
  await expect.poll(() => events.length, { timeout: 8000 }).toBeGreaterThan(0)
  return { event: events[0]!, delivery, events }
}

async function rawServer(
  onConnection: (socket: Socket) => void,
  host = '127.0.0.1',
): Promise<{ port: number; server: Server }> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  await new Promise<void>(resolve => server.listen(0, host, resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, server }
}

describe('receivers that misbehave', () => {
  it('a redirect is refused: no other address gets the alert', async () => {
    const elsewhere = await receiverFor()
    const receiver = await receiverFor((_request, response) =>
      response.writeHead(307, { location: elsewhere.url }).end(),
    )
    const { event } = await tried(receiver.url)
    expect(event).toMatchObject({ kind: 'retry', why: '307: redirects are not followed' })
    expect(elsewhere.received).toEqual([])
  })

  it('an answer without end is cut off', async () => {
    let sent = 0
    const receiver = await receiverFor((_request, response) => {
      response.writeHead(200)
      const more = () => {
        while (!response.destroyed && sent < 64 * mostBodyBytes && response.write(Buffer.alloc(16_384))) sent += 16_384
        if (!response.destroyed && sent < 64 * mostBodyBytes) response.once('drain', more)
      }
      more()
    })
    const { event } = await tried(receiver.url)
    expect(event.kind).toBe('delivered')
    expect(sent).toBeLessThan(64 * mostBodyBytes)
  })

  it('a receiver that responds one byte at a time fails after the timeout', async () => {
    const { port } = await rawServer(socket => {
      let at = 0
      const drip = setInterval(() => socket.write('HTTP/1.1 200 OK\r\nx-slow: yes\r\n\r\n'[at++ % 31]!), 50)
      socket.once('close', () => clearInterval(drip))
    })
    const { event } = await tried(`http://127.0.0.1:${port}`, { timeoutMs: 300 })
    expect(event).toMatchObject({ kind: 'retry', why: 'no complete response within 300 ms' })
    expect(event.ms).toBeLessThan(1500)
  })

  it('a receiver that sends 100 Continue first is understood', async () => {
    const { port } = await rawServer(socket =>
      socket.once('data', () =>
        socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nok'),
      ),
    )
    expect((await tried(`http://127.0.0.1:${port}`)).event).toMatchObject({ kind: 'delivered' })
  })

  it('a connection that does not open within the timeout is a failure with a reason', async () => {
    // The TCP connection opens, and the TLS handshake is never answered.
    const { port } = await rawServer(() => {})
    const { event } = await tried(`https://127.0.0.1:${port}`, { timeoutMs: 300 })
    expect(event).toMatchObject({ kind: 'retry', why: expect.stringMatching(/within 300 ms/) })
    expect(event.ms).toBeLessThan(1500)
  })

  it('a proxy that refuses a tunnel is a failure with its status', async () => {
    const proxy = await receiverFor()
    const server = createHttpServer()
    server.on('connect', (_request, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { event } = await tried(proxy.url, {}, { http_proxy: url })
    expect(event).toMatchObject({ kind: 'retry', why: expect.stringMatching(/Proxy response \(407\)/) })
    expect(proxy.received).toEqual([])
  })

  it('a receiver that sends its body one byte at a time fails after the timeout', async () => {
    const receiver = await receiverFor((_request, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('.'), 50)
      response.once('close', () => clearInterval(drip))
    })
    expect((await tried(receiver.url, { timeoutMs: 300 })).event).toMatchObject({ kind: 'retry' })
  })

  it('a receiver that does not speak HTTP is a failure with a reason', async () => {
    const { port } = await rawServer(socket => socket.on('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')))
    expect((await tried(`http://127.0.0.1:${port}`)).event).toMatchObject({
      kind: 'retry',
      why: expect.stringMatching(/.+/),
    })
  })

  it('a receiver that closed the idle connection causes no failed attempt', async () => {
    const sockets: Socket[] = []
    const server = createHttpServer((request, response) => request.resume().on('end', () => response.end()))
    server.on('connection', socket => sockets.push(socket))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { delivery, events } = await startDelivery([
      webhookOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    ])
    for (let count = 1; count <= 4; count++) {
      delivery.accept(alertOf({ incident: `incident-${count}` }))
      // Closed in the same turn in which the next request goes out: neither side can know.
      await expect.poll(() => events.length).toBe(count)
      sockets.at(-1)!.destroy()
    }
    expect(events.map(({ kind }) => kind)).toEqual(['delivered', 'delivered', 'delivered', 'delivered'])
  })

  it('a host that is not there is a failure with a reason, and without the path', async () => {
    const { event } = await tried('http://no-such-host.invalid/services/T000/secret')
    expect(event).toMatchObject({ kind: 'retry', host: 'no-such-host.invalid' })
    expect(JSON.stringify(event)).not.toMatch(/T000|secret/)
  })
})

describe('names and addresses', () => {
  it('a receiver is reached over IPv6', async () => {
    const receiver = await receiverFor(undefined, { host: '::1' })
    expect((await tried(receiver.url)).event.kind).toBe('delivered')
  })

  it('the last good answer of the DNS is used while asking fails, and only then', async () => {
    const answers: (string | null)[] = ['10.0.0.1', null, '10.0.0.2', null]
    const lookup = createLookup(async () => {
      const address = answers.shift()
      if (address) return [{ address, family: 4 }]
      throw new Error('EAI_AGAIN')
    })
    const ask = (host: string) =>
      new Promise(resolve => lookup(host, {}, (error, address) => resolve(error ? error.message : address)))
    expect([await ask('a'), await ask('a'), await ask('a'), await ask('never-known')]).toEqual([
      '10.0.0.1',
      '10.0.0.1',
      '10.0.0.2',
      'EAI_AGAIN',
    ])
  })
})

describe('TLS', () => {
  let dir = ''
  const file = (name: string) => join(dir, name)
  beforeAll(() => {
    dir = makeCertificates()
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('trusts the authority that caFile names, and no other', async () => {
    const tls = { key: readFileSync(file('server.key')), cert: readFileSync(file('server.crt')) }
    const receiver = await receiverFor(undefined, { tls })
    const url = receiver.url.replace('127.0.0.1', 'localhost')
    expect((await tried(url, { caFile: file('ca.crt') })).event.kind).toBe('delivered')
    expect((await tried(url)).event).toMatchObject({ kind: 'retry', why: expect.stringMatching(/certificate/) })
    // Nothing was said before the certificate was checked.
    expect(receiver.received).toHaveLength(1)
  })

  it('does not take a certificate for another name', async () => {
    const tls = { key: readFileSync(file('server.key')), cert: readFileSync(file('server.crt')) }
    const receiver = await receiverFor(undefined, { tls })
    const { event } = await tried(receiver.url, { caFile: file('ca.crt') })
    expect(event).toMatchObject({ kind: 'retry', why: expect.stringMatching(/altnames/) })
  })

  it('shows a client certificate where the receiver wants one', async () => {
    const tls = {
      key: readFileSync(file('server.key')),
      cert: readFileSync(file('server.crt')),
      ca: readFileSync(file('ca.crt')),
      requestCert: true,
      rejectUnauthorized: true,
    }
    const receiver = await receiverFor(undefined, { tls })
    const url = receiver.url.replace('127.0.0.1', 'localhost')
    const pair = { caFile: file('ca.crt'), certFile: file('client.crt'), keyFile: file('client.key') }
    expect((await tried(url, pair)).event.kind).toBe('delivered')
    expect((await tried(url, { caFile: file('ca.crt') })).event.kind).toBe('retry')
  })

  it('says which file it cannot read, at start', async () => {
    await expect(startDelivery([webhookOf('https://localhost', { caFile: '/no/such.pem' })])).rejects.toThrow(
      'webhook test: cannot read /no/such.pem: no such file or directory',
    )
  })

  it('goes through a proxy of the environment, and sees the true certificate behind it', async () => {
    const tls = { key: readFileSync(file('server.key')), cert: readFileSync(file('server.crt')) }
    const receiver = await receiverFor(undefined, { tls })
    const proxy = await startProxy()
    const url = receiver.url.replace('127.0.0.1', 'localhost')
    const { event } = await tried(url, { caFile: file('ca.crt') }, { https_proxy: proxy.url })
    expect(event).toMatchObject({ kind: 'delivered', why: '' })
    expect(proxy.tunnels).toEqual([`localhost:${receiver.port}`])
    const direct = await tried(url, { caFile: file('ca.crt') }, { https_proxy: proxy.url, no_proxy: 'localhost' })
    expect(direct.event.kind).toBe('delivered')
    expect(proxy.tunnels).toHaveLength(1)
  })
})

it('plain HTTP goes through a proxy as well', async () => {
  const receiver = await receiverFor()
  const proxy = await startProxy()
  expect((await tried(receiver.url, {}, { http_proxy: proxy.url })).event.kind).toBe('delivered')
  expect(proxy.tunnels.length + proxy.forwarded.length).toBe(1)
})

describe('the proxy that the environment names', () => {
  it.each<[string, Record<string, string>, string | null]>([
    ['https://a.example/x', { https_proxy: 'http://p:3128' }, 'http://p:3128'],
    ['https://a.example/x', { HTTPS_PROXY: 'p:3128' }, 'http://p:3128'],
    ['https://a.example/x', { http_proxy: 'http://p:3128' }, null],
    ['http://a.example/x', { http_proxy: 'http://p:3128' }, 'http://p:3128'],
    ['http://a.example/x', { HTTP_PROXY: 'http://p:3128' }, null],
    ['http://a.example/x', { ALL_PROXY: 'http://p:3128' }, 'http://p:3128'],
    ['https://a.example/x', {}, null],
    ['https://a.example/x', { https_proxy: 'http://p', no_proxy: 'example' }, null],
    ['https://a.example/x', { https_proxy: 'http://p', no_proxy: '.example' }, null],
    ['https://a.example/x', { https_proxy: 'http://p', no_proxy: '*.example, b' }, null],
    ['https://a.example/x', { https_proxy: 'http://p', no_proxy: '*' }, null],
    ['https://notexample/x', { https_proxy: 'http://p', no_proxy: 'example' }, 'http://p'],
    ['https://a.example:8443/x', { https_proxy: 'http://p', no_proxy: 'a.example:8443' }, null],
    ['https://a.example:8443/x', { https_proxy: 'http://p', no_proxy: 'a.example:443' }, 'http://p'],
    ['https://[::1]:8443/x', { https_proxy: 'http://p', no_proxy: '::1' }, null],
  ])('for %s with %o is %s', (url, environment, expected) => {
    expect(proxyFor(url, environment)).toBe(expected)
  })
})

/** A real proxy: CONNECT tunnels, and plain requests by absolute URL. */
async function startProxy() {
  const tunnels: string[] = []
  const forwarded: string[] = []
  const server = createHttpServer((request, response) => {
    forwarded.push(request.url ?? '')
    const target = new URL(request.url ?? '')
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', async () => {
      const { status } = await fetch(target, { method: 'POST', body: Buffer.concat(chunks) })
      response.writeHead(status).end()
    })
  })
  server.on('connect', (request, socket) => {
    tunnels.push(request.url ?? '')
    const [, host, port] = /^(.*):(\d+)$/.exec(request.url ?? '')!
    const target = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      target.pipe(socket)
      socket.pipe(target)
    })
    for (const one of [target, socket]) one.on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tunnels, forwarded }
}

/** An authority, a server certificate for `localhost` and a client certificate, made by openssl for this run. */
function makeCertificates(): string {
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-tls-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test authority')
  for (const [name, extension] of [
    ['server', 'subjectAltName=DNS:localhost'],
    ['client', 'extendedKeyUsage=clientAuth'],
  ] as const)
    openssl(
      ...['req', '-x509', ...key, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-keyout', `${name}.key`, '-out', `${name}.crt`],
      ...['-subj', `/CN=${name}`, '-addext', extension, '-addext', 'basicConstraints=critical,CA:FALSE'],
    )
  return dir
}
