import type { AttributedKill, World } from '../../types.ts'

export interface KillTime {
  /** Milliseconds on a clock that is never set. Only differences mean anything. */
  readonly at: number
  /** Counts up where the kernel's stamps begin again: that is another boot. */
  readonly boot: number
}

/**
 * Dates kills for windows and periods. Between two kills of one boot the kernel's own stamps measure, whenever the lines
 * were read and whatever the clock was set to; where a line has none, time since boot; in a log without either, the
 * log's time, which never goes back.
 */
export function createKillClock(): (kill: AttributedKill, world: World) => KillTime {
  let last: (KillTime & { readonly stampMs: number | null; readonly uptimeMs: number | null }) | undefined

  return (kill, { steadyNow: wall, host }) => {
    const stampMs = kill.kill.stampMs ?? null
    const uptimeMs = host.bootedAt === null ? null : kill.at - host.bootedAt
    const isRebooted =
      last !== undefined && stampMs !== null && last.stampMs !== null && stampMs < last.stampMs - reorderMs
    const boot = (last?.boot ?? 0) + (isRebooted ? 1 : 0)
    const apartMs =
      last === undefined || isRebooted
        ? null
        : (difference(stampMs, last.stampMs) ?? notBeyond(wall - last.at, difference(uptimeMs, last.uptimeMs)) ?? null)
    const at = last === undefined ? wall : Math.max(last.at, apartMs === null ? wall : last.at + apartMs)
    last = { at, boot, stampMs, uptimeMs }
    return { at, boot }
  }
}

// Stamps of two processors may be out of order by less than this.
const reorderMs = 5_000

/**
 * A kill whose lines were read before the clock was set back, and that is complete only after that, is dated by the one
 * clock and measured from the other: it would lie hours ahead, and its loop would never end.
 */
function notBeyond(mostMs: number, apartMs: number | null): number | null {
  return apartMs === null ? null : Math.min(apartMs, Math.max(0, mostMs))
}

function difference(later: number | null, earlier: number | null): number | null {
  return later === null || earlier === null ? null : later - earlier
}
