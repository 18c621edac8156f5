import type { World } from '../../types.ts'
import type { Consumer, DiagnosisContext } from '../evidence/diagnosis-context.ts'
import type { FindCause } from '../evidence/finding.ts'
import { keyOfKind } from '../evidence/unaccounted-memory.ts'

type Code = 'kernel-slab' | 'page-tables' | 'kernel-memory'

const codes = { slab: 'kernel-slab', pageTables: 'page-tables', rest: 'kernel-memory' } as const

/** The kernel's own memory: slab caches, page tables, and what no counter accounts for. */
export const kernelMemory: FindCause<Code> = context => {
  const { unaccounted, growers, kinds, memory, totalKiB, isNodeWide, world } = context
  if (!isNodeWide || !unaccounted || !memory || totalKiB === null) return null
  const parts = (['slab', 'pageTables', 'rest'] as const).flatMap(kind => {
    const KiB = unaccounted[kind]
    if (KiB === null) return []
    const grower = kinds.find(({ key }) => key === keyOfKind(kind))
    // A cgroup is charged for the slab that it fills (v2): what grows by that is no other cause.
    const others = growers.filter(each => kind !== 'slab' || !isSlab(each, world))
    const leads = grower !== undefined && others.every(each => each.recentGrowthKiB <= grower.recentGrowthKiB)
    return [{ kind, KiB, changeKiB: grower?.changeKiB ?? 0, leads }]
  })
  const [worst] = parts.toSorted((a, b) => b.KiB + 3 * b.changeKiB - (a.KiB + 3 * a.changeKiB))
  if (!worst) return null
  const { kind, KiB, changeKiB, leads } = worst
  const isGrowing = changeKiB >= totalKiB * 0.03
  if (!isGrowing && KiB < totalKiB * 0.2) return null
  const facts = { KiB, ratio: KiB / totalKiB, changeKiB: isGrowing ? changeKiB : null }
  return {
    code: codes[kind],
    role: leads ? 'leading' : isGrowing ? 'contributing' : 'background',
    ...textsOf(context, codes[kind], facts),
  }
}

function textsOf(
  { t, memory }: DiagnosisContext,
  code: Code,
  facts: { readonly KiB: number; readonly ratio: number; readonly changeKiB: number | null },
) {
  if (code !== 'kernel-slab') {
    const { evidence, why, remedy } = t.causes[code]
    return { evidence: evidence(facts), why, remedy }
  }
  const { SReclaimable = 0, SUnreclaim = 0 } = memory!.meminfo
  const { evidence, why, remedy, remedyReclaimable } = t.causes[code]
  return {
    evidence: evidence({ ...facts, reclaimableKiB: SReclaimable, unreclaimableKiB: SUnreclaim }),
    why,
    remedy: SReclaimable > SUnreclaim ? remedyReclaimable : remedy,
  }
}

/** Half of what it uses or more is slab that it is charged for. */
function isSlab({ workload, KiB, from }: Consumer, { memory }: World): boolean {
  const slabKiB = workload?.cgroup ? memory.cgroup(workload.cgroup)?.stat?.slab : undefined
  return from === 'cgroup' && slabKiB !== undefined && slabKiB >= KiB / 2
}
