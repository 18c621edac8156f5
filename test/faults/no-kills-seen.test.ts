import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { until } from '../deliver/receiver.ts'
import { tempDir } from '../deliver/samples.ts'
import { startLogFileAgent } from '../support/log-file-agent.ts'
import { oomloop } from '../support/oomloop.ts'

const isRoot = process.getuid?.() === 0

async function ready(port: number): Promise<number> {
  return (await fetch(`http://127.0.0.1:${port}/readyz`)).status
}

it('a log file that never was there is a source that is down: an alert, and not ready', async () => {
  const agent = await startLogFileAgent({
    stateDir: tempDir(),
    args: ['--listen', '127.0.0.1:19465', '--log-file', '/var/log/never.log'],
  })
  await until(() => agent.receiver.bodies().some(({ type }) => type === 'agent-impaired'), 10_000, 'it is reported')
  expect(await ready(19465)).toBe(503)
  writeFileSync(`${agent.root}/var/log/never.log`, '')
  await until(
    () => agent.receiver.bodies().some(({ type, status }) => type === 'agent-impaired' && status === 'resolved'),
    15_000,
    'it is there now',
  )
  expect(await ready(19465)).toBe(200)
}, 60_000)

it.skipIf(!isRoot)(
  '/dev/kmsg that may not be read is a source that is down: an alert, and not ready (skipped without root: then it may not be anyway)',
  async () => {
    const agent = await startLogFileAgent({
      stateDir: tempDir(),
      args: ['--listen', '127.0.0.1:19466', '--source', 'kmsg'],
      uid: 65_534,
    })
    await until(() => agent.receiver.bodies().some(({ type }) => type === 'agent-impaired'), 10_000, 'it is reported')
    expect(await ready(19466)).toBe(503)
  },
  60_000,
)

it('a log file that its writer has left: the kernel counts 3 kills, and 30s later that is an alert', async () => {
  const stateDir = tempDir()
  const agent = await startLogFileAgent({ stateDir, args: ['--listen', '127.0.0.1:19467'] })
  await pause(2500)
  expect(await ready(19467)).toBe(200)
  // The writer goes on in a file of another name, and no process writes here any more.
  appendFileSync(`${agent.root}/var/log/moved.log`, 'Jun 15 16:50:50 node-1 kernel: oom somewhere else\n')
  renameSync(`${agent.root}/var/log/moved.log`, `${agent.root}/var/log/other.log`)
  agent.put('proc/vmstat', 'oom_kill 3\n')
  const begunAt = Date.now()
  await until(() => agent.receiver.bodies().some(({ type }) => type === 'agent-impaired'), 50_000, 'it is reported')
  expect(Date.now() - begunAt).toBeGreaterThan(25_000)
  const alert = agent.receiver.bodies().find(({ type }) => type === 'agent-impaired')!
  expect(alert.summary).toContain('the kernel counted 3 OOM kills that no source has shown')
  // The source is up and shows nothing: that is no source.
  expect(await ready(19467)).toBe(503)
  const asked = async () => oomloop(['status', '--state-dir', stateDir])
  for (let tries = 0; tries < 10 && (await asked()).code !== 1; tries++) await pause(1000)
  expect((await asked()).stdout).toMatch(
    /^! source down: log-file \(the kernel counted 3 OOM kills that no source has shown\)/,
  )
}, 90_000)
