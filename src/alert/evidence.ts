import { keepNewest } from '../keep-newest.ts'
import type { AttributedKill, Verdict } from '../types.ts'

/** The kernel's own lines, kept for the alert that they will be evidence of. */
interface Evidence {
  readonly add: (kill: AttributedKill) => void
  readonly of: (verdict: Verdict) => { readonly lines: readonly string[]; readonly total: number }
}

export function createEvidence(): Evidence {
  const kept = new Map<string, Kept>()

  const keep = (subject: string, { at, kill }: AttributedKill): void => {
    const known = kept.get(subject)
    const entry = known && at - known.at <= forgetMs ? known : { at, total: 0, lines: [] }
    entry.at = at
    entry.total += kill.lines?.length ?? 0
    entry.lines = [...entry.lines, ...(kill.lines ?? []).slice(-linesOfKill)].slice(-keptLines)
    keepNewest(kept, subject, entry, keptSubjects)
  }

  return {
    add: kill => {
      keep(kill.workload.key, kill)
      if (kill.nodeLevel) keep(node, kill)
    },
    of: verdict => kept.get(verdict.workload?.key ?? node) ?? nothing,
  }
}

interface Kept {
  at: number
  total: number
  lines: string[]
}

const node = 'node'
const nothing = { lines: [], total: 0 }
const keptLines = 20
// The end of each report. The allocating process is in fields of the alert; people look for the victim and its cgroup.
const linesOfKill = 3
const keptSubjects = 256
// After half a day between two kills of one name, the earlier lines belong to another incident.
const forgetMs = 12 * 3_600_000
