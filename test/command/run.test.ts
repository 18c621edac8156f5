import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { recordingFiles } from '../../src/source/recording-files.ts'
import { readRecording } from '../../src/source/replay.ts'
import { startReceiver, until } from '../deliver/receiver.ts'
import { oomloop, startOomloop } from '../support/oomloop.ts'

const isRoot = process.getuid?.() === 0
const scratch = (): string => mkdtempSync(join(tmpdir(), 'oomloop-run-'))

/** What a tree of a host has at least. */
function makeHost(): string {
  const root = scratch()
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  write('proc/meminfo', 'MemTotal:        4096000 kB\nMemFree:         2048000 kB\nMemAvailable:    3072000 kB\n')
  write('proc/vmstat', 'oom_kill 0\n')
  write('proc/loadavg', '0.10 0.10 0.10 1/10 10\n')
  write('proc/uptime', '1000.00 1000.00\n')
  write('proc/sys/kernel/random/boot_id', '6f2d0c1e-7a51-4c0b-9f6d-0c6a54a01234\n')
  return root
}

describe('run, where something is missing', () => {
  const started: ReturnType<typeof startOomloop>[] = []
  const watch = async (args: readonly string[]) => {
    const agent = startOomloop(['run', '--state-dir', scratch(), ...args])
    started.push(agent)
    await until(() => agent.stderr().includes('"watching"') || agent.process.exitCode !== null, 20_000, 'it watches')
    return agent
  }
  afterEach(async () => {
    for (const agent of started.splice(0)) {
      agent.process.kill('SIGKILL')
      await agent.finished
    }
  })

  it('no /proc/pressure: it watches without, and status says so', async () => {
    const state = scratch()
    await watch(['--root', makeHost(), '--source', 'file', '--state-dir', state])
    const { stdout } = await oomloop(['status', '--state-dir', state, '--json'])
    expect(JSON.parse(stdout).sources).toContainEqual({
      name: 'pressure',
      state: 'blind',
      why: expect.stringContaining('no PSI'),
      steady: true,
    })
    expect(JSON.parse(stdout).headroom.KiB).toBeGreaterThan(0) // the rest goes on
  })

  it('a log file that is not there yet: it samples, says that it is blind, and waits for it', async () => {
    const log = join(scratch(), 'kern.log')
    const state = scratch()
    const agent = await watch(['--source', 'file', '--log-file', log, '--state-dir', state])
    expect(JSON.parse((await oomloop(['status', '--state-dir', state, '--json'])).stdout).sources).toContainEqual(
      expect.objectContaining({ name: 'log-file', state: 'blind', why: expect.stringContaining('kern.log') }),
    )
    writeFileSync(
      log,
      'Jun 15 16:50:50 n kernel: Killed process 7 (oomvictim), UID 0, total-vm:9kB, anon-rss:8kB, file-rss:0kB\n',
    )
    await until(() => agent.stderr().includes('source is sighted'), 10_000, 'it sees the file')
  })

  it.skipIf(!isRoot)(
    '/dev/kmsg that may not be read (skipped without root: then it may not be anyway): it samples, and says why',
    async () => {
      const state = scratch()
      chmodSync(state, 0o777)
      const agent = startOomloop(['run', '--state-dir', state, '--source', 'kmsg'], { uid: 65_534 })
      started.push(agent)
      await until(() => agent.stderr().includes('"watching"'), 20_000, 'it watches')
      const { stdout } = await oomloop(['status', '--state-dir', state, '--json'])
      expect(JSON.parse(stdout).sources).toContainEqual(
        expect.objectContaining({ name: 'kmsg', state: 'blind', why: expect.stringContaining('CAP_SYSLOG') }),
      )
    },
  )

  it('a webhook that cannot be reached: it watches, and the log names the host but no path', async () => {
    const webhook = 'http://127.0.0.1:9/services/T0/secret-path'
    // A file: the kernel's own log may hold kills of the last hour, whose alerts would say it as well.
    const agent = await watch(['--source', 'file', '--webhook', webhook, '--heartbeat', '1s'])
    await until(() => agent.stderr().includes('127.0.0.1:9'), 10_000, 'it says that nobody answers')
    expect(agent.stderr()).not.toContain('secret-path')
  })

  it('the journal that is piped in ends: an orderly end, and exit 3 for whoever starts both again', async () => {
    const state = scratch()
    const receiver = await startReceiver()
    const agent = await watch([
      ...['--root', makeHost(), '--source', 'journal', '--state-dir', state],
      ...['--node-name', 'node-1', '--webhook', receiver.url],
    ])
    agent.process.stdin.end(
      `${JSON.stringify({
        _TRANSPORT: 'kernel',
        PRIORITY: '3',
        __REALTIME_TIMESTAMP: `${Date.now()}000`,
        MESSAGE:
          'Out of memory: Killed process 4711 (hungry) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0',
      })}\n`,
    )
    const { code, signal, stderr } = await agent.finished
    await receiver.close()
    expect({ code, signal }).toEqual({ code: 3, signal: null })
    expect(stderr).toMatch(
      /^oomloop: stdin has come to its end: journalctl is gone; start both again \[OOMLOOP_NO_SOURCE\]$/m,
    )
    // As on SIGTERM: what the last line caused has left, and the record is closed for the next run to go on from.
    expect(JSON.stringify(receiver.bodies())).toContain('hungry')
    let last: unknown
    for await (const observation of readRecording(await recordingFiles(join(state, 'recordings')))) last = observation
    expect(last).toMatchObject({ kind: 'end', why: 'signal' })
  })

  it('a state directory that cannot be written is a failure with a sentence: exit 3', async () => {
    const file = join(scratch(), 'file')
    writeFileSync(file, '')
    const { code, stderr } = await oomloop(['run', '--state-dir', join(file, 'below')])
    expect(code).toBe(3)
    expect(stderr).toContain('choose a directory with --state-dir [OOMLOOP_STATE_DIR]')
  })
})
