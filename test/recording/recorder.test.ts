import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { openReplaySource } from '../../src/input/playback/replay.ts'
import { diskWrites } from '../../src/platform/disk-queue.ts'
import { createRecorder } from '../../src/recording/recorder.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Observation } from '../../src/types.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oomloop-recorder-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const log = { warn: () => {} }
const recorderOf = (maxBytes = 16 * 1024 * 1024) =>
  createRecorder({ dir, maxBytes, agentVersion: '0', bootId: 'boot-1', log, now: () => 500 })

async function readBack(path = dir): Promise<{ observations: Observation[]; notes: readonly string[] }> {
  const source = openReplaySource([path], { settings: defaultCoreSettings })
  const observations: Observation[] = []
  for await (const observation of source) observations.push(observation)
  return { observations, notes: source.notes() }
}

/** Ten records, the last of which a kill -9 cut in two. */
async function writeKilledRun(): Promise<void> {
  const recorder = recorderOf()
  for (const observation of numbered(0, 10)) recorder.write(observation)
  await recorder.close(20_000)
  const file = join(dir, readdirSync(dir)[0]!)
  truncateSync(file, statSync(file).size - 100)
}

/** A stream in which each observation contains its number. */
const numbered = (from: number, to: number): Observation[] =>
  Array.from({ length: to - from }, (_, index) => ({
    kind: 'kernel',
    at: 1000 + from + index,
    seq: from + index,
    text: `record ${from + index} ${'x'.repeat(200)}`,
  }))

