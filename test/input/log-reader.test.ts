import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isReversed } from '../../src/input/playback/log/log-order.ts'
import { readLog } from '../../src/input/playback/log/log-reader.ts'
import { type OpenText, openText } from '../../src/input/playback/unpack/text-file.ts'
import { createPastedLines } from '../../src/parse/log-line/pasted/pasted-lines.ts'
import { createOomParser } from '../../src/parse/oom/oom-parser.ts'
import type { Observation, OomKill } from '../../src/types.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/logs')
const reports = readdirSync(fixtures)
  .filter(file => file.endsWith('.log') && !/export|reltime/.test(file))
  .map(file => readFileSync(join(fixtures, file), 'utf8').trimEnd())

const noise = fc.constantFrom(
  'Jun 11 01:43:49 node sshd[1]: Failed password for invalid user admin',
  'Jun 11 01:43:50 node kernel: IPv6: ADDRCONF(NETDEV_UP): veth1: link is not ready',
  'Jun 11 01:43:50 node kubelet[1]: E0611 kubelet.go:1884] skipping pod synchronization - [PLEG is not healthy: 3m]',
  'Jun 11 01:43:51 node systemd[1]: app.service: Killing process 7 (app) with signal SIGKILL.',
  '',
  'Kill',
  'Task',
)

describe('reading a finished log', () => {
  it('finds what reading every line finds, however the log is cut into chunks', async () => {
    const log = fc.array(fc.oneof(fc.constantFrom(...reports), noise), { maxLength: 12 }).map(parts => parts.join('\n'))
    await fc.assert(
      fc.asyncProperty(log, fc.integer({ min: 1, max: 5000 }), async (text, size) => {
        // A log that is newest first is read from its end.
        fc.pre(!isReversed(text, createPastedLines({ modifiedAt: now, timeZone: 'UTC' }).timeOf))
        const read = await observe(chunked(Buffer.from(text), size))
        expect(read.kills).toEqual(slowly(text))
      }),
      { numRuns: 300 },
    )
  })

  it('passes over a line of ten megabytes, and reads the next', async () => {
    const long = `Out of memory: Killed process 1 (${'x'.repeat(10_000_000)}`
    const { kills } = await observe(chunked(Buffer.from(`${long}\n${reports[0]}\n${long}`), 65_536))
    expect(kills).toEqual(slowly(reports[0]!))
    expect(kills.length).toBeGreaterThan(0)
  })

  it('unpacks gzip by its first bytes, whatever its name', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'oomloop-gz-')), 'messages')
    writeFileSync(path, gzipSync(`${reports[0]}\n`))
    expect((await observe(await openText(path))).kills).toEqual(slowly(reports[0]!))
  })

  it('reads a journal export, whose fields stand on lines of their own', async () => {
    const path = join(fixtures, 'format-journal-export.log')
    const { kills } = await observe(await openText(path))
    expect(kills.map(({ pid, taskMemcg }) => [pid, taskMemcg])).toEqual([[1205, '/a/b']])
  })

  it.each(['"MESSAGE":[', '"MESSAGE": [', '"MESSAGE" : [ '])(
    'finds a kill that journalctl wrote as numbers (%s)',
    async start => {
      const message = 'Out of memory: Killed process 7 (\xff) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB'
      const entry = `"_TRANSPORT":"kernel",${start}${[...Buffer.from(message, 'latin1')].join(',')}]}`
      for (const before of ['{', 'data: {', '\x1e{', 'Jun 11 01:43:49 node sshd[1]: x\n{']) {
        const { kills } = await observe(chunked(Buffer.from(`${before}${entry}\n`), 1000))
        expect(kills).toMatchObject([{ pid: 7, comm: '\ufffd' }])
      }
    },
  )

  it('is not led out of a report by a line that quotes a kill, or by a process that is called like one', async () => {
    const kernel = (text: string): string => `Jun 11 01:43:49 node kernel: ${text}`
    const log = [
      kernel('java invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0'),
      kernel('[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name'),
      kernel('[   11]    12    11     1000       90       3        0          -500 Killed process '),
      kernel("audit: type=1400 msg='Out of memory: Killed process 113 (a)'"),
      'Jun 11 01:43:49 node app[3]: Killed process 114 (a) total-vm:1kB, anon-rss:1kB, file-rss:0kB',
      kernel('[   77]    88    77     1000       90       3        0          -400 java'),
      kernel('Out of memory: Kill process 77 (java) score 5 or sacrifice child'),
      kernel('Killed process 77 (java) total-vm:1kB, anon-rss:1kB, file-rss:0kB'),
    ].join('\n')
    const { kills } = await observe(chunked(Buffer.from(log), 100))
    expect(kills).toEqual(slowly(log))
    expect(kills).toMatchObject([{ pid: 77, uid: 88, oomScoreAdj: -400 }])
  })

  it('ends with the time of the last line, though nothing else is read of it', async () => {
    const text = 'Jun 11 01:43:49 node sshd[1]: x\nJun 11 05:00:00 node sshd[1]: y\n'
    const { all } = await observe(chunked(Buffer.from(text), 20))
    expect(all).toEqual([{ kind: 'tick', at: Date.UTC(2026, 5, 11, 5) }])
  })

  it('says which year and zone it took', async () => {
    const text = `Jun 11 01:43:49 node kernel: Out of memory: Killed process 1 (a) total-vm:1kB, anon-rss:1kB, file-rss:0kB\n`
    const { notes } = await observe(chunked(Buffer.from(text), 1000))
    expect(notes).toEqual([
      { note: 'yearAssumed', year: 2026 },
      { note: 'zoneGiven', zone: 'UTC' },
    ])
  })

  it('keeps what kubelet says of its PLEG and of pods that begin and end, and nothing else of it', async () => {
    const lines = ['PLEG is not healthy: pleg was last seen active 3m', 'SyncLoop ADD', 'Starting kubelet']
    const text = lines.map(line => `Jun 11 01:43:49 node kubelet[12]: ${line}\n`).join('')
    const { all } = await observe(chunked(Buffer.from(text), 1000))
    expect(all.filter(({ kind }) => kind === 'unit-line')).toMatchObject([{ line: lines[0] }, { line: lines[1] }])
  })
})

