import type { Alert } from '../types.ts'
import { alertKey } from './policy/policy.ts'

/** How late a timer must fire: in a true OOM loop, unlocked, gaps of 0.9 s were the 99th percentile and 1.6 s the worst. */
const stallMs = 1_800
const lookEveryMs = 300

interface StallAlert {
  /** Takes what was accepted: the newest critical alert about the node is what would be sent. */
  readonly take: (alert: Alert) => void
  readonly stop: () => void
}

/**
 * Prepares one more message while a critical alert about the node fires, and sends it when this process can barely
 * run any more and memory is short at that moment: it may be the last that leaves. Once an incident. A timer that is late
 * on a node with memory to spare, as in the agent's own start, is no stall for memory.
 */
export function createStallAlert(options: {
  readonly send: (alert: Alert, stalledMs: number) => void
  readonly isShortOfMemory: () => boolean
  /** Milliseconds of a clock that never jumps. */
  readonly monotonicMs?: () => number
}): StallAlert {
  const { send, isShortOfMemory, monotonicMs = () => performance.now() } = options
  let prepared: Alert | null = null
  let sentIn: string | null = null
  let timer: NodeJS.Timeout | null = null
  let lookedAt = 0

  const look = (): void => {
    const now = monotonicMs()
    const stalledMs = now - lookedAt - lookEveryMs
    lookedAt = now
    if (stalledMs < stallMs || !prepared || !isShortOfMemory()) return
    const alert = prepared
    sentIn = incidentOf(alert)
    escapeMarkup()
    send(alert, stalledMs)
  }

  const escapeMarkup = (): void => {
    prepared = null
    if (timer) clearInterval(timer)
    timer = null
  }

  return {
    take: alert => {
      if (alert.status === 'resolved') {
        if (prepared && alertKey(prepared) === alertKey(alert)) escapeMarkup()
        return
      }
      if (!isAboutNode(alert) || alert.severity !== 'critical' || incidentOf(alert) === sentIn) return
      prepared = { ...alert, id: `${alert.id}-last-words`, notes: [...alert.notes, 'last-words'] }
      lookedAt = monotonicMs()
      timer ??= setInterval(look, lookEveryMs).unref()
    },
    stop: escapeMarkup,
  }
}

/** A loop at a workload's own limit stalls no node, and a message about several has nothing to repeat. */
function isAboutNode({ nodeIncident, notes }: Alert): boolean {
  return nodeIncident !== null && !notes.includes('digest')
}

function incidentOf({ nodeIncident, incident }: Alert): string {
  return nodeIncident ?? incident
}
