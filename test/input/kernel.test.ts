import { once } from 'node:events'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createKernelSource, type KernelSourceOptions } from '../../src/input/live/kernel.ts'
import type { Observation } from '../../src/types.ts'
import { until } from '../deliver/receiver.ts'
import { startOomloop } from '../support/oomloop.ts'

/** A host whose /dev/kmsg cannot be opened (a socket cannot, not even by root), with these files. */
async function hostWith(...files: readonly string[]): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'oomloop-host-'))
  mkdirSync(join(root, 'dev'))
  const server = createServer().listen(join(root, 'dev/kmsg'))
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), '')
  }
  return root
}

async function chosen(root: string, options: Partial<KernelSourceOptions> = {}) {
  const told: Observation[] = []
  let choice = { source: '', why: '' }
  const source = createKernelSource({
    source: 'auto',
    root,
    logFile: '/var/log/kern.log',
    bootId: null,
    notBefore: 0,
    onChoice: made => {
      choice = { ...made }
    },
    ...options,
  })
  await source.start(observation => told.push(observation))
  source.stop()
  return { choice, told }
}

describe('the source of kernel records', () => {
  it('is the log file where /dev/kmsg may not be read, and both are reported with the reason', async () => {
    const { choice, told } = await chosen(await hostWith('var/log/kern.log'))
    expect(choice).toMatchObject({ source: 'log-file', why: expect.stringContaining('/dev/kmsg') })
    expect(told).toMatchObject([
      { kind: 'source', source: 'log-file', state: 'sighted', why: expect.stringContaining('kern.log') },
      { kind: 'source', source: 'kmsg', state: 'blind', steady: true },
    ])
  })

  it.each(['var/log/messages', 'var/log/syslog'])('is %s where a distribution has no kern.log', async log => {
    const { told } = await chosen(await hostWith(log))
    expect(told[0]).toMatchObject({ source: 'log-file', why: expect.stringContaining(log) })
  })

  it('is the file that is set before any other', async () => {
    const { told } = await chosen(await hostWith('var/log/kern.log', 'logs/mine'), { logFile: '/logs/mine' })
    expect(told[0]).toMatchObject({ source: 'log-file', why: expect.stringContaining('/logs/mine') })
  })

  it('is /dev/kmsg, retried, where there is nothing else', async () => {
    const { choice, told } = await chosen(await hostWith())
    expect(choice).toMatchObject({ source: 'kmsg', why: expect.stringContaining('retrying every 5s') })
    expect(told).toMatchObject([{ source: 'kmsg', state: 'blind' }])
    expect(told[0]).not.toHaveProperty('steady') // it is the only source: this must be reported
  })

  it('is the journal where journalctl is piped in: an alert of what it says, and of its end', async () => {
    const root = await hostWith('proc/meminfo')
    writeFileSync(join(root, 'proc/meminfo'), 'MemTotal: 4096000 kB\nMemFree: 2048000 kB\nMemAvailable: 3072000 kB\n')
    const agent = startOomloop(['run', '--source', 'journal', '--root', root, '--state-dir', join(root, 'state')])
    try {
      await until(() => agent.stderr().includes('"watching"'), 20_000, 'it watches')
      expect(agent.stderr()).toContain('"source":"journal"')
      const MESSAGE =
        'Out of memory: Killed process 4711 (java) total-vm:82544kB, anon-rss:72320kB, file-rss:6796kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:0'
      const entry = { _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', SYSLOG_IDENTIFIER: 'kernel', MESSAGE }
      const forged = { ...entry, _TRANSPORT: 'syslog', MESSAGE: MESSAGE.replace('4711', '4712') }
      agent.process.stdin!.write(`${JSON.stringify(forged)}\n${JSON.stringify(entry)}\n`)
      await until(() => agent.stdout().includes('4711'), 10_000, 'the kill is told')
      agent.process.stdin!.end()
      await until(() => agent.stdout().includes('impaired'), 10_000, 'it says that it is blind')
      expect(agent.stdout()).not.toContain('4712')
    } finally {
      agent.process.kill('SIGKILL')
      await agent.finished
    }
  }, 60_000)
})
