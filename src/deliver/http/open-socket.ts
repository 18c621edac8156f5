import { isIP, type LookupFunction, connect as openTcp, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { basicCredentials } from './basic-auth.ts'
import { DeliveryError } from './delivery-error.ts'
import type { Tls } from './tls.ts'

/** Opens a connection that a request can be written to; `done` is called once. */
type OpenSocket = (done: (error: Error | null, socket?: Socket) => void) => void

interface Target {
  /** An origin: scheme, host and port. */
  readonly url: string
  readonly tls: Tls
  readonly lookup: LookupFunction
  readonly timeoutMs: number
  /** The proxy's URL; null: none. */
  readonly proxy: string | null
}

/** On an idle connection, a host that is gone is detected after minutes instead of the kernel's two hours. */
const keepAliveMs = 60_000

/** How connections to a target are opened: TCP, through a proxy's tunnel where there is one, and TLS on top of it. */
export function createOpenSocket({ url, tls, lookup, timeoutMs, proxy }: Target): OpenSocket {
  const target = new URL(url)
  const open: OpenSocket = proxy
    ? tunnelled(new URL(proxy), hostPort(target), done => direct(new URL(proxy), lookup, {}, done))
    : done => direct(target, lookup, tls, done)
  const secured: OpenSocket =
    proxy && target.protocol === 'https:'
      ? done => open((error, socket) => (socket ? secure(target, tls, socket, done) : done(error)))
      : open
  return done => {
    let opened: Socket | undefined
    const settle = once(done)
    const timer = setTimeout(() => {
      opened?.destroy()
      settle(timeoutError(timeoutMs))
    }, timeoutMs)
    secured((error, socket) => {
      clearTimeout(timer)
      opened = socket
      settle(error, socket)
    })
  }
}

/** A connection to a host, with TLS where its scheme asks for it. */
function direct(target: URL, lookup: LookupFunction, tls: Tls, done: Parameters<OpenSocket>[0]): void {
  const port = Number(portOf(target))
  const socket = openTcp({
    host: bare(target.hostname),
    port,
    lookup,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
  })
  if (target.protocol === 'https:') secure(target, tls, socket, done)
  else whenOpen(socket, 'connect', done)
}

/** TLS on a connection. The module is loaded by the first receiver that has an https URL: it costs 3 MiB. */
function secure({ hostname }: URL, tls: Tls, socket: Socket, done: Parameters<OpenSocket>[0]): void {
  const { connect } = process.getBuiltinModule('node:tls')
  const host = bare(hostname)
  // Names are checked by `host`, also where the connection is a tunnel; an address is never sent as a server name (RFC 6066).
  const secured = connect({
    ...tls,
    socket,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ALPNProtocols: ['http/1.1'],
  })
  const settle = once(done)
  socket.once('error', error => {
    secured.destroy()
    settle(error)
  })
  whenOpen(secured, 'secureConnect', settle)
}

/** Asks a proxy for a tunnel, for http targets as well: what is sent through it is the receiver's alone. */
function tunnelled(proxy: URL, target: string, open: OpenSocket): OpenSocket {
  const credentials = basicCredentials(proxy)
  const { request } = process.getBuiltinModule('node:http')
  return done =>
    open((error, socket) => {
      if (!socket) return done(error)
      const settle = once(done)
      const asked = request({
        method: 'CONNECT',
        path: target,
        createConnection: () => socket,
        headers: { host: target, ...(credentials && { 'proxy-authorization': `Basic ${credentials}` }) },
      })
      asked.on('error', settle)
      const refuse = (status: number | undefined): void => {
        socket.destroy()
        settle(new Error(`Proxy response (${status}) !== 200 when HTTP Tunneling`))
      }
      asked.on('response', ({ statusCode }) => refuse(statusCode))
      asked.on('connect', ({ statusCode }, tunnel: Duplex) =>
        statusCode === 200 ? settle(null, tunnel as Socket) : refuse(statusCode),
      )
      asked.end()
    })
}

function whenOpen(socket: Socket, event: 'connect' | 'secureConnect', done: Parameters<OpenSocket>[0]): void {
  const settle = once(done)
  socket.once('error', settle)
  socket.once('close', () => settle(new DeliveryError('ECONNRESET', t => t.closedEarly)))
  socket.once(event, () => {
    socket.off('error', settle)
    settle(null, socket)
  })
}

function timeoutError(ms: number): Error {
  return new DeliveryError('CONNECT_TIMEOUT', t => t.notConnected({ ms }))
}

function once<A extends readonly unknown[]>(call: (...args: A) => void): (...args: A) => void {
  let isCalled = false
  return (...args) => {
    if (isCalled) return
    isCalled = true
    call(...args)
  }
}

function hostPort(url: URL): string {
  return `${url.hostname}:${portOf(url)}`
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80')
}

/** An IPv6 address without its brackets. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}
