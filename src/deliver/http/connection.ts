import type { Agent } from 'node:http'
import type { Socket } from 'node:net'
import type { WebhookSettings } from '../../types.ts'
import { createAgent } from './agent.ts'
import { createLookup } from './dns-cache.ts'
import { createOpenSocket } from './open-socket.ts'
import { proxyFor } from './proxy.ts'
import { readTls } from './tls.ts'

/**
 * The connection to a receiver's origin, shared by all webhooks there. It is opened before it is needed, and opened
 * again when the receiver closes it; further ones only while several requests are under way.
 */
export interface Connection {
  readonly agent: Agent
  /** Opens a connection without a request on it, for the next request to use. Never throws; says whether one is there. */
  readonly warm: () => Promise<boolean>
  /** While an alert is expected soon, a connection that is closed is opened again at once, not after two minutes. */
  readonly brace: (on: boolean) => void
  readonly close: () => void
}

/** A receiver that closes a connection so soon after a request keeps none; waiting on one would only be in its way. */
const keepsNoneMs = 2_000
/** A receiver that closes idle connections is not bothered more often than this while no alert is expected. */
const idleReopenMs = 120_000
const urgentReopenMs = 1_000

/** Throws OOMLOOP_SETTINGS where a certificate cannot be read. Certificates are always verified. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share one socket and its timers
export function createConnection(
  url: string,
  webhook: WebhookSettings,
  environment: Readonly<Record<string, string | undefined>>,
): Connection {
  const proxy = proxyFor(url, environment)
  const openSocket = createOpenSocket({
    url,
    tls: readTls(webhook),
    lookup: createLookup(),
    timeoutMs: webhook.timeoutMs,
    proxy,
  })
  let ready: Socket | null = null
  const used = new Set<Socket>()
  let connecting = 0
  let keepsNone = false
  let opening: Promise<boolean> | null = null
  let timer: NodeJS.Timeout | null = null
  let isUrgent = false
  let closed = false

  const agent = createAgent(done => {
    const socket = take()
    if (socket) {
      use(socket)
      return done(null, socket)
    }
    connecting++
    openSocket((error, opened) => {
      connecting--
      if (closed) opened?.destroy()
      if (opened) use(opened)
      done(error, opened)
    })
  })

  /** Hands the waiting socket over, once, if it is still open. */
  const take = (): Socket | null => {
    const socket = ready
    ready = null
    socket?.removeAllListeners('data')
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
    // Through a proxy the connection is made by the first request: many a proxy ends a tunnel that is silent.
    if (closed || proxy) return Promise.resolve(false)
    if (ready || used.size + connecting > 0) return Promise.resolve(true)
    opening ??= open().finally(() => {
      opening = null
    })
    return opening
  }

  const open = (): Promise<boolean> =>
    new Promise(resolve => {
      openSocket((error, socket) => {
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
    socket.on('data', () => socket.destroy())
    socket.once('close', () => {
      if (ready !== socket) return
      ready = null
      reopenLater()
    })
  }

  const reopenLater = (): void => {
    if (closed || timer || keepsNone || proxy) return
    const waitMs = isUrgent ? urgentReopenMs : idleReopenMs
    timer = setTimeout(
      () => {
        timer = null
        void warm()
      },
      waitMs * (0.5 + Math.random()),
    ).unref()
  }

  return {
    agent,
    warm,
    brace: on => {
      if (on === isUrgent) return
      isUrgent = on
      if (timer) clearTimeout(timer)
      timer = null
      if (on && !keepsNone) void warm()
    },
    close: () => {
      closed = true
      if (timer) clearTimeout(timer)
      ready?.destroy()
      agent.destroy()
    },
  }
}
