import { expect, it } from 'vitest'
import { createKillClock } from '../../src/detect/respawn/kill-clock.ts'
import { killOf, worldAt } from './deaths.ts'

const host = (bootedAt: number | null) => ({ host: { ...worldAt(0).host, bootedAt } })

it('between two kills of a boot the kernel’s stamps measure, however late the lines were read', () => {
  const clock = createKillClock()
  const first = clock(killOf({ seconds: 0, pid: 1, kill: { stampMs: 1_000_000 } }), worldAt(0))
  // The agent was stopped for a minute and read both lines at once.
  const second = clock(killOf({ seconds: 0, pid: 2, kill: { stampMs: 1_035_000 } }), worldAt(0))
  expect(second.at - first.at).toBe(35_000)
  expect(second.boot).toBe(first.boot)
})

it('without stamps the time since boot measures, and a clock that is set moves both', () => {
  const clock = createKillClock()
  const { bootedAt } = worldAt(0).host
  const first = clock(killOf({ seconds: 0, pid: 1 }), worldAt(0, host(bootedAt)))
  const second = clock(killOf({ seconds: 10_835, pid: 2 }), worldAt(35, host(bootedAt! + 10_800_000)))
  expect(second.at - first.at).toBe(35_000)
})

it('a log without stamps and without a boot time is measured by its own times', () => {
  const clock = createKillClock()
  const first = clock(killOf({ seconds: 0, pid: 1 }), worldAt(0, host(null)))
  const second = clock(killOf({ seconds: 50, pid: 2 }), worldAt(50, host(null)))
  expect(second.at - first.at).toBe(50_000)
})

it('stamps that begin again are another boot, and stamps of two processors out of order are not', () => {
  const clock = createKillClock()
  const boots = [90_000_100, 90_000_090, 120_100].map(
    (stampMs, index) => clock(killOf({ seconds: index, pid: index, kill: { stampMs } }), worldAt(index)).boot,
  )
  expect(boots).toEqual([0, 0, 1])
})
