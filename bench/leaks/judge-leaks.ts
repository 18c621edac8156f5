import type { Leak } from '../../src/detect/leak/leak.ts'
import { createLeakForecaster } from '../../src/detect/leak/leak-forecast.ts'
import type { SimulatedNode } from './node-simulator.ts'

/** From here on a leak is a warning and not a notice. */
export const warningSeconds = 2 * 3600

export interface Judgement {
  readonly name: string
  /** Times at which a notice began, and a warning. */
  readonly notices: readonly number[]
  readonly warnings: readonly number[]
  /** For a node that leaks: how long before it was full the first call came, s; null = never. */
  readonly leadSeconds: number | null
  /** From the beginning of the leak to the full node, s. */
  readonly totalSeconds: number | null
  /** The leak was called, and from its beginning on no other workload was. */
  readonly named: boolean | null
  /** Share of the moments after the call whose range held the truth. */
  readonly rangeHeld: number | null
}

/** Runs the forecaster over a simulated node. Notices less than six hours apart are one. */
export function judgeNode(node: SimulatedNode): Judgement {
  const forecaster = createLeakForecaster()
  const notices: number[] = []
  const warnings: number[] = []
  let lastNoticeAt = Number.NEGATIVE_INFINITY
  let lastWarningAt = Number.NEGATIVE_INFINITY
  let called: { at: number; leak: Leak } | null = null
  let held = 0
  let told = 0
  for (const { at, usedKiB, workloads } of node.readings()) {
    // As the detector reads it: without file pages, which can be reclaimed.
    const readings = workloads.map(({ key, KiB, fileKiB }) => ({ key, KiB: KiB - fileKiB }))
    forecaster.observe({ at, headroomKiB: node.capacityKiB - usedKiB, workloads: readings })
    const leak = forecaster.leak()
    if (!leak) continue
    const isTrue = node.leak !== null && at > node.leak.from
    if (isTrue && leak.workload === node.leak!.workload) {
      called ??= { at, leak }
      const truth = (node.leak!.fullAt - at) / 1000
      told++
      if (truth >= leak.etaRangeSeconds[0] && truth <= leak.etaRangeSeconds[1]) held++
      continue
    }
    if (at - lastNoticeAt > 6 * 3600_000) notices.push(at)
    lastNoticeAt = at
    if (leak.etaSeconds > warningSeconds) continue
    if (at - lastWarningAt > 6 * 3600_000) warnings.push(at)
    lastWarningAt = at
  }
  const { leak } = node
  return {
    name: node.name,
    notices,
    warnings,
    leadSeconds: leak && called ? (leak.fullAt - called.at) / 1000 : null,
    totalSeconds: leak ? (leak.fullAt - leak.from) / 1000 : null,
    named: leak ? called !== null && notices.filter(at => at > leak.from).length === 0 : null,
    rangeHeld: told > 0 ? held / told : null,
  }
}

/** A leak is called in time an hour ahead, or at half of its time where it is faster than two hours. */
export function isInTime({ leadSeconds, totalSeconds }: Judgement): boolean {
  return leadSeconds !== null && leadSeconds >= Math.min(3600, totalSeconds! / 2)
}
