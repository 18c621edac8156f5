import { parseArgs } from 'node:util'
import { measureDetector } from './leaks/detector-cost.ts'
import { type Footprint, measureFootprint } from './leaks/footprint.ts'
import { isInTime, type Judgement, judgeNode } from './leaks/judge-leaks.ts'
import { healthyNode, leakingNode } from './leaks/node-simulator.ts'
import type { BenchOptions } from './main.ts'

/**
 * The leak forecast on simulated nodes (bench/leaks/node-simulator.ts states how they are made): false calls in healthy
 * node-months, and lead, name and range of leaks; and the memory and CPU that it costs with 1000 workloads. `--healthy N` and `--leaks N`: the default
 * of 100 and 200 takes some ten minutes of one core. `--from SEED`: the first of the seeds, 1 by default.
 */
export async function run({ json, args }: BenchOptions): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      healthy: { type: 'string', default: '100' },
      leaks: { type: 'string', default: '200' },
      from: { type: 'string', default: '1' },
    },
  })
  const footprint = measureFootprint()
  const detectorMs = measureDetector(footprint.workloads)
  const seeds = (count: string) => Array.from({ length: Number(count) }, (_, index) => Number(values.from) + index)
  const months = seeds(values.healthy).map(seed => judgeNode(healthyNode(seed, 30)))
  const leaks = seeds(values.leaks).map(seed => judgeNode(leakingNode(seed)))
  if (json) {
    console.log(JSON.stringify({ footprint, detectorMs, months, leaks }))
    return
  }
  reportFootprint(footprint)
  console.log(`a reading by the detector, cgroups and names included: ${detectorMs} ms of CPU`)
  if (months.length > 0) reportHealthy(months)
  if (leaks.length > 0) reportLeaks(leaks)
}

function reportFootprint({ workloads, keptMiB, mostBuffersMiB, msOfReading, savedKiB }: Footprint): void {
  console.log(
    `memory of ${workloads} workloads: ${keptMiB} MiB kept, at most ${mostBuffersMiB} MiB of buffers; ${msOfReading} ms of CPU a reading (one in 30 s); ${savedKiB} KiB saved`,
  )
}

function reportHealthy(months: readonly Judgement[]): void {
  const most = Math.max(0, ...months.map(({ notices }) => notices.length))
  const notices = months.reduce((sum, month) => sum + month.notices.length, 0)
  const warnings = months.reduce((sum, month) => sum + month.warnings.length, 0)
  console.log(
    `healthy node-months ${months.length}: notices ${notices} (at most ${most} a month), warnings ${warnings}`,
  )
}

function reportLeaks(all: readonly Judgement[]): void {
  const called = all.filter(({ leadSeconds }) => leadSeconds !== null)
  const ranges = called.map(({ rangeHeld }) => rangeHeld!)
  const leads = called.map(({ leadSeconds }) => leadSeconds! / 3600).sort((a, b) => a - b)
  console.log(`leaks ${all.length}`)
  console.log(`  in time ${share(all.filter(isInTime).length, all.length)} (an hour ahead, or half of a faster one)`)
  console.log(`  named ${share(all.filter(({ named }) => named).length, all.length)}`)
  console.log(`  range holds ${share(Math.round(ranges.reduce((sum, held) => sum + held, 0)), called.length)}`)
  console.log(`  lead h, 10th percentile, median, 90th: ${[0.1, 0.5, 0.9].map(at => hours(leads, at)).join(', ')}`)
}

function hours(sorted: readonly number[], at: number): string {
  return (sorted[Math.floor(sorted.length * at)] ?? Number.NaN).toFixed(1)
}

function share(part: number, of: number): string {
  return `${part} of ${of} (${Math.round((part / of) * 100)}%)`
}
