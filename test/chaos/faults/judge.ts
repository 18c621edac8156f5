import type { Alert } from '../../../src/types.ts'

export interface KillTime {
  /** What a subject of an alert about it contains. */
  readonly workload: string
  /** When its lines were written, ms. */
  readonly at: number
  /** The agent could run then: not stopped, not killed. */
  readonly isRunning: boolean
}

export interface Verdict {
  /** Workloads that were in an OOM-kill loop, and of which no alert came. */
  readonly lost: readonly string[]
  /** Alerts that came more than 5s after the second kill of their workload that the agent could see. */
  readonly late: readonly string[]
  /** Workloads whose one loop came under several incidents, or one alert under several ids. */
  readonly repeated: readonly string[]
  /** Workloads whose alert was not resolved. */
  readonly unresolved: readonly string[]
  /** The latest first alert, ms after its kill. */
  readonly latestMs: number
}

const lateMs = 5000

/** Compares what the receiver has with what was written to the log. */
export function judge(
  kills: readonly KillTime[],
  received: readonly { readonly at: number; readonly body: string }[],
): Verdict {
  const loops = received
    .map(({ at, body }) => ({ at, alert: JSON.parse(body) as Alert }))
    .filter(({ alert }) => alert.type === 'respawn-loop')
  const workloads = [...new Set(kills.map(({ workload }) => workload))]
  const of = (workload: string) => loops.filter(({ alert }) => JSON.stringify(alert).includes(workload))
  const delays = new Map(
    workloads.flatMap(workload => {
      const first = of(workload)[0]
      if (!first) return []
      // The second kill makes a loop; one of a time in which the agent could not run is seen with the next that it can.
      const own = kills.filter(kill => kill.workload === workload)
      const due = own.slice(1).find(({ isRunning }) => isRunning) ?? own.at(-1)!
      return [[workload, first.at - due.at] as const]
    }),
  )
  return {
    lost: workloads.filter(workload => of(workload).length === 0),
    late: [...delays].filter(([, delay]) => delay > lateMs).map(([workload]) => workload),
    repeated: workloads.filter(workload => isRepeated(of(workload).map(({ alert }) => alert))),
    unresolved: workloads.filter(
      workload => of(workload).length > 0 && of(workload).at(-1)!.alert.status !== 'resolved',
    ),
    latestMs: Math.max(0, ...delays.values()),
  }
}

/** The same state of the same loop under two ids, or one loop under two incidents. */
function isRepeated(alerts: readonly Alert[]): boolean {
  if (new Set(alerts.map(({ incident }) => incident)).size > 1) return true
  const idByState = new Map<string, string>()
  for (const { id, status, at, loop } of alerts) {
    const state = `${status} ${at} ${loop?.kills}`
    if ((idByState.get(state) ?? id) !== id) return true
    idByState.set(state, id)
  }
  return false
}
