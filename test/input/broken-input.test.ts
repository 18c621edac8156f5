import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { OomloopError } from '../../src/errors.ts'
import { openReplaySource } from '../../src/input/playback/replay.ts'
import { killAsJson } from '../../src/parse/oom/kill-json.ts'
import { createOomParser } from '../../src/parse/oom/oom-parser.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { OomKill } from '../../src/types.ts'
import { createIncidentHistory } from '../../src/view/incident/timeline-data.ts'

const folder = mkdtempSync(join(tmpdir(), 'oomloop-broken-'))
afterAll(() => rmSync(folder, { recursive: true }))

const recording = readFileSync(resolve(import.meta.dirname, '../../fixtures/scenarios/founding-incident.jsonl'), 'utf8')
const at = 1_790_000_000_000
const kmsg = (seq: number, text: string): string =>
  JSON.stringify({ at: at + seq * 5000, kmsg: `4,${seq},${seq * 5_000_000},-;${text}\n` })
const killed = (pid: number): string =>
  `Out of memory: Killed process ${pid} (java) total-vm:900kB, anon-rss:800kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:9kB oom_score_adj:0`
const meminfo = (second: number): string =>
  JSON.stringify({
    at: at + second * 5000,
    pids: [7, second],
    files: {
      '/proc/meminfo': `MemTotal: 900000 kB\nMemFree: ${900 + second} kB\nMemAvailable: ${1900 + second} kB\n`,
      '/proc/7/stat': `7 (java) S 1 7 7 0 -1 4194304 10 0 3 0 1 1 0 0 20 0 1 0 5 1000 800 ${'0 '.repeat(27)}0\n`,
      '/proc/7/cgroup': '0::/system.slice/app.service\n',
      [`/proc/${second}/oom_score`]: '3\n',
    },
  })
const capture = [
  JSON.stringify({ oomloop: 'capture', version: 1, at, bootedAt: at }),
  ...[1, 2, 3].map(meminfo),
  kmsg(4, killed(7)),
  ...[5, 6].map(meminfo),
  kmsg(7, killed(8)),
  JSON.stringify({ at: at + 40_000, unit: 'kubelet', line: 'é' }),
  meminfo(9),
]
  .map(line => `${line}\n`)
  .join('')

/** What `replay` would print of a file: kills and alerts, and what it says of the file; or the sentence it fails with. */
async function replayed(content: string | Buffer, name = 'input.jsonl') {
  const path = join(folder, name)
  writeFileSync(path, content)
  const kills: string[] = []
  const alerts: string[] = []
  const chronicle = createIncidentHistory('UTC')
  const pipeline = createPipeline({
    onKill: kill => kills.push(JSON.stringify(killAsJson(kill))),
    onEvent: chronicle.event,
  })
  const source = openReplaySource([path], { settings: defaultCoreSettings, timeZone: 'UTC' })
  try {
    for await (const observation of source)
      for (const alert of pipeline.observe(observation)) alerts.push(JSON.stringify(alert))
    chronicle.finish(pipeline.verdicts())
  } catch (error) {
    if (!(error instanceof OomloopError)) throw error
    return { kills, alerts, notes: source.notes(), failure: error.message.replaceAll(folder, '') }
  }
  return { kills, alerts, notes: source.notes(), failure: null }
}

/** The kills alone, without judging them: for the thousands of ways to cut a file. */
async function read(content: Buffer, name = 'input.jsonl') {
  const path = join(folder, name)
  writeFileSync(path, content)
  const parser = createOomParser()
  const found: OomKill[] = []
  const source = openReplaySource([path], { settings: defaultCoreSettings, timeZone: 'UTC' })
  let failure: string | null = null
  try {
    for await (const observation of source) if (observation.kind === 'kernel') found.push(...parser.push(observation))
  } catch (error) {
    if (!(error instanceof OomloopError)) throw error
    failure = error.message
  }
  found.push(...parser.flush(Number.POSITIVE_INFINITY))
  return { kills: found.map(kill => JSON.stringify(killAsJson(kill))), notes: source.notes(), failure }
}