describe('the flight recorder', () => {
  it('a replay returns what was written, in order, after a start', async () => {
    const recorder = recorderOf()
    const written: Observation[] = [
      { kind: 'settings', at: 1, settings: defaultCoreSettings },
      { kind: 'kernel', at: null, text: 'no time, and \\x0a "quotes" é' },
      { kind: 'processes', at: 2, seen: [], gone: [{ pid: 1, startTicks: 2 }] },
      { kind: 'source', at: 3, source: 'kmsg', state: 'blind', why: 'gone' },
      { kind: 'end', at: 4, why: 'signal' },
    ]
    for (const observation of written) recorder.write(observation)
    await recorder.close(20_000)
    expect(await readBack()).toEqual({ observations: [{ kind: 'start', at: 500 }, ...written], notes: [] })
  })

  it('has on disk what was written before a flush, though it is never closed', async () => {
    const recorder = recorderOf()
    recorder.write({ kind: 'tick', at: 7 })
    await recorder.flush(20_000)
    expect((await readBack()).observations.at(-1)).toEqual({ kind: 'tick', at: 7 })
    await recorder.close(20_000)
  })

  it('lets an alert wait for its own record alone: not for what is written after it', async () => {
    const recorder = recorderOf()
    const disk = Promise.withResolvers<void>()
    onTestFinished(() => disk.resolve())
    recorder.write({ kind: 'tick', at: 7 })
    const flushed = recorder.flush(5_000)
    void diskWrites.run(() => disk.promise)
    recorder.write({ kind: 'tick', at: 8 })
    const begunAt = performance.now()
    await flushed
    expect(performance.now() - begunAt).toBeLessThan(4_000)
    expect((await readBack()).observations.at(-1)).toEqual({ kind: 'tick', at: 7 })
    disk.resolve()
    await recorder.close(20_000)
    expect((await readBack()).observations.at(-1)).toEqual({ kind: 'tick', at: 8 })
  })

  it('reads over segments as if there were one', async () => {
    const recorder = recorderOf()
    const written = numbered(0, 20_000)
    for (const [index, observation] of written.entries()) {
      recorder.write(observation)
      if (index % 500 === 499) await recorder.flush(20_000)
    }
    await recorder.close(20_000)
    expect(readdirSync(dir).length).toBeGreaterThan(1)
    const { observations, notes } = await readBack()
    expect(observations.slice(1)).toEqual(written)
    expect(notes).toEqual([])
  })

  it('stays within its bound and keeps the newest', async () => {
    const maxBytes = 1024 * 1024
    const recorder = recorderOf(maxBytes)
    let noise = 1
    for (let at = 0; at < 30_000; at++) {
      // Does not pack well: the bound has to hold then too.
      const words = Array.from({ length: 20 }, () => {
        noise = (noise * 48_271) % 2_147_483_647
        return noise.toString(36)
      })
      recorder.write({ kind: 'kernel', at, text: words.join(' ') })
      if (at % 200 === 199) await recorder.flush(20_000)
    }
    await recorder.close(20_000)
    const bytes = readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
    expect(bytes).toBeLessThanOrEqual(maxBytes)
    expect(bytes).toBeGreaterThan(maxBytes / 4)
    const { observations, notes } = await readBack()
    expect(observations.at(-1)).toMatchObject({ at: 29_999 })
    expect(notes.join()).toContain('older segments were deleted')
  })

  it('begins with the state of the host where the first segments are gone', async () => {
    const recorder = recorderOf()
    const process = { pid: 7, startTicks: 1, ppid: 1, comm: 'java', state: 'S', threads: 1, majorFaults: 0 }
    const figures = { rssKiB: 1, oomScore: 1, oomScoreAdj: 0, cgroup: '/a' }
    recorder.write({ kind: 'settings', at: 1, settings: { ...defaultCoreSettings, stormEvents: 7 } })
    recorder.write({
      kind: 'processes',
      at: 2,
      seen: [
        { ...process, ...figures },
        { ...process, ...figures, pid: 8 },
      ],
      gone: [],
    })
    recorder.write({ kind: 'processes', at: 3, seen: [], gone: [{ pid: 8, startTicks: 1 }] })
    for (const observation of numbered(0, 20_000)) {
      recorder.write(observation)
      if (observation.at! % 500 === 0) await recorder.flush(20_000)
    }
    await recorder.close(20_000)
    rmSync(join(dir, readdirSync(dir).sort()[0]!))
    const { observations } = await readBack()
    expect(observations[0]).toEqual({ kind: 'start', at: 500 })
    expect(observations[1]).toMatchObject({ kind: 'settings', settings: { stormEvents: 7 } })
    expect(observations[2]).toEqual({ kind: 'processes', at: 500, seen: [{ ...process, ...figures }], gone: [] })
    const records = observations.slice(3).map(observation => observation.at)
    expect(records.at(-1)).toBe(20_999)
    expect(records).toEqual(Array.from({ length: records.length }, (_, index) => 21_000 - records.length + index))
  })

  it('the recorder continues after a run that was killed in the middle of a line', async () => {
    await writeKilledRun()
    const second = recorderOf()
    second.write({ kind: 'tick', at: 5000 })
    await second.close(20_000)
    expect(readdirSync(dir)).toHaveLength(1)
    const { observations, notes } = await readBack()
    // The second run remembers the first, so its core goes on where that one stopped: no start between them.
    expect(observations.map(({ kind }) => kind)).toEqual(['start', ...Array(9).fill('kernel'), 'tick'])
    expect(notes).toEqual([])
  })

  it('starts again where the run behind it says that it did', async () => {
    await writeKilledRun()
    const second = recorderOf()
    second.write({ kind: 'start', at: 4999 })
    second.write({ kind: 'tick', at: 5000 })
    await second.close(20_000)
    const { observations } = await readBack()
    expect(observations.map(({ kind }) => kind)).toEqual(['start', ...Array(9).fill('kernel'), 'start', 'tick'])
  })

  it('starts again after another boot, and where the beginning of a run is missing behind another run', async () => {
    const header = (fields: object) => JSON.stringify({ oomloop: 'recording', version: 1, at: 7, ...fields })
    const tick = '{"kind":"tick","at":8}'
    const kinds = async (...lines: string[]) => {
      const file = join(dir, 'two-runs.jsonl')
      writeFileSync(file, `${lines.join('\n')}\n`)
      return (await readBack(file)).observations.map(({ kind }) => kind)
    }
    const first = header({ run: 'a', bootId: 'boot-1' })
    expect(await kinds(first, tick, header({ run: 'b', bootId: 'boot-1' }), tick)).toEqual(['start', 'tick', 'tick'])
    expect(await kinds(first, tick, header({ run: 'b', bootId: 'boot-2' }), tick)).toEqual([
      'start',
      'tick',
      'start',
      'tick',
    ])
    const middle = header({ run: 'b', bootId: 'boot-1', segment: 3 })
    expect(await kinds(first, tick, middle, tick)).toEqual(['start', 'tick', 'start', 'tick'])
  })

  it('calls a line broken that is damaged in the middle of a run', async () => {
    const recorder = recorderOf()
    recorder.write({ kind: 'tick', at: 1 })
    await recorder.close(20_000)
    const file = join(dir, readdirSync(dir)[0]!)
    appendFileSync(file, '{"kind":"tick","at":2\n{"kind":"tick","at":3}\n')
    const { observations, notes } = await readBack()
    expect(observations.map(({ at }) => at)).toEqual([500, 1, 3])
    expect(notes).toEqual(['line 3 is damaged and was skipped'])
  })

  it('says so where its directory cannot be made', () => {
    const path = join(dir, 'a-file')
    appendFileSync(path, '')
    expect(() =>
      createRecorder({ dir: join(path, 'below'), maxBytes: 1e6, agentVersion: '0', bootId: null, log }),
    ).toThrow(/cannot create the directory .*a-file/)
  })

  it('contains names of pods, so only its user and group may read it', async () => {
    const recorder = recorderOf()
    recorder.write({ kind: 'tick', at: 1 })
    await recorder.close(20_000)
    const file = join(dir, readdirSync(dir)[0]!)
    expect(statSync(file).mode & 0o007).toBe(0)
    expect(readFileSync(file, 'utf8')).toContain('"bootId":"boot-1"')
  })
})
