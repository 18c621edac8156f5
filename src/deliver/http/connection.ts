import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import connectThrough from 'undici/lib/api/api-connect.js'
import buildConnector from 'undici/lib/core/connect.js'
import DispatcherBase from 'undici/lib/dispatcher/dispatcher.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js'
import type { WebhookSettings } from '../types.ts'
import { createLookup } from './lookup.ts'
import { proxyFor } from './proxy.ts'
import { readTls } from './tls.ts'

// What undici's index does for every method of a dispatcher; the proxy agent needs this one.
DispatcherBase.prototype.connect = connectThrough as typeof DispatcherBase.prototype.connect

/**
 * The connection to a receiver's origin, shared by all webhooks there. It is opened before it is needed, and opened
 * again when the receiver closes it; further ones only while several requests are under way.
 */
export interface Connection {
  readonly dispatcher: Dispatcher
  /** Opens a connection without a request on it, for the next request to use. Never throws; says whether one is there. */
  readonly warm: () => Promise<boolean>
  /** While braced, a connection that is closed is opened again at once, not after two minutes. */
  readonly brace: (on: boolean) => void
  readonly close: () => Promise<void>
}

/** A receiver that closes a connection so soon after a request keeps none; waiting on one would only be in its way. */
const keepsNoneMs = 2_000
/** A receiver that closes idle connections is not bothered more often than this while all is calm. */
const calmReopenMs = 120_000
const bracedReopenMs = 1_000

/** Throws OOMLOOP_SETTINGS where a certificate cannot be read. Certificates are always verified. */
export function createConnection(
  url: string,
  webhook: WebhookSettings,
  environment: Readonly<Record<string, string | undefined>>,
): Connection {
  const { origin } = new URL(url)
  const tls = readTls(webhook)
  const connectOptions = { ...tls, timeout: webhook.timeoutMs, lookup: createLookup(), allowH2: false }
  // The receiver's own keep-alive hint is honoured; without one the connection is kept for ten minutes.
  const clientOptions = { keepAliveTimeout: 600_000, keepAliveMaxTimeout: 600_000, allowH2: false, pipelining: 1 }
  const proxy = proxyFor(url, environment)
  if (proxy) return proxied(new ProxyAgent({ ...clientOptions, uri: proxy, requestTls: tls, connections: 1 }))

  const connect = buildConnector(connectOptions)
  let ready: Socket | null = null
  const used = new Set<Socket>()
  let connecting = 0
  let keepsNone = false
  let opening: Promise<boolean> | null = null
  let timer: NodeJS.Timeout | null = null
  let braced = false
  let closed = false

  const pool = new Pool(origin, {
    ...clientOptions,
    connect: (options, callback) => {
      const socket = take()
      // Not at once: undici is in the middle of asking, and would not look again.
      if (socket) {
        use(socket)
        return queueMicrotask(() => callback(null, socket))
      }
      connecting++
      connect(options, (...result) => {
        connecting--
        if (result[1]) use(result[1])
        callback(...result)
      })
    },
  })

  /** Hands the waiting socket over, once, if it is still open. */
  const take = (): Socket | null => {
    const socket = ready
    ready = null
    if (!socket || socket.destroyed || !socket.writable || socket.readableEnded) return null
    return socket
  }

  const use = (socket: Socket): void => {
    const since = performance.now()
    used.add(socket)
    socket.once('close', () => {
      used.delete(socket)
      keepsNone = performance.now() - since < keepsNoneMs
      reopenLater()
    })
  }

  const warm = (): Promise<boolean> => {
    if (closed) return Promise.resolve(false)
    if (ready || used.size + connecting > 0) return Promise.resolve(true)
    opening ??= open().finally(() => {
      opening = null
    })
    return opening
  }

  const open = (): Promise<boolean> =>
    new Promise(resolve => {
      const { hostname, host, protocol, port } = new URL(url)
      const target = { hostname: hostname.replace(/^\[|\]$/g, ''), host, protocol, port }
      connect(target as Parameters<typeof connect>[0], (error, socket) => {
        if (error || !socket || closed) {
          socket?.destroy()
          reopenLater()
          return resolve(false)
        }
        socket.on('error', () => {}) // an idle socket may be reset; 'close' follows and says it all
        if (used.size > 0) socket.destroy()
        else wait(socket)
        resolve(true)
      })
    })

  /** Until a request takes it over. A receiver that hangs up meanwhile is answered by opening another, later. */
  const wait = (socket: Socket): void => {
    ready = socket
    socket.unref()
    // Nothing is asked yet: whatever comes is a farewell (a 408, or the end).
    socket.once('readable', () => ready === socket && socket.destroy())
    socket.once('close', () => {
      if (ready !== socket) return
      ready = null
      reopenLater()
    })
  }

  const reopenLater = (): void => {
    if (closed || timer || keepsNone) return
    const waitMs = braced ? bracedReopenMs : calmReopenMs
    timer = setTimeout(
      () => {
        timer = null
        void warm()
      },
      waitMs * (0.5 + Math.random()),
    ).unref()
  }

  return {
    dispatcher: pool,
    warm,
    brace: on => {
      if (on === braced) return
      braced = on
      if (timer) clearTimeout(timer)
      timer = null
      if (on && !keepsNone) void warm()
    },
    close: async () => {
      closed = true
      if (timer) clearTimeout(timer)
      ready?.destroy()
      await pool.destroy()
    },
  }
}

/** Through a proxy the connection is made by the first request: the tunnel belongs to it. */
function proxied(agent: Dispatcher): Connection {
  return { dispatcher: agent, warm: async () => false, brace: () => {}, close: () => agent.destroy() }
}
