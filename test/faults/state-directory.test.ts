import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openOutbox } from '../../src/deliver/outbox/outbox.ts'
import { until } from '../deliver/receiver.ts'
import { keptLog, tempDir } from '../deliver/samples.ts'
import { type LogFileAgent, startLogFileAgent } from '../support/log-file-agent.ts'
import { oomloop } from '../support/oomloop.ts'

const isRoot = process.getuid?.() === 0
const cgroup = (name: string): string => `/docker/${name.repeat(64)}`

async function loopOf(agent: LogFileAgent, name: string, pid: number): Promise<void> {
  for (const each of [pid, pid + 1]) {
    agent.kill({ pid: each, cgroup: cgroup(name) })
    await pause(300)
  }
  await until(() => agent.receiver.received.some(({ body }) => body.includes(name.repeat(12))), 5000, `alert ${name}`)
}

/** Waits until the fault was an alert and is over. */
async function healed(agent: LogFileAgent): Promise<void> {
  const impaired = (status: string) =>
    until(
      () => agent.receiver.bodies().some(alert => alert.type === 'agent-impaired' && alert.status === status),
      30_000,
      `agent-impaired is ${status}`,
    )
  await impaired('firing')
  await impaired('resolved')
}

describe('the state directory, while the agent runs', () => {
  it.each([
    ['removed', (dir: string) => rmSync(dir, { recursive: true })],
    [
      'replaced by another one',
      (dir: string) => {
        renameSync(dir, `${dir}.old`)
        mkdirSync(dir)
      },
    ],
  ])(
    '%s: the agent goes on in a new one, with what is open and what follows',
    async (_, harm) => {
      const dir = join(tempDir(), 'state')
      const agent = await startLogFileAgent({ stateDir: dir })
      await pause(1000)
      await loopOf(agent, 'a', 5000)
      harm(dir)
      await until(
        () => existsSync(join(dir, 'outbox', 'a')) && existsSync(join(dir, 'status.json')),
        30_000,
        'new files',
      )
      await loopOf(agent, 'b', 5100)
      await pause(1500)
      await agent.stop()
      const replayed = await oomloop(['replay', join(dir, 'recordings'), '--kills'])
      expect(replayed.stdout).toContain('5101')
      const outbox = openOutbox({ stateDir: dir, log: keptLog() })
      const ids = agent.receiver.bodies().map(({ id }) => String(id))
      expect(ids.filter(id => !outbox.knows(id))).toEqual([]) // another life would send none of them again
      await outbox.close()
    },
    90_000,
  )

  it.skipIf(!isRoot)(
    'made read-only: it is reported within 30s, alerts go on, and it is healed (skipped without root: needs a mount)',
    async () => {
      const dir = join(tempDir(), 'state')
      mkdirSync(dir)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', dir])
      onTestFinished(() => void execFileSync('umount', ['-l', dir]))
      const agent = await startLogFileAgent({ stateDir: dir })
      await pause(1000)
      // As a file system does after an error: what is open for writing is refused, too.
      execFileSync('mount', ['-o', 'remount,ro', '-f', dir], { stdio: 'ignore' })
      execFileSync('mount', ['--bind', dir, dir])
      execFileSync('mount', ['-o', 'remount,bind,ro', dir])
      await loopOf(agent, 'a', 5000)
      await until(() => agent.stderr().includes('state-directory'), 30_000, 'it is reported')
      execFileSync('umount', ['-l', dir])
      await healed(agent)
    },
    90_000,
  )
})
