import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AgentStatus, createStatusWriter } from '../src/agent/agent-status.ts'
import { commands } from '../src/cli/commands.ts'
import { errorCodes, exitCodeOf, OomloopError } from '../src/errors.ts'
import { messagesOf } from '../src/text/messages/catalogues.ts'
import { startReceiver } from './deliver/receiver.ts'
import { writeHostTree } from './support/host-tree.ts'
import { checkout, oomloop, startOomloop } from './support/oomloop.ts'

const docs = readFileSync(resolve(import.meta.dirname, '../docs/exit-codes.md'), 'utf8')

/** Rows of the docs' tables, by the name in their first cell. */
const rows = new Map(
  docs.split('\n').flatMap(line => {
    const [name, ...cells] = line.split('|').slice(1, -1)
    const key = /^ `([^`]+)` $/.exec(name ?? '')?.[1]
    return key ? [[key, cells.map(cell => cell.trim())] as const] : []
  }),
)

describe('docs/exit-codes.md', () => {
  it('has every error code, its exit code and its meaning, and no other', () => {
    const documented = [...rows.keys()].filter(name => name.startsWith('OOMLOOP_'))
    expect(documented).toEqual(errorCodes)
    for (const code of errorCodes) {
      const exit = exitCodeOf(new OomloopError(code, ''))
      expect(rows.get(code)).toEqual([String(exit), messagesOf('en').cli.errors[code]])
    }
  })

  it('has every command, in the order of --help', () => {
    expect([...rows.keys()].filter(name => !name.startsWith('OOMLOOP_'))).toEqual(commands.map(({ name }) => name))
  })
})

const scratch = mkdtempSync(join(tmpdir(), 'oomloop-exit-'))
const file = (name: string, text: string): string => {
  writeFileSync(join(scratch, name), text)
  return join(scratch, name)
}
const quiet = file('quiet.log', 'Jun 15 16:50:50 n kernel: eth0: link up\n')
const loud = file(
  'loud.log',
  'Jun 15 16:50:50 n kernel: Killed process 7 (a), UID 0, total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB\n',
)
const missing = join(scratch, 'missing.log')
const unwritable = join(scratch, 'no-such-folder/page.html')
const tree = writeHostTree({
  processes: [],
  files: { '/proc/meminfo': 'MemTotal: 16000000 kB\nMemAvailable: 12000000 kB\n', '/proc/vmstat': 'oom_kill 0\n' },
})
const primed = writeHostTree({
  processes: [],
  files: {
    '/proc/meminfo': 'MemTotal: 16000000 kB\nMemAvailable: 12000000 kB\n',
    '/proc/vmstat': 'oom_kill 0\n',
    '/proc/sys/vm/panic_on_oom': '2\n',
  },
})
const empty = join(scratch, 'empty-root')
mkdirSync(empty)

const stateOf = async (name: string, firing: AgentStatus['firing']): Promise<string> => {
  const dir = join(scratch, name)
  mkdirSync(dir)
  const now = new Date().toISOString()
  await createStatusWriter(dir)({
    version: '0.1.0',
    pid: process.pid,
    node: 'node-1',
    startedAt: now,
    at: now,
    sources: [],
    coverage: { counted: 0, seen: 0, attributed: 0, lostRecords: 0 },
    headroom: null,
    stall: null,
    firing,
    history: null,
    alerts: { judged: 0, notified: 0, suppressed: 0, byType: {} },
    delivery: [],
    protection: [],
    longestGapMs: 0,
  } as AgentStatus)
  return dir
}
const calm = await stateOf('calm', [])
const alarmed = await stateOf('alarmed', [
  { type: 'oom-storm', subject: 'node', severity: 'critical', since: new Date().toISOString() },
])

const taking = await startReceiver()
const refusing = await startReceiver((_, response) => response.writeHead(400).end('no'))
const busy = createServer()
beforeAll(() => new Promise<void>(done => busy.listen(0, '127.0.0.1', done)))
afterAll(async () => {
  await taking.close()
  await refusing.close()
  busy.close()
  rmSync(scratch, { recursive: true })
  rmSync(tree, { recursive: true })
  rmSync(primed, { recursive: true })
})

/** One way to each code that a command is said to end with. */
const ways: Record<string, Partial<Record<0 | 1 | 2 | 3, () => string[]>>> = {
  run: {
    2: () => ['--loop-window', 'soon'],
    3: () => ['--state-dir', join(quiet, 'below-a-file')],
  },
  replay: {
    0: () => [quiet],
    1: () => ['--kills', loud],
    2: () => [loud, '--tz', 'soon'],
    3: () => [missing],
  },
  record: {
    0: () => ['-o', join(scratch, 'x.jsonl'), '--root', tree, '--source', 'file', '--for', '1s'],
    2: () => [],
    3: () => ['-o', join(scratch, 'x.jsonl'), '--root', empty],
  },
  report: {
    0: () => [quiet, '-o', join(scratch, 'quiet.html')],
    1: () => [loud, '-o', join(scratch, 'loud.html')],
    2: () => [loud],
    3: () => [loud, '-o', unwritable],
  },
  watch: {
    2: () => ['--speed', '2'],
  },
  status: {
    0: () => ['--state-dir', calm],
    1: () => ['--state-dir', alarmed],
    2: () => ['--bogus'],
    3: () => ['--state-dir', scratch],
  },
  notify: {
    0: () => ['--test', '--webhook', taking.url],
    1: () => ['--test', '--webhook', refusing.url],
    2: () => ['--test'],
  },
  hold: {
    0: () => ['--release', '--root', empty, '--state-dir', join(scratch, 'hold')],
    2: () => ['--bogus'],
    3: () => ['--root', empty, '--state-dir', join(scratch, 'hold')],
  },
  config: {
    0: () => ['check'],
    2: () => ['chek'],
  },
  doctor: {
    0: () => ['--root', tree],
    1: () => ['--root', primed],
    2: () => ['--at', '5'],
    3: () => ['--root', empty],
  },
}

describe('every command ends as the docs say', () => {
  for (const { name } of commands) {
    for (const code of [0, 1, 2, 3] as const) {
      const args = ways[name]?.[code]
      const isSaid = () => !rows.get(name)![code]!.startsWith('–')
      if (!args) continue
      it.concurrent(`${name} ends with ${code}`, async () => {
        expect(isSaid()).toBe(true)
        const ended = await oomloop([name, ...args()])
        expect({ code: ended.code, stderr: ended.stderr }).toEqual({
          code,
          stderr: code >= 2 ? expect.stringMatching(/^oomloop: .+ \[OOMLOOP_[A-Z_]+\]\n$/m) : expect.any(String),
        })
      }, 120_000)
    }
  }

  it('and there is a way to each code here, but where a terminal would be needed', () => {
    const without = commands.flatMap(({ name }) =>
      ([0, 1, 2, 3] as const)
        .filter(code => !rows.get(name)![code]!.startsWith('–') && !ways[name]?.[code])
        .map(code => `${name} ${code}`),
    )
    expect(without).toEqual(['watch 0', 'watch 3'])
  })

  it('an address that is taken is a failure of run', async () => {
    const { port } = busy.address() as AddressInfo
    const { code, stderr } = await oomloop(['run', '--state-dir', scratch, '--listen', `127.0.0.1:${port}`])
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/cannot listen.*\[OOMLOOP_LISTEN\]/s) })
  })

  it('a reader that goes away is no failure', async () => {
    const line = (pid: number) => readFileSync(loud, 'utf8').replace('process 7', `process ${pid}`)
    const many = file('many.log', Array.from({ length: 50_000 }, (_, index) => line(index + 10)).join(''))
    const replay = startOomloop(['replay', '--kills', many], { cwd: checkout })
    replay.process.stdout.once('data', () => replay.process.stdout.destroy())
    expect((await replay.finished).code).toBe(0)
  })
})
