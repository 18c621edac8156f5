import type { MemorySample, ProcessSample } from '../types.ts'

/**
 * The next victims of a node-wide OOM in the kernel's order, recomputed.
 *
 * The kernel takes the most points = resident + swapped + page tables + adj × (memory + swap) / 1000. oom_score is these
 * points in steps of a thousandth of the memory (two thirds of that since 5.10), so it decides first, and what can be
 * seen of the points decides between equals.
 */
export function chooseVictims(
  processes: Iterable<ProcessSample>,
  memory: MemorySample | null,
  limit: number,
): ProcessSample[] {
  const totalKiB = (memory?.meminfo.MemTotal ?? 0) + (memory?.meminfo.SwapTotal ?? 0)
  const isBefore = (a: ProcessSample, b: ProcessSample): boolean =>
    a.oomScore !== b.oomScore ? a.oomScore > b.oomScore : pointsKiB(a, totalKiB) > pointsKiB(b, totalKiB)
  const best: ProcessSample[] = []
  for (const process of processes) {
    if (!canBeChosen(process)) continue
    const last = best.at(-1)
    if (best.length >= limit && last && !isBefore(process, last)) continue
    let at = best.length
    while (at > 0 && isBefore(process, best[at - 1]!)) at--
    best.splice(at, 0, process)
    if (best.length > limit) best.pop()
  }
  return best
}

// Exempt: adj -1000, init, kernel threads (never sampled), and who has no memory left to give.
function canBeChosen({ pid, oomScoreAdj, oomScore, state }: ProcessSample): boolean {
  return pid !== 1 && oomScoreAdj > -1000 && oomScore > 0 && state !== 'Z' && state !== 'X'
}

function pointsKiB({ rssKiB, oomScoreAdj }: ProcessSample, totalKiB: number): number {
  return rssKiB + (oomScoreAdj * totalKiB) / 1000
}
