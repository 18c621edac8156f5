import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { whyNoKmsg } from '../../src/input/live/kmsg.ts'
import { openReplaySource } from '../../src/input/playback/replay.ts'
import type { OomKillJson } from '../../src/parse/oom/kill-json.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { AttributedKill } from '../../src/types.ts'
import { until } from '../deliver/receiver.ts'
import { makeOomCgroup, whyNoKills } from '../support/oom-cgroup.ts'
import { oomloop, startOomloop } from '../support/oomloop.ts'
import { expectValidLines } from '../support/schema.ts'

const why = whyNoKmsg() ?? whyNoKills()
const folder = mkdtempSync(join(tmpdir(), 'oomloop-live-record-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A recording of this machine made while the kernel kills shows those kills when it is replayed. */
describe.skipIf(why !== undefined)(`oomloop record, live${why ? ` (skipped: ${why})` : ''}`, () => {
  const files = {
    recording: join(folder, 'recording.jsonl.gz'),
    capture: join(folder, 'capture.jsonl.gz'),
    'redacted capture': join(folder, 'redacted.jsonl'),
  }
  let path = ''
  const pids: number[] = []

  beforeAll(async () => {
    const cgroup = makeOomCgroup('record')
    path = cgroup.path
    const running = [
      startOomloop(['record', '-o', files.recording]),
      startOomloop(['record', '-o', files.capture, '--capture']),
      startOomloop(['record', '-o', files['redacted capture'], '--capture', '--redact']),
    ]
    try {
      for (const { stderr } of running) await until(() => stderr().includes('recording to'), 20_000, 'it records')
      for (let kill = 0; kill < 2; kill++) {
        await sleep(1500) // on a busy machine a death is read late: the next birth comes clearly after it
        pids.push(await cgroup.kill('oomloop-victim', 3))
      }
      await sleep(1200)
    } finally {
      for (const { process } of running) process.kill('SIGTERM')
      for (const { finished } of running) expect(await finished).toMatchObject({ code: 0 })
      cgroup.remove()
    }
  })

  it.each(Object.entries(files))(
    'a %s has the kills and the loop, of the workload that was seen alive',
    async (name, file) => {
      const text = readFileSync(file)
      expectValidLines(
        name === 'recording' ? 'recording' : 'capture',
        (file.endsWith('.gz') ? gunzipSync(text) : text).toString(),
      )
      const { stdout } = await oomloop(['replay', '--kills', file])
      const kills = stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as OomKillJson)
      expect(kills.filter(({ taskMemcg }) => taskMemcg === path).map(({ pid }) => pid)).toEqual(pids)

      const seen: AttributedKill[] = []
      const pipeline = createPipeline({
        onEvent: event => {
          if (event.kind === 'kill' && event.kill.kill.taskMemcg === path) seen.push(event.kill)
        },
      })
      for await (const observation of openReplaySource([file], { settings: defaultCoreSettings }))
        pipeline.observe(observation)
      // A victim that was seen alive has a start time and a size; the log alone would show neither.
      expect(seen.map(({ attributed, bornAt, workload }) => [attributed, bornAt !== null, workload.cgroup])).toEqual(
        pids.map(() => [true, true, path]),
      )
      const { coverage } = pipeline.world()
      expect(coverage.lostRecords).toBe(0)
      expect(
        pipeline.verdicts().filter(({ type, subject }) => type === 'respawn-loop' && subject.includes(path)),
      ).toHaveLength(1)
    },
  )
})
