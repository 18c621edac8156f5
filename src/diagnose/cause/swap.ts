import { percentText, sizeText } from '../../say.ts'
import type { FindCause } from './finding.ts'

/** Swap that is full, that is read back as fast as it is written, or that lives in memory and saves none. */
export const swapSettings: FindCause = ({ say, memory, totalKiB, isNodeWide, world, kubelet }) => {
  if (!isNodeWide || !memory || totalKiB === null) return null
  const { SwapTotal = 0, SwapFree = 0 } = memory.meminfo
  if (SwapTotal === 0) return null
  const usedKiB = SwapTotal - SwapFree
  const { zramRatio } = memory
  const isPoorZram = zramRatio !== undefined && zramRatio > 0.6 && usedKiB > totalKiB * 0.05
  const isFull = SwapFree < SwapTotal * 0.1
  const isStalling = (world.memory.strain?.stalledMs ?? 0) >= 4_000 && usedKiB > totalKiB * 0.05
  if (!isFull && !isPoorZram && !isStalling) return null
  const kind = zramRatio === undefined ? say('swap', '交换区') : say('compressed swap (zram)', '压缩交换（zram）')
  const cost =
    zramRatio === undefined
      ? ''
      : say(
          `; each MiB in it takes ${zramRatio.toFixed(2)} MiB of memory itself`,
          `；每存 1 MiB 自身占用 ${zramRatio.toFixed(2)} MiB 内存`,
        )
  return {
    code: 'swap-settings',
    weight: 66,
    evidence: say(
      `${sizeText(usedKiB)} of ${sizeText(SwapTotal)} ${kind} in use (${percentText(usedKiB / SwapTotal)})${cost}`,
      `${kind} ${sizeText(SwapTotal)} 已用 ${sizeText(usedKiB)}（${percentText(usedKiB / SwapTotal)}）${cost}`,
    ),
    why: isFull
      ? say(
          'Swap is used up: it has put the shortage off and hidden it, and from here on nothing softens it',
          '交换区已用尽：它推迟并掩盖了内存不足，此后再无缓冲',
        )
      : isPoorZram
        ? say(
            'What is swapped there hardly compresses, so the swap takes the memory that it is meant to give',
            '换出的内容几乎不可压缩，交换区反而占用了本想腾出的内存',
          )
        : say(
            'Pages are read back as soon as they are written: the node waits for its disk instead of killing',
            '刚换出的页马上又被读回：节点在等磁盘',
          ),
    remedy: say(
      `keep swap for cold pages only (vm.swappiness=10)${kubelet ? `, and tell kubelet of it: memorySwap: {swapBehavior: ${kubelet.memorySwap ?? 'LimitedSwap'}}` : ''}; count on memory, not on swap, for what runs all day`,
      `交换区只留给冷页（vm.swappiness=10）${kubelet ? `，并在 kubelet 中声明：memorySwap: {swapBehavior: ${kubelet.memorySwap ?? 'LimitedSwap'}}` : ''}；常驻负载应依靠内存而不是交换区`,
    ),
  }
}
