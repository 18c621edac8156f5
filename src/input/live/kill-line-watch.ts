import { victimPidAt } from '../../parse/log-line/kernel-phrases.ts'
import type { KernelRecord } from '../../types.ts'

/** The victim that a kernel record names, and its cgroup if an earlier line named one. */
interface NamedVictim {
  readonly pid: number
  readonly cgroup: string | undefined
}

/** Looks for the kernel's words about a victim, only to know which process to read while it still exists. */
export function createVictimWatch(): (record: Pick<KernelRecord, 'text'>) => NamedVictim | undefined {
  let cgroup: string | undefined
  return ({ text }) => {
    cgroup = cgroupIn(text) ?? cgroup
    const pid = victimIn(text)
    if (pid === undefined) return undefined
    const named = { pid, cgroup }
    cgroup = undefined
    return named
  }
}

// `oom-kill:constraint=…,task_memcg=/a/b,task=x,pid=1,uid=0`
function cgroupIn(text: string): string | undefined {
  if (!text.startsWith('oom-kill:')) return undefined
  const at = text.indexOf(',task_memcg=/')
  const end = text.lastIndexOf(',task=')
  return at < 0 || end < at ? undefined : text.slice(at + ',task_memcg='.length, end)
}

// The number right behind the words is the kernel's own; a process name comes later in the line.
function victimIn(text: string): number | undefined {
  const at = victimPidAt(text)
  if (at < 0) return undefined
  const pid = Number.parseInt(text.slice(at, at + 15), 10)
  return pid > 0 ? pid : undefined
}
