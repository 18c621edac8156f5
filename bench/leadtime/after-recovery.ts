import { createPipeline } from '../../src/pipeline.ts'
import type { Alert, MemorySample, Observation } from '../../src/types.ts'
import type { LoadedCapture } from './captures.ts'

/** What the whole program says after the load of a node has gone. */
export interface AfterRecovery {
  readonly name: string
  readonly said: readonly {
    /** Seconds after the load has gone. */
    readonly second: number
    readonly status: Alert['status']
    readonly severity: Alert['severity']
    readonly subject: string
    readonly signs: readonly string[]
    readonly notes: readonly string[]
  }[]
}

const settledMs = 30_000
const watchedMs = 600_000

/**
 * Plays a capture to the end of its first stall and half a minute beyond, and then lets the node stay as it is until ten
 * minutes have passed.
 */
export function afterRecovery({ name, truth, observations }: LoadedCapture): AfterRecovery | null {
  const goneAt = truth.stalls?.[0]?.[1]
  if (goneAt === undefined || goneAt >= truth.until) return null
  const pipeline = createPipeline()
  const alerts: Alert[] = []
  let last: MemorySample | undefined
  const observe = (observation: Observation): void => {
    const at = observation.at ?? 0
    alerts.push(...pipeline.observe(observation).filter(() => at > goneAt))
  }
  for (const observation of observations) {
    if ((observation.at ?? 0) > goneAt + settledMs) break
    if (observation.kind === 'memory') last = observation
    observe(observation)
  }
  for (let at = last!.at + 1000; at <= goneAt + watchedMs; at += 1000) {
    observe({ ...last!, at })
    observe({ kind: 'tick', at })
  }
  return {
    name,
    said: alerts.map(({ at, status, severity, subject, signs, notes }) => ({
      second: (Date.parse(at) - goneAt) / 1000,
      status,
      severity,
      subject,
      signs: signs.map(({ sign }) => sign),
      notes,
    })),
  }
}
