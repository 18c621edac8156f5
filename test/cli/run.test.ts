import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { type AgentStatus, isStillThere } from '../../src/agent/agent-status.ts'
import { recordingFiles } from '../../src/input/playback/recording-files.ts'
import { readRecording } from '../../src/input/playback/replay.ts'
import { messagesOf } from '../../src/text/messages/catalogues.ts'
import { startReceiver, until } from '../deliver/receiver.ts'
import { oomloop, startOomloop } from '../support/oomloop.ts'
import { serviceManager, whyNoServiceManager } from '../support/service-manager.ts'

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

  it('a log file that does not exist yet: it samples, reports the source as down, and waits for the file', async () => {
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
    await until(() => agent.stderr().includes('source is up'), 10_000, 'it sees the file')
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

  it('the journal that is piped in ends: an orderly end, and exit 3, so that the service manager restarts both', async () => {
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
      /^oomloop: standard input has ended: journalctl has stopped; start both again \[OOMLOOP_NO_SOURCE\]$/m,
    )
    // As on SIGTERM: what the last line caused has left, and the record is closed for the next run to go on from.
    expect(JSON.stringify(receiver.bodies())).toContain('hungry')
    let last: unknown
    for await (const observation of readRecording(await recordingFiles(join(state, 'recordings')))) last = observation
    expect(last).toMatchObject({ kind: 'end', why: 'signal' })
  })

  it('an agent that was killed is reported as gone', async () => {
    const state = scratch()
    const root = makeHost()
    mkdirSync(join(root, 'var/log'), { recursive: true })
    writeFileSync(join(root, 'var/log/kern.log'), '')
    const agent = await watch(['--root', root, '--source', 'file', '--state-dir', state])
    expect(await oomloop(['status', '--state-dir', state])).toMatchObject({ code: 0 })
    agent.process.kill('SIGKILL')
    await agent.finished
    for (const args of [[], ['--json']]) {
      const ended = await oomloop(['status', '--state-dir', state, ...args])
      expect(ended).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('[OOMLOOP_NOT_RUNNING]') })
    }
  })

  it('a pid that is another process by now is not taken for the agent', () => {
    const stat = (comm: string, startTicks: number) => `77 (${comm}) S 1 ${'0 '.repeat(17)}${startTicks} 0`
    const there = (status: object, text: string | undefined) =>
      isStillThere({ pid: 77, ...status } as AgentStatus, path => (path === '/proc/77/stat' ? text : undefined))
    expect(there({ startTicks: '500' }, stat('node', 500))).toBe(true)
    expect(there({ startTicks: '500' }, stat('node', 501))).toBe(false)
    expect(there({ startTicks: '500' }, undefined)).toBe(false)
    // Of an older agent's status only the name of the process is left to ask.
    expect([there({}, stat('MainThread', 1)), there({}, stat('sshd', 1))]).toEqual([true, false])
  })

  it('a state directory that cannot be written is a failure with a sentence: exit 3', async () => {
    const file = join(scratch(), 'file')
    writeFileSync(file, '')
    const { code, stderr } = await oomloop(['run', '--state-dir', join(file, 'below')])
    expect(code).toBe(3)
    expect(stderr).toContain('choose a directory with --state-dir [OOMLOOP_STATE_DIR]')
  })

  it('a state directory below /proc cannot be created and is reported in the same way', async () => {
    const { code, stderr } = await oomloop(['run', '--state-dir', '/proc/oomloop/state'])
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('[OOMLOOP_STATE_DIR]') })
  })

  it('a state directory of several levels is made', async () => {
    const state = join(scratch(), 'var/lib/oomloop')
    await watch(['--root', makeHost(), '--source', 'file', '--state-dir', state])
    expect(statSync(state).mode & 0o777).toBe(0o750)
  })
})

