import type { AlertNode } from '../types.ts'
import type { Heartbeat } from './http/format.ts'

/**
 * During an incident heartbeats come six times as often (at most at this interval), so that a missing one is noticed
 * soon.
 */
const incidentFactor = 6
const fastestMs = 5_000

/** Sends heartbeats at an interval, each one once, because a late heartbeat is useless. Off where the interval is 0. */
export function createHeartbeat(options: {
  readonly intervalMs: number
  readonly now: () => number
  readonly random: () => number
  readonly send: (heartbeat: Heartbeat) => void
  readonly isIncident: () => boolean
  readonly pending: () => number
  readonly node: () => AlertNode
}): { readonly start: () => void; readonly changed: () => void; readonly stop: () => void } {
  let timer: NodeJS.Timeout | null = null
  let running = false
  let wasIncident = false

  const intervalMs = (): number =>
    options.isIncident()
      ? Math.min(options.intervalMs, Math.max(fastestMs, options.intervalMs / incidentFactor))
      : options.intervalMs

  const beat = (): void => {
    options.send(heartbeatOf({ ...options, node: options.node(), intervalMs: intervalMs() }))
    schedule(intervalMs())
  }

  const schedule = (delayMs: number): void => {
    if (timer) clearTimeout(timer)
    timer = setTimeout(beat, delayMs).unref()
  }

  return {
    start: () => {
      if (options.intervalMs <= 0) return
      running = true
      // Spread over the interval, because a fleet is often restarted at the same time.
      schedule(options.random() * intervalMs())
    },
    changed: () => {
      const isIncident = options.isIncident()
      if (running && isIncident && !wasIncident) schedule(intervalMs())
      wasIncident = isIncident
    },
    stop: () => {
      running = false
      if (timer) clearTimeout(timer)
    },
  }
}

function heartbeatOf(input: {
  readonly now: () => number
  readonly intervalMs: number
  readonly isIncident: () => boolean
  readonly pending: () => number
  readonly node: AlertNode
}): Heartbeat {
  const at = input.now()
  return {
    version: 1,
    type: 'heartbeat',
    id: `heartbeat-${input.node.bootId ?? input.node.name}-${at}`.replaceAll('.', '-'),
    at: new Date(at).toISOString(),
    intervalSeconds: input.intervalMs / 1000,
    state: input.isIncident() ? 'incident' : 'calm',
    pending: input.pending(),
    node: input.node,
  }
}
