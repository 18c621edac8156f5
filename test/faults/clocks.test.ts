import { appendFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { until } from '../deliver/receiver.ts'
import { tempDir } from '../deliver/samples.ts'
import { killLines, replaceFile } from '../support/kill-lines.ts'
import { startLogFileAgent } from '../support/log-file-agent.ts'

const cgroup = `/docker/${'a'.repeat(64)}`

async function startWithClock() {
  const stateDir = tempDir()
  const shift = join(stateDir, 'shift')
  const agent = await startLogFileAgent({
    stateDir,
    env: {
      NODE_OPTIONS: `--import=${resolve(import.meta.dirname, '../support/settable-clock.mjs')}`,
      OOMLOOP_TEST_CLOCK: shift,
    },
  })
  const setClock = (ms: number): void => {
    writeFileSync(shift, String(ms))
    process.kill(agent.pid, 'SIGUSR2')
  }
  // The host's own clocks: time since boot goes on, whatever the wall clock is set to.
  const begunAt = performance.now()
  const uptime = setInterval(
    () =>
      replaceFile(
        join(agent.root, 'proc/uptime'),
        `${(1000 + (performance.now() - begunAt) / 1000).toFixed(2)} 1.00\n`,
      ),
    10,
  )
  return { agent, setClock, stop: () => clearInterval(uptime) }
}

describe('a clock that is set while a workload is killed every second', () => {
  it.each([
    ['forward by 3h', 3 * 3_600_000],
    ['back by 3h', -3 * 3_600_000],
    ['forward by 90s', 90_000],
  ])(
    '%s: nothing is resolved, and the period stays a second',
    async (_, shiftMs) => {
      const { agent, setClock, stop } = await startWithClock()
      await pause(1500)
      let pid = 7000
      for (let second = 0; second < 3; second++) {
        agent.kill({ pid: pid++, cgroup })
        await pause(1000)
      }
      await until(
        () => agent.receiver.bodies().some(({ type }) => type === 'respawn-loop'),
        10_000,
        'the loop is reported',
      )
      setClock(shiftMs)
      for (let second = 0; second < 6; second++) {
        agent.kill({ pid: pid++, cgroup })
        await pause(1000)
      }
      stop()
      await agent.stop()
      const loops = agent.receiver.bodies().filter(({ type }) => type === 'respawn-loop')
      expect(loops.map(({ status }) => status)).not.toContain('resolved')
      expect(new Set(loops.map(({ incident }) => incident)).size).toBe(1)
      for (const { loop } of loops as { loop: { medianPeriodSeconds: number } }[]) {
        expect(loop.medianPeriodSeconds).toBeGreaterThan(0.5)
        expect(loop.medianPeriodSeconds).toBeLessThan(2)
      }
    },
    60_000,
  )
})

it('an agent that was stopped for 60s (SIGSTOP) dates the kills of that time by their own times: a period of 20s, not 0', async () => {
  const agent = await startLogFileAgent({ stateDir: tempDir() })
  await pause(2000)
  process.kill(agent.pid, 'SIGSTOP')
  for (let kill = 0; kill < 3; kill++) {
    appendFileSync(agent.logFile, killLines({ pid: 8000 + kill, cgroup, at: Date.now() }))
    await pause(20_000)
  }
  process.kill(agent.pid, 'SIGCONT')
  await until(() => agent.receiver.bodies().some(({ type }) => type === 'respawn-loop'), 10_000, 'the loop is reported')
  const { loop } = agent.receiver.bodies().find(({ type }) => type === 'respawn-loop') as {
    loop: { medianPeriodSeconds: number }
  }
  expect(loop.medianPeriodSeconds).toBeGreaterThan(18)
  expect(loop.medianPeriodSeconds).toBeLessThan(22)
}, 120_000)
