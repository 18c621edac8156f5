import { percentText, sizeText } from '../../say.ts'
import type { World } from '../../types.ts'
import type { Holder } from '../scene.ts'
import { keyOfKind } from '../unowned.ts'
import type { FindCause } from './finding.ts'

/** The kernel's own memory: slab caches, page tables, and what nothing accounts for. */
export const kernelMemory: FindCause = ({ say, unowned, growers, kinds, memory, totalKiB, isNodeWide, world }) => {
  if (!isNodeWide || !unowned || !memory || totalKiB === null) return null
  const parts = (['slab', 'pageTables', 'rest'] as const).flatMap(kind => {
    const KiB = unowned[kind]
    if (KiB === null) return []
    const grower = kinds.find(({ key }) => key === keyOfKind(kind))
    // A cgroup is charged for the slab that it fills (v2): who grows by that is no other cause.
    const others = growers.filter(each => kind !== 'slab' || !isSlab(each, world))
    const leads = grower !== undefined && others.every(({ impetusKiB }) => impetusKiB <= grower.impetusKiB)
    return [{ kind, KiB, changeKiB: grower?.changeKiB ?? 0, leads }]
  })
  const [worst] = parts.toSorted((a, b) => b.KiB + 3 * b.changeKiB - (a.KiB + 3 * a.changeKiB))
  if (!worst) return null
  const { kind, KiB, changeKiB, leads } = worst
  const isGrowing = changeKiB >= totalKiB * 0.03
  if (!isGrowing && KiB < totalKiB * 0.2) return null
  const grown = isGrowing
    ? say(`, ${sizeText(changeKiB)} more within ten minutes`, `，十分钟内增加 ${sizeText(changeKiB)}`)
    : ''
  const { SReclaimable = 0, SUnreclaim = 0 } = memory.meminfo
  const isReclaimable = kind === 'slab' && SReclaimable > SUnreclaim
  return {
    code: kind === 'slab' ? 'kernel-slab' : kind === 'pageTables' ? 'page-tables' : 'kernel-memory',
    weight: leads ? 110 : isGrowing ? 88 : 58,
    evidence:
      kind === 'slab'
        ? say(
            `${sizeText(KiB)} in slab caches (${percentText(KiB / totalKiB)})${grown}; ${sizeText(SReclaimable)} of it can be reclaimed, ${sizeText(SUnreclaim)} cannot`,
            `slab 缓存 ${sizeText(KiB)}（${percentText(KiB / totalKiB)}）${grown}；其中可回收 ${sizeText(SReclaimable)}，不可回收 ${sizeText(SUnreclaim)}`,
          )
        : kind === 'pageTables'
          ? say(
              `${sizeText(KiB)} in page tables (${percentText(KiB / totalKiB)})${grown}`,
              `页表 ${sizeText(KiB)}（${percentText(KiB / totalKiB)}）${grown}`,
            )
          : say(
              `${sizeText(KiB)} that neither processes, caches nor the kernel's own counters account for (${percentText(KiB / totalKiB)})${grown}`,
              `${sizeText(KiB)} 内存不属于任何进程、缓存或内核计数（${percentText(KiB / totalKiB)}）${grown}`,
            ),
    why: say(
      'No process holds it, so no kill frees it, and the kernel kills processes all the same',
      '它不属于任何进程，杀进程无法释放，但内核仍会继续杀',
    ),
    remedy:
      kind === 'slab'
        ? isReclaimable
          ? [
              say(
                'see which cache (dentry, inode: many files), and drop what is not in use:',
                '查看是哪个缓存（dentry、inode 表示文件很多），并释放未使用的部分：',
              ),
              'slabtop --once --sort=c | head -15; echo 2 > /proc/sys/vm/drop_caches',
            ].join(' ')
          : [
              say(
                'see which cache; one that grows without end is a leak in the kernel or a module: a newer kernel, and a reboot gives it back:',
                '查看是哪个缓存；持续增长说明内核或模块泄漏：升级内核，重启可释放：',
              ),
              'slabtop --once --sort=c | head -15',
            ].join(' ')
        : kind === 'pageTables'
          ? say(
              'large mappings shared by many processes (a database without hugepages): give it hugepages, or fewer processes',
              '许多进程共享大映射（如未用大页的数据库）：为其配置大页，或减少进程数',
            )
          : say(
              'drivers, network buffers or GPUs: grep -E "Percpu|Vmalloc|DirectMap" /proc/meminfo; cat /proc/net/sockstat',
              '驱动、网络缓冲或 GPU：grep -E "Percpu|Vmalloc|DirectMap" /proc/meminfo; cat /proc/net/sockstat',
            ),
  }
}

/** Half of what it holds or more is slab that it is charged for. */
function isSlab({ workload, KiB, from }: Holder, { memory }: World): boolean {
  const slabKiB = workload?.cgroup ? memory.cgroup(workload.cgroup)?.stat?.slab : undefined
  return from === 'cgroup' && slabKiB !== undefined && slabKiB >= KiB / 2
}