const now = Date.UTC(2026, 10, 23)

function chunked(bytes: Buffer, size: number): OpenText {
  return {
    head: bytes.toString('utf8', 0, 65_536),
    modifiedAt: now,
    chunks: async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    },
  }
}

async function observe(text: OpenText) {
  const log = readLog({ text: { ...text, modifiedAt: now }, file: 'a.log', locale: 'en', now, timeZone: 'UTC' })
  const parser = createOomParser()
  const all: Observation[] = []
  const kills: OomKill[] = []
  for await (const { observation } of log.items) {
    all.push(observation)
    if (observation.kind === 'kernel') kills.push(...parser.push(observation))
  }
  kills.push(...parser.flush(Infinity))
  return { all, kills: kills.map(plain), notes: log.notes() }
}

/** The naive reference: every line, one by one. */
function slowly(text: string): object[] {
  const lines = createPastedLines({ modifiedAt: now, timeZone: 'UTC' })
  const parser = createOomParser()
  const kills: OomKill[] = []
  for (const { records } of [...text.split('\n').map(lines.line), lines.end()]) {
    for (const { observation } of records) if (observation.kind === 'kernel') kills.push(...parser.push(observation))
  }
  return [...kills, ...parser.flush(Infinity)].map(plain)
}

/** A stamp can be dated by any line that shows both, and the fast way sees fewer of them. */
function plain({ estimated, at, ...kill }: OomKill): Omit<OomKill, 'estimated'> {
  return { ...kill, at: estimated ? null : at }
}
