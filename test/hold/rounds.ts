/**
 * Ends the hold process at random moments and looks whether every original value is there afterwards.
 *
 *     node test/hold/rounds.ts [ROUNDS] [SEED]
 *
 * kill: SIGKILL, and a new process; power: SIGKILL, another boot with new cgroups, and a file on disk that is old, cut
 * or half written; damaged: SIGKILL and a file on disk that was cut, in the same boot; upgrade: the new process starts as
 * soon as the old one gets SIGTERM. Exit 1 where a value is wrong.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../../src/hold-service/ask.ts'
import { holdSocket } from '../../src/hold-service/run-hold.ts'
import { containerPath, type ImitatedHost, imitateHost } from './tree.ts'

export const kinds = ['kill', 'power', 'damaged', 'upgrade'] as const
export type Kind = (typeof kinds)[number]

export interface RoundResult {
  readonly wrong: readonly string[]
  /** Containers whose memory.high was not the original one when the process ended: without any, a round shows nothing. */
  readonly heldAtEnd: number
}

const numbers = [1, 2, 3, 4]

export async function round(kind: Kind, random: () => number): Promise<RoundResult> {
  const host = imitateHost()
  try {
    const originals = numbers.map(() => (random() < 0.5 ? 'max' : String(Math.floor(1e9 + random() * 1e9))))
    const setUp = () => {
      for (const [index, n] of numbers.entries()) host.add(containerPath(n), { 'memory.high': `${originals[index]}\n` })
    }
    setUp()
    const first = await start(host)
    const work = busy(host, random)
    await sleep(random() * 300)
    const ended = new Promise(resolve => first.once('exit', resolve))
    first.kill(kind === 'upgrade' ? 'SIGTERM' : 'SIGKILL')
    if (kind !== 'upgrade') await ended
    const heldAtEnd = numbers.filter((n, index) => host.read(containerPath(n)) !== originals[index]).length
    if (kind === 'power') {
      host.reboot('second-boot')
      setUp()
    }
    if (kind === 'power' || kind === 'damaged') damage(host, random)
    const second = await start(host)
    await Promise.all([ended, work.stop()])
    // An upgrade: what the new process was asked for meanwhile is its own matter, so it ends as well.
    const secondEnded = new Promise(resolve => second.once('exit', resolve))
    second.kill('SIGTERM')
    await secondEnded
    const wrong = numbers.flatMap((n, index) => {
      const value = host.read(containerPath(n))
      return value === originals[index] ? [] : [`${kind}: ${value} in place of ${originals[index]}`]
    })
    return { wrong, heldAtEnd }
  } finally {
    host.remove()
  }
}

async function start({ root, stateDir }: ImitatedHost): Promise<ChildProcess> {
  const path = join(import.meta.dirname, 'hold-process.ts')
  const child = spawn(process.execPath, ['--no-warnings', path, root, stateDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout!.once('data', () => resolve())
    child.once('exit', code => reject(new Error(`exit ${code}`)))
  })
  return child
}

/** An agent that asks for one thing after another, and containers that grow. */
function busy(host: ImitatedHost, random: () => number): { readonly stop: () => Promise<void> } {
  let isStopped = false
  const socket = join(host.root, holdSocket)
  const going = (async () => {
    while (!isStopped) {
      const cgroup = containerPath(numbers[Math.floor(random() * numbers.length)]!)
      if (random() < 0.8)
        await ask(socket, { do: 'hold', cgroup, growthKiBPerSecond: 1 + Math.floor(random() * 5000) }, 500)
      else await ask(socket, { do: 'release', cgroup, why: 'asked' }, 500)
      await sleep(random() * 3)
    }
  })()
  return {
    stop: () => {
      isStopped = true
      return going
    },
  }
}

/** What a power cut or a broken disk leaves of the file on disk. */
function damage({ stateDir }: ImitatedHost, random: () => number): void {
  const path = join(stateDir, 'hold.json')
  if (!existsSync(path)) return
  const text = readFileSync(path)
  const how = random()
  if (how < 0.3) writeFileSync(path, text.subarray(0, Math.floor(random() * text.length)))
  else if (how < 0.5) writeFileSync(path, Buffer.alloc(text.length))
  else if (how < 0.7) writeFileSync(`${path}.new`, text.subarray(0, Math.floor(text.length / 2)))
}

/** mulberry32 */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}

if (import.meta.main) {
  const [rounds = '100', seed = '1'] = process.argv.slice(2)
  const random = seeded(Number(seed))
  let isWrong = false
  for (const kind of kinds) {
    let good = 0
    let held = 0
    for (let number = 0; number < Number(rounds); number++) {
      const { wrong, heldAtEnd } = await round(kind, random)
      held += heldAtEnd
      if (wrong.length === 0) good++
      else console.log(wrong.join('\n'))
    }
    isWrong ||= good < Number(rounds)
    console.log(
      `${kind}: every original restored in ${good} of ${rounds} rounds, ${held} containers held when the process ended`,
    )
  }
  process.exitCode = isWrong ? 1 : 0
}
