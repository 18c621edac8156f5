/**
 * `npm run -s chaos -- --rounds N --seed S [--parallel P]`: rounds of random kill -9, receivers that are down, answer
 * 429 and 500, hang and reset, a full disk and a clock that jumps. Exit 1 where an alert was lost, came with another id
 * or content, or out of order.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { playRound, type RoundResult } from './round.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    parallel: { type: 'string', default: '4' },
  },
})
const rounds = Number(values.rounds)
const seed = Number(values.seed)
const canMount = mayMount()
console.log(`seed ${seed}, ${rounds} rounds${canMount ? '' : '; no full disk: mounting a tmpfs needs root'}`)

const results: RoundResult[] = []
let next = 0
const begunAt = Date.now()
await Promise.all(
  Array.from({ length: Number(values.parallel) }, async () => {
    while (next < rounds) {
      // Each round has a seed of its own, so that a bad one is played again by --rounds 1.
      const result = await playRound(seed + next++, canMount)
      results.push(result)
      complain(result)
      if (results.length % 50 === 0)
        console.log(`${results.length} rounds, ${Math.round((Date.now() - begunAt) / 1000)} s`)
    }
  }),
)
process.exitCode = summarise(results)

function complain({ seed: bad, perReceiver, stuck }: RoundResult): void {
  if (stuck) console.log(`round of seed ${bad}: the agent did not finish: ${stuck}`)
  for (const { lost, changed, outOfOrder } of perReceiver)
    if (lost.length + changed.length + outOfOrder.length > 0)
      console.log(`round of seed ${bad}: ${JSON.stringify({ lost, changed, outOfOrder })}`)
}

function summarise(all: readonly RoundResult[]): number {
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