/** The first of all kills; of the last the cut may have left nothing but that it was chosen. */
function expectBeginning(kills: readonly string[], whole: readonly string[]): void {
  const last = kills.at(-1)
  const isChosenOnly = last !== undefined && JSON.parse(last).partial === true
  const sure = isChosenOnly ? kills.slice(0, -1) : kills
  expect(sure).toEqual(whole.slice(0, sure.length))
  if (!isChosenOnly) return
  const { pid, sacrificedFor } = JSON.parse(whole[sure.length]!)
  expect(JSON.parse(last).pid).toBe(sacrificedFor ?? pid)
}

const withLine = (text: string, line: number, broken: string): string => {
  const lines = text.split('\n')
  return [...lines.slice(0, line), broken, ...lines.slice(line)].join('\n')
}

describe.each([
  ['recording', recording],
  ['capture', capture],
])('a %s', (kind, text) => {
  it('holds kills', async () => {
    expect((await replayed(text)).kills.length).toBeGreaterThan(1)
  })

  it.each(['{"kind":"tick","at":', 'not json at all', '[1,2]', '{"at":"soon","kmsg":"x"}', '\u0000\u0001', '7'])(
    'a capture with a broken line in the middle (%j) gives the rest, and the number of that line',
    async broken => {
      const whole = await replayed(text)
      const { kills, alerts, notes, failure } = await replayed(withLine(text, 3, broken))
      expect({ kills, alerts, failure }).toEqual({ kills: whole.kills, alerts: whole.alerts, failure: null })
      expect(notes).toEqual([...whole.notes, 'line 4 is damaged and was skipped'])
    },
  )

  it('of a newer version is refused with a sentence that says what to do', async () => {
    const { failure, kills } = await replayed(text.replace('"version":1', '"version":2'))
    expect(failure).toBe(
      `/input.jsonl is a ${kind} of version 2, but this oomloop reads up to 1: replay it with a newer oomloop`,
    )
    expect(kills).toEqual([])
  })

  it('without a version is refused likewise', async () => {
    expect((await replayed(text.replace('"version":1,', ''))).failure).toContain(`is a ${kind} of version undefined`)
  })

  it('without its header is refused with the line that is missing', async () => {
    const { failure } = await replayed(text.slice(text.indexOf('\n') + 1))
    expect(failure).toMatch(
      new RegExp(`has lines of a ${kind} but no header: put \\{"oomloop":"${kind}","version":1,"at":\\d+\\} before`),
    )
  })

  it('a capture that is cut at any byte of its last kilobyte gives what came before the cut', async () => {
    const whole = await replayed(text)
    const bytes = Buffer.from(text)
    for (let end = bytes.length - 1024; end < bytes.length; end++) {
      const cut = bytes.subarray(0, end)
      const { kills, notes } = await read(cut)
      expect(notes).toEqual([])
      expectBeginning(kills, whole.kills)
      if (end % 64 > 0) continue
      const judged = await replayed(cut)
      expect(judged).toMatchObject({ notes, failure: null })
      expectBeginning(judged.kills, whole.kills)
    }
  })

  it('that is packed and cut at any byte gives a clean result or a sentence', async () => {
    const whole = await replayed(text)
    const packed = gzipSync(text)
    for (let end = 1; end < packed.length; end++) {
      const { kills, failure } = await read(packed.subarray(0, end), 'cut.jsonl.gz')
      expectBeginning(kills, whole.kills)
      if (failure) expect(failure).toMatch(/cut.jsonl.gz/)
    }
  })

  it('that is packed and damaged gives a clean result or a sentence', async () => {
    const packed = gzipSync(text)
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), async (place, change) => {
        const damaged = Buffer.from(packed)
        damaged[place]! ^= change
        const { failure } = await replayed(damaged, 'damaged.jsonl.gz')
        if (failure) expect(failure).toMatch(/damaged.jsonl.gz/)
      }),
      { numRuns: 100 },
    )
  })

  it('a capture whose clock runs backwards is read to its end, with a note', async () => {
    const lines = text.trimEnd().split('\n')
    const backwards = [lines[0], ...lines.slice(1).reverse()].join('\n')
    const { failure, notes } = await replayed(`${backwards}\n`)
    expect(failure).toBeNull()
    expect(notes.join()).toMatch(/the clock goes back/)
  })

  it('that ends after its header is empty, and fine', async () => {
    const { failure, kills, alerts } = await replayed(`${text.split('\n')[0]}\n`)
    expect({ failure, kills, alerts }).toEqual({ failure: null, kills: [], alerts: [] })
  })

  it('a capture with unknown keys is read as if they were not there', async () => {
    const whole = await replayed(text)
    const more = text.replaceAll('}\n', ',"later":{"a":[1]}}\n')
    expect(await replayed(more)).toEqual(whole)
  })

  it('whose lines hold anything at all, anywhere, crashes nothing', async () => {
    const whole = rich[kind]!.trimEnd().split('\n')
    const change = fc.record({ line: fc.nat(whole.length - 1), path: fc.array(fc.nat(), { maxLength: 5 }), value })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async changes => {
        const lines: unknown[] = whole.map(line => JSON.parse(line))
        for (const { line, path, value: fresh } of changes) lines[line] = put(lines[line], path, fresh)
        const { failure } = await replayed(`${lines.map(line => JSON.stringify(line)).join('\n')}\n`)
        expect(failure === null || /version|header|but only/.test(failure)).toBe(true)
      }),
      { numRuns: 400 },
    )
  })
})

