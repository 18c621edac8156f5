import type { Verdict } from '../types.ts'
import type { VerdictDescriptor, VerdictScope } from '../verdicts/descriptor.ts'
import { verdicts } from '../verdicts/verdicts.ts'

/** What a verdict is about, by its descriptor: the node, one workload, or the agent. */
export function scopeOf({ type, facts, loop, kill }: Verdict): VerdictScope {
  // Type and facts belong together, which the compiler does not follow through the table.
  const descriptor = verdicts[type] as VerdictDescriptor<Verdict['facts']>
  return descriptor.scopeOf({
    facts,
    isNodeLevelLoop: loop?.nodeLevel ?? false,
    isNodeLevelKill: kill?.nodeLevel ?? null,
  })
}
