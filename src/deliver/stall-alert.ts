import type { Alert } from '../types.ts'

/** How late a timer must fire: in a true OOM loop, unlocked, gaps of 0.9 s were the 99th percentile and 1.6 s the worst. */
const stallMs = 1_800
const lookEveryMs = 300

export interface LastWords {
  /** Takes note of what was accepted: the newest critical alert about the node is what would be said. */
  readonly heed: (alert: Alert) => void
  readonly stop: () => void
}

/**
 * Prepares one more notification while a critical alert about the node fires, and sends it when this process hardly gets
 * to run any more: it may be the last that leaves. Once an incident.
 */
export function createLastWords(options: {
  readonly speak: (alert: Alert, stalledMs: number) => void
  /** Milliseconds of a clock that never jumps. */
  readonly monotonicMs?: () => number
}): LastWords {
  const { speak, monotonicMs = () => performance.now() } = options
  let prepared: Alert | null = null
  let spokenIn: string | null = null
  let timer: NodeJS.Timeout | null = null
  let lookedAt = 0

  const look = (): void => {
    const now = monotonicMs()
    const stalledMs = now - lookedAt - lookEveryMs
    lookedAt = now
    if (stalledMs < stallMs || !prepared) return
    const alert = prepared
    spokenIn = alert.incident
    disarm()
    speak(alert, stalledMs)
  }

  const disarm = (): void => {
    prepared = null
    if (timer) clearInterval(timer)
    timer = null
  }

  return {
    heed: alert => {
      if (alert.status === 'resolved') {
        if (prepared && isSame(prepared, alert)) disarm()
        return
      }
      if (!isAboutNode(alert) || alert.severity !== 'critical' || alert.incident === spokenIn) return
      prepared = { ...alert, id: `${alert.id}-last-words`, notes: [...alert.notes, 'last-words'] }
      lookedAt = monotonicMs()
      timer ??= setInterval(look, lookEveryMs).unref()
    },
    stop: disarm,
  }
}

/** A loop at a workload's own limit stalls no node. */
function isAboutNode({ subject, type, loop, limit }: Alert): boolean {
  return subject === 'node' || type === 'node-daemon-killed' || (loop !== null && limit?.level === 'node')
}

function isSame(a: Alert, b: Alert): boolean {
  return a.incident === b.incident && a.type === b.type && a.subject === b.subject
}
