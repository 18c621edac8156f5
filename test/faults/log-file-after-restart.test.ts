import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import type { Alert } from '../../src/types.ts'
import { createAgentProcess } from '../chaos/faults/agent-process.ts'
import { startReceiver, until } from '../deliver/receiver.ts'
import { tempDir } from '../deliver/samples.ts'

const cgroup = `/docker/${'b'.repeat(64)}`

it('an agent that was killed goes on in the log file where it had come to: the loop goes on, and is not over meanwhile', async () => {
  const receiver = await startReceiver()
  const agent = createAgentProcess({
    root: join(mkdtempSync(join(tmpdir(), 'oomloop-restart-')), 'root'),
    stateDir: tempDir(),
    webhooks: [receiver.url],
    port: 20_000 + (process.pid % 20_000),
  })
  onTestFinished(async () => {
    await agent.kill()
    await receiver.close()
    agent.remove()
  })
  const loops = () => (receiver.bodies() as unknown as Alert[]).filter(({ type }) => type === 'respawn-loop')
  let pid = 7000
  const killing = setInterval(() => agent.writeKill({ pid: pid++, cgroup }), 1000)
  onTestFinished(() => clearInterval(killing))

  await agent.start()
  await until(() => loops().length > 0, 10_000, 'the loop is reported')
  await agent.kill()
  await pause(8000) // longer than `quiet`
  await agent.start()
  await until(() => loops().some(({ loop }) => loop!.kills === 16), 30_000, 'the kills of that time are counted')

  expect(loops().map(({ status }) => status)).not.toContain('resolved')
  expect(new Set(loops().map(({ incident }) => incident)).size).toBe(1)
  const { pids } = loops().at(-1)!.loop!
  expect(pids).toEqual(pids.map((_, index) => pids[0]! + index))
  expect(loops().at(-1)!.loop!.medianPeriodSeconds).toBeGreaterThan(0.5)
  expect(loops().at(-1)!.loop!.medianPeriodSeconds).toBeLessThan(3)
}, 120_000)
