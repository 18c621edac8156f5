import { sizeText } from '../../say.ts'
import type { FindCause } from './finding.ts'

/** Memory is free, but not in one piece, or not in the zone that was asked for. */
export const fragmentation: FindCause = ({ say, verdict, memory, totalKiB }) => {
  const kill = verdict?.kill
  if (kill?.kill.scope !== 'global') return null
  const { order, gfpMask } = kill.kill
  const isLowZone = /\b(__)?GFP_DMA(32)?\b/.test(gfpMask ?? '')
  const freeKiB = kill.availableBeforeKiB ?? memory?.meminfo.MemFree ?? null
  if (freeKiB === null || totalKiB === null) return null
  const isPiece = order !== null && order >= 2
  if ((!isPiece && !isLowZone) || freeKiB < totalKiB * 0.03) return null
  const piece = isPiece
    ? say(
        `a piece of ${sizeText(4 * 2 ** order!)} (order ${order}) was asked for`,
        `申请的是 ${sizeText(4 * 2 ** order!)} 的连续内存（order ${order}）`,
      )
    : say(`memory of a low zone was asked for (${zoneOf(gfpMask!)})`, `申请的是低端内存区（${zoneOf(gfpMask!)}）`)
  return {
    code: 'fragmentation',
    weight: 98,
    evidence: say(
      `${piece}; ${sizeText(freeKiB)} were available in all`,
      `${piece}；当时总共可用 ${sizeText(freeKiB)}`,
    ),
    why: say(
      'Memory was free, but not in one piece or not in that zone: less use would not have helped, and neither does the kill',
      '内存并不缺，只是不连续或不在该区域：少用内存没有帮助，杀进程也没有',
    ),
    remedy: [
      say(
        'compact now, and keep more free for such requests (a driver or network card that wants large pieces):',
        '立即整理，并为此类申请保留更多空闲（通常是需要大块内存的驱动或网卡）：',
      ),
      `echo 1 > /proc/sys/vm/compact_memory; sysctl -w vm.min_free_kbytes=${Math.round(Math.min(totalKiB * 0.02, 1024 * 1024))}`,
    ].join(' '),
  }
}

function zoneOf(gfpMask: string): string {
  return gfpMask.includes('DMA32') ? 'DMA32' : 'DMA'
}
