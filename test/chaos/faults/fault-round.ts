import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startReceiver } from '../../deliver/receiver.ts'
import { makeFreezableDisk } from '../../support/frozen-disk.ts'
import { createRandom } from '../random.ts'
import { createAgentProcess } from './agent-process.ts'
import { faults } from './faults.ts'
import { judge, type KillTime, type Verdict } from './judge.ts'

export interface FaultRound extends Verdict {
  readonly seed: number
  readonly fault: string
  readonly kills: number
  readonly alerts: number
  /** The agent did not come to where it should be. */
  readonly stuck: string | null
}

export interface FaultRoundOptions {
  readonly seed: number
  readonly isRoot: boolean
  /** Address of a name server that never answers; null where there is none. */
  readonly silentNameServer: string | null
  readonly fault?: string
}

/** How long an incident may take to be resolved: `quiet` is 4s, and a loop waits for a multiple of its period. */
const resolvedWithinMs = 60_000

/**
 * Plays one round with the real agent: workloads are in an OOM-kill loop while one fault lasts, which then ends. The
 * receiver is a server of this process, which knows when each kill was written: it counts what is lost, late, repeated under
 * another incident, and never resolved.
 */
export async function playFaultRound(options: FaultRoundOptions): Promise<FaultRound> {
  const { seed, isRoot, silentNameServer } = options
  const random = createRandom(seed)
  const possible = Object.keys(faults).filter(name => {
    const { needsRoot, hangsNames } = faults[name]!
    return (isRoot || !needsRoot) && (!hangsNames || silentNameServer !== null)
  })
  const drawn = random.pick(possible)
  const name = options.fault ?? drawn
  const fault = faults[name]!
  const base = mkdtempSync(join(tmpdir(), 'oomloop-fault-'))
  const disk = fault.needsDisk ? makeFreezableDisk() : null
  const stateDir = disk?.dir ?? join(base, 'state')
  mkdirSync(stateDir, { recursive: true })
  const receiver = await startReceiver()
  const resolvConf = join(base, 'resolv.conf')
  writeFileSync(resolvConf, `nameserver ${silentNameServer}\noptions timeout:30 attempts:3\n`)
  const hanging = fault.hangsNames
    ? Array.from({ length: 10 }, (_, index) => `http://receiver-${index}.hanging.example/`)
    : []
  const agent = createAgentProcess({
    root: join(base, 'root'),
    stateDir,
    webhooks: [...hanging, receiver.url],
    port: 20_000 + (seed % 20_000),
    ...(fault.hangsNames && {
      within: ['unshare', '--mount', 'sh', '-c', `mount --bind ${resolvConf} /etc/resolv.conf && exec "$@"`, 'sh'],
    }),
  })
  let kills: KillTime[] = []
  let stuck: string | null = null
  let finish: (() => Promise<void>) | undefined
  try {
    await agent.start()
    await pause(300)
    const workloads = Array.from({ length: random.integer(1, 2) }, () =>
      `${random.integer(1e8, 1e9)}`.repeat(8).slice(0, 64),
    )
    const periodMs = random.integer(150, 700)
    const beginAfter = random.integer(0, 4)
    const endAfter = beginAfter + random.integer(3, 8)
    let pid = 5000
    const killAll = (): void => {
      for (const workload of workloads) {
        agent.writeKill({ pid: pid++, cgroup: `/docker/${workload}` })
        const isRunning = !(fault.stopsAgent && finish)
        kills.push({ workload: workload.slice(0, 12), at: Date.now(), isRunning })
      }
    }
    for (let turn = 0; turn < endAfter + 4; turn++) {
      if (turn === beginAfter) {
        // What was written a moment before the agent is stopped may not have been read.
        const settledBefore = Date.now() - 500
        if (fault.stopsAgent) kills = kills.map(kill => ({ ...kill, isRunning: kill.at < settledBefore }))
        finish = await fault.begin({ agent, random, disk })
      }
      if (turn === endAfter) {
        // An agent takes seconds to start on a busy machine: the loop does not wait for it.
        let isEnded = false
        const ending = finish?.().finally(() => {
          isEnded = true
        })
        while (ending && !isEnded) {
          killAll()
          await Promise.race([ending, pause(periodMs)])
        }
        await ending
        finish = undefined
      }
      killAll()
      await pause(periodMs)
    }
    await resolution(
      receiver,
      workloads.map(workload => workload.slice(0, 12)),
    )
  } catch (error) {
    stuck = `${(error as Error).message}: ${agent.stderr().slice(-300)}`
  } finally {
    await finish?.().catch(() => {})
    await agent.kill()
    await receiver.close()
    agent.remove()
    disk?.remove()
    rmSync(base, { recursive: true, force: true })
  }
  return {
    seed,
    fault: name,
    kills: kills.length,
    alerts: receiver.received.length,
    stuck,
    ...judge(kills, receiver.received),
  }
}

/** Waits until each workload's alert is resolved, or no longer than is allowed. */
async function resolution(
  receiver: { readonly received: readonly { readonly body: string }[] },
  workloads: readonly string[],
): Promise<void> {
  const until = performance.now() + resolvedWithinMs
  // The newest counts: a loop that paused for longer than `quiet` was resolved, and fires again.
  const isOver = (workload: string): boolean =>
    receiver.received.findLast(({ body }) => body.includes(workload))?.body.includes('"status":"resolved"') === true
  while (performance.now() < until && !workloads.every(isOver)) await pause(50)
}