/** Every kind of line, with all that may stand in one. */
const rich: Record<string, string> = {
  recording: [
    { oomloop: 'recording', version: 1, at, host: { name: 'n', kubelet: { source: 'x', maxPods: 7 } }, settings: {} },
    { kind: 'settings', at, settings: { ...defaultCoreSettings, mute: [{ namespace: 'ci', labels: { a: 'b' } }] } },
    { kind: 'host', at, host: { name: 'n', memTotalKiB: 900_000, labels: { a: 'b' }, sysctls: { 'vm.x': '1' } } },
    {
      kind: 'pods',
      at,
      pods: [{ uid: 'u-1', namespace: 'ns', pod: 'p-0', containers: [{ name: 'c', id: 'd' }], labels: {} }],
    },
    { kind: 'habits', at, habits: [{ workload: 'node', KiB: 5, watchedMs: 86_400_000, seenAt: at }] },
    ...[0, 1, 2, 3].flatMap(step => [
      {
        kind: 'memory',
        at: at + step * 9000,
        meminfo: { MemTotal: 900_000, MemFree: 9, MemAvailable: 9000 - step, SwapTotal: 0, Slab: 5, Shmem: 7 },
        vmstat: { oom_kill: step, workingset_refault_file: step * 90_000, nr_inactive_file: 5, pgscan_direct: step },
        pressure: { memory: { someUs: step * 8e6, fullUs: step * 7e6 }, io: { someUs: 1, fullUs: 1 } },
        load1: 3,
        numaAvailableKiB: { 0: 5, 1: 6 },
      },
      {
        kind: 'cgroups',
        at: at + step * 9000,
        cgroups: [
          {
            path: '/kubepods',
            currentKiB: 800_000,
            limitKiB: 800_001,
            stat: { anon: 7, inactive_file: 3 },
            events: { oom_kill: step },
            memoryPressure: { someUs: 1, fullUs: 1 },
          },
        ],
        gone: ['/x'],
      },
      {
        kind: 'processes',
        at: at + step * 9000,
        seen: [
          {
            pid: 7 + step,
            startTicks: step,
            ppid: 1,
            comm: 'java',
            oomScore: 900,
            rssKiB: 800,
            cgroup: '/kubepods/pod1',
          },
        ],
        gone: [{ pid: 6 + step, startTicks: step - 1 }],
      },
      { kind: 'kernel', at: at + step * 9000 + 1, seq: step, level: 4, stampUs: 1, text: killed(7 + step) },
      { kind: 'tick', at: at + step * 9000 + 5000 },
    ]),
    { kind: 'unit-line', at: at + 30_000, unit: 'kubelet', line: 'PLEG is not healthy' },
    { kind: 'source', at: at + 40_000, source: 'kmsg', state: 'blind', why: 'gone', steady: false },
    { kind: 'lost', at: at + 41_000, source: 'kmsg', records: 5 },
    { kind: 'snapshot', at: at + 42_000, observations: [{ kind: 'tick', at }] },
    { kind: 'gap', at: at + 43_000, missing: 5 },
    { kind: 'end', at: at + 90_000, why: 'signal' },
  ]
    .map(line => JSON.stringify(line))
    .join('\n'),
  capture,
}

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(-1, 1e300, '', [], {}, null, true, 'x'.repeat(5000), [null], { length: -1 }, { toString: 1 }),
)

