import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { baselineFile, readLearned } from '../../src/agent/learned-files.ts'
import { recordingFiles } from '../../src/input/playback/recording-files.ts'
import { openReplaySource, readRecording } from '../../src/input/playback/replay.ts'
import { memberEnd } from '../../src/recording/packed-members.ts'
import { createRecorder } from '../../src/recording/recorder.ts'
import { createSegmentStore } from '../../src/recording/segment-store.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Observation } from '../../src/types.ts'
import { createRandom } from '../chaos/random.ts'
import { until } from '../deliver/receiver.ts'
import { tempDir } from '../deliver/samples.ts'
import { startLogFileAgent } from '../support/log-file-agent.ts'

/** A recording of several segments, all but the last packed. */
async function recordingIn(dir: string, observations: number): Promise<void> {
  const log = { warn: () => {} }
  const recorder = createRecorder({ dir, maxBytes: 64 * 1024 * 1024, agentVersion: '0', bootId: 'b', log })
  for (let seq = 0; seq < observations; seq++) {
    recorder.write({ kind: 'kernel', at: 1000 + seq, seq, text: `record ${seq} ${'x'.repeat(seq % 300)}` })
    if (seq % 500 === 499) await recorder.flush(20_000)
  }
  await recorder.close(20_000)
  const store = createSegmentStore({ dir, maxBytes: 64 * 1024 * 1024, segmentBytes: 1024 })
  await store.pack()
  await store.close()
}

function flip(path: string, bit: number): void {
  const bytes = readFileSync(path)
  bytes[bit >> 3]! ^= 1 << (bit & 7)
  writeFileSync(path, bytes)
}

async function all(source: AsyncIterable<Observation>): Promise<number[]> {
  const seqs: number[] = []
  for await (const observation of source) if (observation.kind === 'kernel') seqs.push(observation.seq!)
  return seqs
}

describe('one flipped bit', () => {
  it('anywhere in a segment costs a part of it, is named, and nothing that follows', async () => {
    const whole = tempDir()
    await recordingIn(whole, 30_000)
    const names = readdirSync(whole).sort()
    expect(names.filter(name => name.endsWith('.zst')).length).toBeGreaterThan(1)
    const random = createRandom(11)
    for (let round = 0; round < 60; round++) {
      const dir = tempDir()
      for (const name of names) writeFileSync(join(dir, name), readFileSync(join(whole, name)))
      const name = random.pick(names)
      // Every fourth time in the first bytes, where the magic, the header and the lengths stand.
      const bytes = readFileSync(join(dir, name)).length
      flip(join(dir, name), random.integer(0, (round % 4 === 0 ? Math.min(200, bytes) : bytes) * 8 - 1))
      const source = openReplaySource([dir], { settings: defaultCoreSettings })
      const replayed = await all(source)
      const notes: string[] = []
      const resumed = await all(readRecording(await recordingFiles(dir), { onNote: note => void notes.push(note) }))
      // A member is 512 KiB of lines, which are about 3000 here.
      expect(replayed.length, name).toBeGreaterThan(26_000)
      expect(replayed.at(-1) ?? 0).toBeGreaterThan(26_000)
      expect(resumed).toEqual(replayed)
      if (replayed.length < 30_000 && name.endsWith('.zst'))
        expect(source.notes().join() + notes.join()).toMatch(/damaged|cut off|broken/)
    }
  }, 120_000)

  it('in the baselines or a status makes the agent begin without it, and no more', () => {
    const dir = tempDir()
    const text = JSON.stringify({ kind: 'habits', at: 1, habits: [{ workload: 'a', KiB: 1, watchedMs: 1, seenAt: 1 }] })
    for (let bit = 0; bit < text.length * 8; bit += 3) {
      writeFileSync(join(dir, 'habits.json'), text)
      flip(join(dir, 'habits.json'), bit)
      expect(() => readLearned(baselineFile, dir)).not.toThrow()
    }
  })

  it('in a packed segment: the next run of the agent goes on under the same incident', async () => {
    const stateDir = tempDir()
    const cgroup = `/docker/${'d'.repeat(64)}`
    const first = await startLogFileAgent({ stateDir })
    await pause(1500)
    for (const pid of [5000, 5001]) {
      first.kill({ pid, cgroup })
      await pause(700)
    }
    await until(() => first.receiver.bodies().some(({ type }) => type === 'respawn-loop'), 5000, 'the first alert')
    const { incident } = first.receiver.bodies().find(({ type }) => type === 'respawn-loop')!
    await pause(1500)
    await first.stop()

    const plain = join(stateDir, 'recordings', '000001.jsonl')
    const lines = readFileSync(plain, 'utf8').trim().split('\n')
    const packed = Buffer.concat(lines.flatMap(line => [zstdCompressSync(`${line}\n`), memberEnd]))
    renameSync(plain, join(stateDir, 'recordings', 'old'))
    writeFileSync(`${plain}.zst`, packed)
    flip(`${plain}.zst`, Math.floor(packed.length / 3) * 8 + 80)

    const second = await startLogFileAgent({ stateDir })
    await pause(1000)
    for (const pid of [5002, 5003, 5004, 5005]) {
      second.kill({ pid, cgroup })
      await pause(500)
    }
    await until(() => second.receiver.bodies().some(({ type }) => type === 'respawn-loop'), 5000, 'the next alert')
    expect(second.receiver.bodies().find(({ type }) => type === 'respawn-loop')!.incident).toBe(incident)
  }, 60_000)
})
