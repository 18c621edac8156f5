import { expect, it } from 'vitest'
import { createDeathChain } from '../../src/detect/respawn/death-chains.ts'
import type { ChainedDeath } from '../../src/detect/respawn/respawn-evidence.ts'
import { bootedAt, killOf } from './deaths.ts'

const hour = () => 3_600_000

function deathOf(seconds: number, pid: number, born: number): ChainedDeath {
  const kill = killOf({ seconds, pid, born })
  const rest = { boot: 0, listed: null, isListWhole: false, isUnseen: false }
  return { kill, pids: [pid], at: seconds * 1000, uptimeMs: kill.at - bootedAt, ...rest }
}

it('a loop of a thousand generations is counted cycle by cycle and remembers the newest few', () => {
  const chain = createDeathChain()
  let cycles = 0
  for (let life = 0; life < 1_000; life++) {
    cycles += chain.add(deathOf(life * 10, 100 + life, life * 10 - 5), undefined, hour).length
    expect(chain.deaths.length).toBeLessThanOrEqual(5)
  }
  expect(cycles).toBe(999)
})

it('a pool is remembered worker by worker until the window is over', () => {
  const chain = createDeathChain()
  for (let worker = 0; worker < 20; worker++) chain.add(deathOf(worker * 10, 100 + worker, -50), undefined, hour)
  expect(chain.deaths.length).toBe(20)
  chain.add(deathOf(2 * 3_600, 900, -50), undefined, hour)
  expect(chain.deaths.length).toBeLessThanOrEqual(5)
})

it('a victim more of one of the newest deaths is known as such', () => {
  const chain = createDeathChain()
  const group = deathOf(10, 101, 5)
  chain.add(deathOf(0, 100, -5), undefined, hour)
  chain.add(group, undefined, hour)
  expect(chain.join(killOf({ seconds: 10, pid: 102, event: group.kill.kill.event }))).toBe(true)
  expect(chain.join(killOf({ seconds: 10, pid: 103, event: 'another' }))).toBe(false)
})
