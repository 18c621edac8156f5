import { harmless } from '../../../text/cell-width.ts'
import type { Action, Alert, CoreEvent, Forecast, Holding, Severity, Verdict, World } from '../../../types.ts'
import { workloadLabel } from '../../incident/workload-label.ts'

/** All that one screen of the live view is made of. */
export interface WatchView {
  readonly world: World
  readonly verdicts: readonly Verdict[]
  readonly forecast: Forecast | null
  /** Kills and alerts, the newest last. */
  readonly recent: readonly Recent[]
  /** Sources that are down and should not be, with the reason. */
  readonly downSources?: readonly { readonly name: string; readonly why: string }[]
  /** The worse of memory and io stall over time, the newest last. */
  readonly stalls: readonly { readonly at: number; readonly ratio: number }[]
  /** Of the most severe alert that is firing. */
  readonly nextStep?: Action | null
  readonly usage?: { readonly holders: readonly Holding[]; readonly growers: readonly Holding[] }
  /** Undefined: this host, live. */
  readonly replay?: { readonly name: string; readonly speed: number; readonly state: 'running' | 'paused' | 'ended' }
  /** The agent of this host by its status file; null: there is none; `hidden`: not for this user. Undefined: not asked. */
  readonly agent?: { readonly pid: number; readonly firing: number; readonly ageSeconds: number } | 'hidden' | null
}

export type Recent =
  | {
      readonly kind: 'kill'
      readonly at: number
      readonly name: string
      readonly pid: number
      readonly usedKiB: number | null
    }
  | { readonly kind: 'alert'; readonly at: number; readonly severity: Severity | 'over'; readonly text: string }

interface WatchKeeper {
  readonly event: (event: CoreEvent, world: World) => void
  readonly alert: (alert: Alert) => void
  readonly recent: () => readonly Recent[]
  readonly nextStep: () => Action | null
  readonly stalls: () => WatchView['stalls']
}

const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }
const maxRecent = 100
const historyMs = 15 * 60_000

/** Keeps what the core forgets and a screen wants to show: the latest kills and alerts, and the curve of stall. */
export function createWatchKeeper(): WatchKeeper {
  let recent: Recent[] = []
  let stalls: { at: number; ratio: number }[] = []
  /** What is firing, by incident, type and subject. */
  const firing = new Map<string, Alert>()

  const add = (one: Recent): void => {
    recent = [...recent, one].slice(-maxRecent)
  }

  return {
    event: (event, world) => {
      if (event.kind === 'start') {
        recent = []
        stalls = []
        firing.clear()
      }
      if (event.kind === 'kill') {
        const { kill, workload, at } = event.kill
        const name = workload.certainty === 'name-only' ? (kill.comm ?? '?') : workloadLabel(workload).name
        add({ kind: 'kill', at, name: harmless(name, 80), pid: kill.pid, usedKiB: kill.anonRssKiB })
      }
      const { stall } = world.memory
      if (event.kind !== 'memory' || !stall) return
      const ratio = Math.max(stall.memoryFullRatio ?? 0, stall.ioFullRatio ?? 0)
      stalls = [...stalls.filter(({ at }) => at > event.at - historyMs), { at: event.at, ratio }]
    },
    alert: alert => {
      const { at, status, severity, summary } = alert
      const key = `${alert.incident} ${alert.type} ${alert.subject}`
      if (status === 'resolved') firing.delete(key)
      else if (firing.size < maxRecent || firing.has(key)) firing.set(key, alert)
      add({
        kind: 'alert',
        at: Date.parse(at),
        severity: status === 'resolved' ? 'over' : severity,
        text: harmless(summary, 400),
      })
    },
    nextStep: () => {
      const [worst] = [...firing.values()].toSorted((a, b) => rank[b.severity] - rank[a.severity])
      return worst?.actions[0] ?? null
    },
    recent: () => recent,
    stalls: () => stalls,
  }
}
