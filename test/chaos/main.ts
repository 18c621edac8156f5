/**
 * `npm run -s chaos -- --rounds N --seed S [--parallel P] [--kind delivery|faults] [--fault NAME]`. Of each five rounds four
 * are of delivery: random kill -9, receivers that are down, answer 429 and 500, hang and reset, a full disk and a clock that
 * jumps. The fifth runs the real agent under a fault (frozen disk, hanging names, no descriptors, header flood, state
 * directory gone, clock steps, SIGSTOP, flipped bits, log gone). Exit 1 where an alert was lost, came late, with another id
 * or content, out of order, or was never resolved.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type FaultRound, playFaultRound } from './faults/fault-round.ts'
import { faults, startSilentNameServer } from './faults/faults.ts'
import { playRound, type RoundResult } from './round.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    parallel: { type: 'string', default: '4' },
    kind: { type: 'string', default: 'both' },
    fault: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const seed = Number(values.seed)
const canMount = mayMount()
console.log(`seed ${seed}, ${rounds} rounds${canMount ? '' : '; no full disk: mounting a tmpfs needs root'}`)

const { fault, kind } = values
if (fault !== undefined && !(fault in faults)) throw new Error(`faults are ${Object.keys(faults).join(', ')}`)
const silentAddress = '127.9.9.53'
const stopNameServer = kind === 'delivery' ? undefined : await startSilentNameServer(silentAddress)
const results: RoundResult[] = []
const faultResults: FaultRound[] = []
let next = 0
const begunAt = Date.now()
await Promise.all(
  Array.from({ length: Number(values.parallel) }, async () => {
    while (next < rounds) {
      // Each round has a seed of its own, so that a bad one is played again by --rounds 1.
      const own = seed + next++
      if (isOfFaults(own)) {
        await playFault(own)
        continue
      }
      const result = await playRound(own, canMount)
      results.push(result)
      complain(result)
      if (results.length % 50 === 0)
        console.log(`${results.length} rounds, ${Math.round((Date.now() - begunAt) / 1000)} s`)
    }
  }),
)
stopNameServer?.()
process.exitCode = Math.max(summarise(results), summariseFaults(faultResults))

function isOfFaults(own: number): boolean {
  if (kind === 'faults' || fault !== undefined) return true
  return kind !== 'delivery' && own % 5 === 0
}

async function playFault(own: number): Promise<void> {
  const result = await playFaultRound({
    seed: own,
    isRoot: canMount,
    silentNameServer: stopNameServer ? silentAddress : null,
    ...(fault !== undefined && { fault }),
  })
  faultResults.push(result)
  const { stuck, lost, late, repeated, unresolved } = result
  if (stuck !== null || lost.length + late.length + repeated.length + unresolved.length > 0)
    console.log(`round of seed ${own}: ${JSON.stringify(result)}`)
}

function summariseFaults(all: readonly FaultRound[]): number {
  if (all.length === 0) return 0
  const count = (pick: (one: FaultRound) => number) => all.reduce((sum, one) => sum + pick(one), 0)
  const bad = {
    lost: count(({ lost }) => lost.length),
    late: count(({ late }) => late.length),
    repeated: count(({ repeated }) => repeated.length),
    unresolved: count(({ unresolved }) => unresolved.length),
    stuck: count(({ stuck }) => (stuck === null ? 0 : 1)),
  }
  const rounds = Object.fromEntries(
    Object.keys(faults).flatMap(name => {
      const played = all.filter(one => one.fault === name).length
      return played > 0 ? [[name, played]] : []
    }),
  )
  const latestMs = Math.max(...all.map(one => one.latestMs))
  console.log(
    JSON.stringify({
      faultRounds: all.length,
      kills: count(({ kills }) => kills),
      alerts: count(({ alerts }) => alerts),
      latestMs,
      ...bad,
      rounds,
    }),
  )
  return Object.values(bad).some(number => number > 0) ? 1 : 0
}

function complain({ seed: bad, perReceiver, stuck }: RoundResult): void {
  if (stuck) console.log(`round of seed ${bad}: the agent did not finish: ${stuck}`)
  for (const { lost, changed, outOfOrder } of perReceiver)
    if (lost.length + changed.length + outOfOrder.length > 0)
      console.log(`round of seed ${bad}: ${JSON.stringify({ lost, changed, outOfOrder })}`)
}

function summarise(all: readonly RoundResult[]): number {
  if (all.length === 0) return 0
  const findings = all.flatMap(({ perReceiver }) => perReceiver)
  const sum = (pick: (one: (typeof findings)[number]) => number) =>
    findings.reduce((total, one) => total + pick(one), 0)
  const total = (pick: (one: RoundResult) => number) => all.reduce((whole, one) => whole + pick(one), 0)
  const bad = {
    lost: sum(({ lost }) => lost.length),
    changedId: sum(({ changed }) => changed.length),
    outOfOrder: sum(({ outOfOrder }) => outOfOrder.length),
    stuck: total(({ stuck }) => (stuck ? 1 : 0)),
  }
  console.log(
    JSON.stringify({
      seed,
      rounds: all.length,
      seconds: Math.round((Date.now() - begunAt) / 1000),
      alerts: total(({ accepted }) => accepted),
      kills: total(({ kills }) => kills),
      refusedAttempts: total(({ refused }) => refused),
      clockJumps: total(({ clockJumps }) => clockJumps),
      fullDiskRounds: total(({ fullDisk }) => (fullDisk ? 1 : 0)),
      delivered: sum(({ delivered }) => delivered),
      deliveredAgain: sum(({ duplicates }) => duplicates),
      overtaken: sum(({ overtaken }) => overtaken),
      ...bad,
    }),
  )
  return Object.values(bad).some(count => count > 0) ? 1 : 0
}

function mayMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-chaos-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir], { stdio: 'ignore' })
    execFileSync('umount', [dir], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
