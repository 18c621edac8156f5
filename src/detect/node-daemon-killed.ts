import type { Detector } from '../types.ts'

/**
 * The kernel killed one of the node's own daemons (kubelet, the container runtime, sshd, a core service of systemd):
 * critical at once. Known by its cgroup on the host, never by its name alone; a log that names no cgroup therefore knows
 * none. At a limit of its own a daemon is a workload like others.
 */
export function createNodeDaemonKilled(): Detector {
  const seen = new Map<string, { since: number; kills: number; lastAt: number }>()

  return (event, { steadyNow: now, settings }) => {
    if (event.kind !== 'kill' || !event.kill.workload.nodeDaemon) return []
    const { kill } = event
    if (kill.limitLevel === 'unit' || kill.limitLevel === 'cgroup') return []
    if (kill.workload.certainty === 'guess') return []
    const subject = kill.workload.key
    // Longer ago than a loop's window: another trouble, which begins now.
    for (const [key, { lastAt }] of seen) if (now - lastAt > settings.loopWindowMs) seen.delete(key)
    const known = seen.get(subject) ?? { since: kill.at, kills: 0, lastAt: now }
    known.kills++
    known.lastAt = now
    if (seen.size < keptDaemons) seen.set(subject, known)
    return [
      {
        type: 'node-daemon-killed',
        subject,
        at: kill.at,
        firing: true,
        severity: 'critical',
        since: known.since,
        signs: [
          { sign: 'killing', since: known.since },
          { sign: 'daemon-hit', since: known.since },
        ],
        workload: kill.workload,
        loop: null,
        kill,
        facts: { kills: known.kills },
      },
    ]
  }
}

// A host has some dozens of units.
const keptDaemons = 512
