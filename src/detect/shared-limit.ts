import type { Detector } from '../types.ts'

/**
 * The kernel killed at the limit of a slice or a QoS level, which several workloads share: a warning about that slice. It
 * is the shortage of what lives below it, and neither the node's nor one workload's own.
 */
export function createSharedLimit(): Detector {
  const slices = new Map<string, { readonly since: number; kills: number; lastAt: number }>()

  return (event, { steadyNow: now, settings, memory }) => {
    if (event.kind !== 'kill') return []
    const { kill } = event
    if (kill.limitLevel !== 'slice' && kill.limitLevel !== 'qos') return []
    const path = kill.kill.oomMemcg ?? null
    if (path === null) return []
    // Longer ago than a loop's window: another shortage, which begins now.
    for (const [key, { lastAt }] of slices) if (now - lastAt > settings.loopWindowMs) slices.delete(key)
    const known = slices.get(path) ?? { since: kill.at, kills: 0, lastAt: now }
    known.kills++
    known.lastAt = now
    if (slices.size < keptSlices) slices.set(path, known)
    return [
      {
        type: 'memory-exhaustion',
        subject: `cgroup${path}`,
        at: kill.at,
        firing: true,
        severity: 'warning',
        since: known.since,
        signs: [{ sign: 'killing', since: known.since }],
        workload: kill.workload,
        loop: null,
        kill,
        facts: {
          about: 'slice',
          path,
          limitKiB: kill.kill.limitKiB ?? memory.cgroup(path)?.limitKiB ?? null,
          kills: known.kills,
        },
      },
    ]
  }
}

const keptSlices = 256
