import type { CoreEvent, World } from '../../types.ts'
import type { EndedDeath } from './killer-log.ts'

/**
 * Checks lines that any user could have written against what the node shows: the process that a line names, or all processes
 * of its cgroup, were there and are gone within moments. A forged line proves nothing unless a process exits with it.
 */
interface DeathProof {
  readonly expect: (death: EndedDeath, world: World) => void
  /** The deaths that this event proves. */
  readonly observe: (event: CoreEvent, world: World) => readonly EndedDeath[]
}

export function createDeathProof(): DeathProof {
  let open: { readonly death: EndedDeath; readonly alive: Set<number> }[] = []

  return {
    expect: (death, { identity }) => {
      const alive = new Set<number>()
      for (const { pid, cgroup } of identity.processes())
        if (pid === death.pid || (death.pid === null && isIn(cgroup, death.instance))) alive.add(pid)
      if (alive.size > 0) open = [...open, { death, alive }].slice(-mostOpen)
    },
    observe: (event, { steadyNow }) => {
      if (open.length === 0) return []
      open = open.filter(({ death }) => steadyNow - death.at <= provenMs)
      if (event.kind === 'processes') {
        for (const { pid } of event.gone) for (const { alive } of open) alive.delete(pid)
      } else if (event.kind === 'kill') {
        // The kernel did it: whatever the line says.
        open = open.filter(({ alive }) => !alive.has(event.kill.kill.pid))
      } else return []
      const proven = open.filter(({ alive }) => alive.size === 0)
      open = open.filter(({ alive }) => alive.size > 0)
      return proven.map(({ death }) => death)
    },
  }
}

// A process that takes its time to exit, and the ten seconds until each process was looked at again.
const provenMs = 30_000
const mostOpen = 32

function isIn(cgroup: string, path: string): boolean {
  return cgroup === path || cgroup.startsWith(`${path}/`)
}
