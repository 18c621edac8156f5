import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AgentArguments } from './agent.ts'
import { drawPlan } from './plan.ts'
import { createRandom, type Random } from './random.ts'
import { startChaosReceiver } from './receiver.ts'
import { type Findings, verify } from './verify.ts'

export interface RoundResult {
  readonly seed: number
  readonly accepted: number
  readonly kills: number
  readonly refused: number
  readonly clockJumps: number
  readonly fullDisk: boolean
  readonly perReceiver: readonly Findings[]
  /** The last life did not come to its end. */
  readonly stuck: string | null
}

const receivers = 2
const outboxBytes = 128 * 1024
const tmpfsBytes = 512 * 1024
const longestRoundMs = 60_000

/** Plays one round: lives of the agent that end by SIGKILL, then one that may finish; then looks what arrived. */
export async function playRound(seed: number, canMount: boolean): Promise<RoundResult> {
  const random = createRandom(seed)
  const plan = drawPlan(seed, random)
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-chaos-'))
  const stateDir = join(dir, 'state')
  const fullDisk = plan.fullDisk && canMount
  mkdirSync(stateDir)
  if (fullDisk) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${tmpfsBytes}`, 'tmpfs', stateDir])
  const targets = await Promise.all(Array.from({ length: receivers }, () => startChaosReceiver(random)))
  const base = {
    plan,
    stateDir,
    acceptedFile: join(dir, 'accepted'),
    urls: targets.map(({ url }) => url),
    outboxBytes,
    paceMs: random.integer(0, 30),
  }
  let stuck: string | null = null
  try {
    for (const [life, lifeMs] of plan.livesMs.entries()) {
      await live({ ...base, clockSkewMs: plan.clockSkewsMs[life]! }, { killAfterMs: lifeMs, random })
      if (fullDisk && isReserved(stateDir)) fill(stateDir)
    }
    const calm = setTimeout(() => targets.forEach(target => void target.calm()), random.integer(200, 1500))
    stuck = await live({ ...base, clockSkewMs: plan.clockSkewsMs.at(-1)! }, { random })
    clearTimeout(calm)
  } finally {
    await Promise.all(targets.map(({ close }) => close()))
    if (fullDisk) execFileSync('umount', [stateDir])
    rmSync(dir, { recursive: true, force: true })
  }
  return {
    seed,
    accepted: plan.alerts.length,
    kills: plan.livesMs.length,
    refused: targets.reduce((sum, { refused }) => sum + refused(), 0),
    clockJumps: plan.clockSkewsMs.filter(skew => skew !== 0).length,
    fullDisk,
    perReceiver: targets.map(({ taken }) => verify(plan, taken)),
    stuck,
  }
}

/** One life of the agent. Returns null where it came to its end by itself, or was killed as planned. */
async function live(
  args: AgentArguments,
  { killAfterMs, random }: { readonly killAfterMs?: number; readonly random: Random },
): Promise<string | null> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'agent.ts'), JSON.stringify(args)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout.on('data', text => {
    said += text
  })
  child.stderr.on('data', text => {
    said += text
  })
  const timers: NodeJS.Timeout[] = []
  const killIn = (ms: number) => timers.push(setTimeout(() => child.kill('SIGKILL'), ms))
  if (killAfterMs === undefined) killIn(longestRoundMs)
  // Mostly while it works, at times while it starts.
  else if (random.chance(0.2)) killIn(killAfterMs)
  else child.stdout.once('data', () => killIn(killAfterMs))
  const code = await ended(child)
  for (const timer of timers) clearTimeout(timer)
  if (killAfterMs !== undefined || (code === 0 && said.includes('drained'))) return null
  return said.slice(-500) || 'said nothing'
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise(resolve => child.once('close', code => resolve(code)))
}

/** The promise is about space taken in advance: a life that was killed before it took any could keep nothing. */
function isReserved(stateDir: string): boolean {
  return ['a', 'b'].every(
    name => (statSync(join(stateDir, 'outbox', name), { throwIfNoEntry: false })?.size ?? 0) >= outboxBytes,
  )
}

/** Takes every byte that is left. */
function fill(dir: string): void {
  const fd = openSync(join(dir, 'filler'), 'a')
  try {
    for (;;) writeSync(fd, Buffer.alloc(4096))
  } catch {
    // ENOSPC: as wanted
  } finally {
    closeSync(fd)
  }
}