/** Replaces what stands at a path, each step of which picks one of the keys there. */
function put(target: unknown, [step, ...rest]: readonly number[], fresh: unknown): unknown {
  if (step === undefined || typeof target !== 'object' || target === null) return fresh
  const keys = Object.keys(target)
  const key = keys[step % keys.length]
  if (key === undefined) return fresh
  const changed = put((target as Record<string, unknown>)[key], rest, fresh)
  return Array.isArray(target) ? target.with(Number(key), changed) : { ...target, [key]: changed }
}

describe('a recording of several runs', () => {
  const header = (fields: object) => JSON.stringify({ oomloop: 'recording', version: 1, at, ...fields })
  const kill = (pid: number) => JSON.stringify({ kind: 'kernel', at: at + pid, text: killed(pid) })
  const told = async (...lines: string[]) => {
    const { kills, notes, failure } = await replayed(`${lines.join('\n')}\n`)
    expect(failure).toBeNull()
    return { pids: kills.map(each => JSON.parse(each).pid), notes }
  }

  it('leaves out the lines of one that a newer version wrote, and says so', async () => {
    const { pids, notes } = await told(header({}), kill(7), header({ version: 2 }), kill(8), header({}), kill(9))
    expect(pids).toEqual([7, 9])
    expect(notes).toEqual([expect.stringMatching(/^line 3: .* is a recording of version 2.*; its lines were skipped$/)])
  })

  it('says where a segment is missing, and where the disk did not keep up', async () => {
    const of = (segment: number) => header({ run: 'a', bootId: 'b', segment })
    const { pids, notes } = await told(of(1), kill(7), of(3), kill(8), `{"kind":"gap","at":${at},"missing":5}`, kill(9))
    expect(pids).toEqual([7, 8, 9])
    expect(notes).toEqual([
      'a segment of the recording is missing before line 3',
      '5 samples are missing at line 5, because the disk was too slow',
    ])
  })

  it('says that it begins in the middle where its beginning has made room', async () => {
    const { pids, notes } = await told(header({ run: 'a', segment: 4 }), kill(7))
    expect(pids).toEqual([7])
    expect(notes.join()).toContain('starts in the middle of a run')
  })
})

describe('what is neither', () => {
  it('an empty file holds no kill', async () => {
    expect(await replayed('')).toMatchObject({ kills: [], failure: null })
  })

  it('a header of something else is refused by name', async () => {
    expect((await replayed('{"oomloop":"diary","version":1}\n')).failure).toBe(
      '/input.jsonl has the format "diary", but only "recording" and "capture" are known',
    )
  })

  it('bytes without sense are a log without kills', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async bytes => {
        const { kills, failure } = await replayed(Buffer.from(bytes))
        expect(kills).toEqual([])
        if (failure) expect(failure).toMatch(/input.jsonl/)
      }),
      { numRuns: 100 },
    )
  })

  it('a log whose clock is set back has a note, and every kill is read', async () => {
    const line = (time: string, pid: number): string => `Jun 15 ${time} node kernel: ${killed(pid)}\n`
    const { kills, notes } = await replayed(
      line('10:00:00', 7) + line('10:05:00', 8) + line('09:00:00', 9),
      'set-back.log',
    )
    expect(kills).toHaveLength(3)
    expect(notes).toContain('The clock of the log goes back once.')
  })
})

it('a recording is read alike plain and packed', async () => {
  const root = resolve(import.meta.dirname, '../../fixtures/scenarios')
  for (const file of globSync('{rolling-update,kubelet-killed,respawn-within-200-ms}.jsonl.gz', { cwd: root })) {
    const packed = readFileSync(join(root, file))
    const plain = await replayed(gunzipSync(packed).toString())
    expect(await replayed(packed, 'packed.jsonl.gz')).toEqual(plain)
  }
})
