import type { FindCause } from '../evidence/finding.ts'

/** Memory is free, but too fragmented, or not in the zone that was needed. */
export const fragmentation: FindCause<'fragmentation'> = ({ t, verdict, memory, totalKiB }) => {
  const kill = verdict?.kill
  if (kill?.kill.scope !== 'global') return null
  const { order, gfpMask } = kill.kill
  const isLowZone = /\b(__)?GFP_DMA(32)?\b/.test(gfpMask ?? '')
  const freeKiB = kill.availableBeforeKiB ?? memory?.meminfo.MemFree ?? null
  if (freeKiB === null || totalKiB === null) return null
  const isPiece = order !== null && order >= 2
  if ((!isPiece && !isLowZone) || freeKiB < totalKiB * 0.03) return null
  const texts = t.causes.fragmentation
  const minFreeKiB = Math.round(Math.min(totalKiB * 0.02, 1024 * 1024))
  return {
    code: 'fragmentation',
    role: 'leading',
    evidence: texts.evidence({
      pieceKiB: isPiece ? 4 * 2 ** order : null,
      order,
      zone: gfpMask?.includes('DMA32') ? 'DMA32' : 'DMA',
      freeKiB,
    }),
    why: texts.why,
    remedy: texts.remedy({
      command: `echo 1 > /proc/sys/vm/compact_memory; sysctl -w vm.min_free_kbytes=${minFreeKiB}`,
    }),
  }
}
