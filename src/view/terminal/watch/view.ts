import type { Alert, CoreEvent, Forecast, Severity, Verdict, World } from '../../types.ts'
import { harmless } from '../terminal-cells.ts'
import { workloadLabel } from '../workload-label.ts'

/** All that one screen of the live view is made of. */
export interface WatchView {
  readonly world: World
  readonly verdicts: readonly Verdict[]
  readonly forecast: Forecast | null
  /** Kills and alerts, the newest last. */
  readonly recent: readonly Recent[]
  /** The worse of memory and io stall over time, the newest last. */
  readonly stalls: readonly { readonly at: number; readonly ratio: number }[]
  /** Undefined: this host, live. */
  readonly replay?: { readonly name: string; readonly speed: number; readonly state: 'running' | 'paused' | 'ended' }
  /** What the status file says of an agent on this host; null: there is none. Undefined: not asked. */
  readonly agent?: string | null
}

export type Recent =
  | {
      readonly kind: 'kill'
      readonly at: number
      readonly name: string
      readonly pid: number
      readonly heldKiB: number | null
    }
  | { readonly kind: 'alert'; readonly at: number; readonly severity: Severity | 'over'; readonly text: string }

export interface WatchKeeper {
  readonly event: (event: CoreEvent, world: World) => void
  readonly alert: (alert: Alert) => void
  readonly recent: () => readonly Recent[]
  readonly stalls: () => WatchView['stalls']
}

const maxRecent = 100
const historyMs = 15 * 60_000

/** Keeps what the core forgets and a screen wants to show: the latest kills and alerts, and the curve of stall. */
export function createWatchKeeper(): WatchKeeper {
  let recent: Recent[] = []
  let stalls: { at: number; ratio: number }[] = []

  const add = (one: Recent): void => {
    recent = [...recent, one].slice(-maxRecent)
  }

  return {
    event: (event, world) => {
      if (event.kind === 'start') {
        recent = []
        stalls = []
      }
      if (event.kind === 'kill') {
        const { kill, workload, at } = event.kill
        const name = workload.certainty === 'name-only' ? (kill.comm ?? '?') : workloadLabel(workload).name
        add({ kind: 'kill', at, name: harmless(name, 80), pid: kill.pid, heldKiB: kill.anonRssKiB })
      }
      const { stall } = world.memory
      if (event.kind !== 'memory' || !stall) return
      const ratio = Math.max(stall.memoryFullRatio ?? 0, stall.ioFullRatio ?? 0)
      stalls = [...stalls.filter(({ at }) => at > event.at - historyMs), { at: event.at, ratio }]
    },
    alert: ({ at, status, severity, summary }) =>
      add({
        kind: 'alert',
        at: Date.parse(at),
        severity: status === 'resolved' ? 'over' : severity,
        text: harmless(summary, 400),
      }),
    recent: () => recent,
    stalls: () => stalls,
  }
}