describe.skipIf(whyNoServiceManager)('run, while another oomloop watches the host', () => {
  /** Starts an agent on a host whose active agent is pid 4242. */
  const standBy = async (port: number) => {
    const root = makeHost()
    const lock = join(root, 'run/oomloop/lock')
    mkdirSync(join(root, 'run/oomloop'), { recursive: true })
    mkdirSync(join(root, 'proc/4242'))
    writeFileSync(join(root, 'proc/4242/stat'), `4242 (node) S 1 ${'0 '.repeat(17)}777 0`)
    const bootId = '6f2d0c1e-7a51-4c0b-9f6d-0c6a54a01234'
    writeFileSync(lock, JSON.stringify({ pid: 4242, startTicks: '777', bootId }))
    const config = join(scratch(), 'oomloop.yaml')
    writeFileSync(config, '{}')
    const { address, datagrams } = await serviceManager('path')
    const agent = startOomloop(
      [
        'run',
        '--root',
        root,
        '--source',
        'file',
        '--state-dir',
        scratch(),
        '--listen',
        `127.0.0.1:${port}`,
        '-c',
        config,
      ],
      { env: { OOMLOOP_SINGLE_INSTANCE: 'true', NOTIFY_SOCKET: address } },
    )
    onTestFinished(async () => {
      agent.process.kill('SIGKILL')
      await agent.finished
    })
    await until(() => datagrams().includes('READY=1'), 20_000, 'it says that it is up')
    return { agent, datagrams, config, lock }
  }

  it('is up, answers signals, and watches once the other is gone', async () => {
    const port = await freePort()
    const { agent, datagrams, config, lock } = await standBy(port)
    expect(datagrams()).toEqual(['STATUS=standby: another oomloop (pid 4242) is active on this host', 'READY=1'])
    for (const path of ['healthz', 'readyz']) expect((await fetch(`http://127.0.0.1:${port}/${path}`)).status).toBe(200)
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain('oomloop_build_info')

    writeFileSync(config, 'stormEvents: 5')
    agent.process.kill('SIGHUP')
    await until(() => datagrams().some(text => text.startsWith('RELOADING=1')), 5000, 'it takes the signal')
    expect(agent.stderr()).not.toContain('"watching"')

    rmSync(lock)
    await until(() => agent.stderr().includes('settings reloaded'), 20_000, 'it watches, with the new settings')
    expect(agent.stderr()).toContain('"changed":["stormEvents"]')
    // The same server reports the agent now.
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain('oomloop_source_up{source=')

    agent.process.kill('SIGTERM')
    expect((await agent.finished).signal).toBe('SIGTERM')
  })

  it('is up also where the other one has its address', async () => {
    const other = await startReceiver()
    const { agent } = await standBy(other.port)
    expect(agent.stderr()).toContain(messagesOf('en').agent.log.healthLater)
    expect(agent.process.exitCode).toBeNull()
    await other.close()
  })
})

it('run goes on sending where a reload names a certificate that is not there', async () => {
  const receiver = await startReceiver()
  const config = join(scratch(), 'oomloop.yaml')
  const write = (keys: string) => writeFileSync(config, `heartbeat: 1s\nwebhooks: [{url: "${receiver.url}"${keys}}]\n`)
  write('')
  const agent = startOomloop(['run', '--root', makeHost(), '--source', 'file', '--state-dir', scratch(), '-c', config])
  onTestFinished(async () => {
    agent.process.kill('SIGKILL')
    await agent.finished
    await receiver.close()
  })
  await receiver.until(1, 20_000)
  write(', caFile: missing.pem')
  agent.process.kill('SIGHUP')
  await until(() => agent.stderr().includes('invalid settings; keeping the previous ones'), 10_000, 'it refuses them')
  expect(agent.stderr()).toMatch(/cannot read .*missing\.pem/)
  await receiver.until(receiver.received.length + 2)
})

it('run sends no heartbeat while it observes, and begins with them when it does not any more', async () => {
  const receiver = await startReceiver()
  const config = join(scratch(), 'oomloop.yaml')
  const write = (observe: boolean) =>
    writeFileSync(config, `observe: ${observe}\nheartbeat: 1s\nwebhooks: [{url: "${receiver.url}"}]\n`)
  write(true)
  const agent = startOomloop(['run', '--root', makeHost(), '--source', 'file', '--state-dir', scratch(), '-c', config])
  onTestFinished(async () => {
    agent.process.kill('SIGKILL')
    await agent.finished
    await receiver.close()
  })
  await until(() => agent.stderr().includes('"watching"'), 20_000, 'it watches')
  await pause(2500)
  expect(receiver.received).toEqual([])
  write(false)
  agent.process.kill('SIGHUP')
  await receiver.until(1)
  expect(receiver.bodies()[0]).toMatchObject({ type: 'heartbeat' })
})

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const receiver = await startReceiver()
  await receiver.close()
  return receiver.port
}
