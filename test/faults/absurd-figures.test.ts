import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openReplaySource } from '../../src/input/playback/replay.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import { createRandom } from '../chaos/random.ts'
import { tempDir } from '../deliver/samples.ts'

const root = resolve(import.meta.dirname, '../..')
const absurd = [
  '-1',
  '-99999999999999999999',
  '1e308',
  '9007199254740993',
  '18446744073709551615',
  '1e17',
  '0.5',
  'null',
]

/** The first lines of a file of ours, unpacked. */
function beginning(file: string, lines: number): string[] {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  return text.split('\n').slice(0, lines)
}

/** Replays as `oomloop replay` does; returns what was said about the input. */
async function replayed(path: string): Promise<readonly string[]> {
  const source = openReplaySource([path], { settings: defaultCoreSettings })
  const pipeline = createPipeline()
  for await (const observation of source) for (const alert of pipeline.observe(observation)) JSON.stringify(alert)
  return source.notes()
}

const files = globSync('fixtures/{recordings,captures}/**/*.jsonl{,.gz}', { cwd: root }).slice(0, 6)

/** What the sampler reads of a captured host, as the recorder writes it. */
async function recordingOf(capture: string): Promise<string[]> {
  const lines = [JSON.stringify({ oomloop: 'recording', version: 1, at: 1 })]
  for await (const observation of openReplaySource([capture], { settings: defaultCoreSettings })) {
    if (observation.kind !== 'start') lines.push(JSON.stringify(observation))
    if (lines.length > 250) break
  }
  return lines
}

describe('figures that no kernel gives, in recordings and captures', () => {
  it.each(files)(
    '%s: any one figure replaced by an absurd one is refused or taken, and nothing throws',
    async file => {
      const random = createRandom(7)
      const original = join(root, file.replace('recording of ', ''))
      const isRecording = file.startsWith('recording of ')
      const lines = isRecording ? await recordingOf(original) : beginning(original, 300)
      const dir = tempDir()
      for (let round = 0; round < 60; round++) {
        const at = random.integer(0, lines.length - 1)
        const figures = [...lines[at]!.matchAll(/(?<![\w."-])-?\d+(\.\d+)?(?![\w.])|(?<=[ \t])\d+(?=[ \t\\])/g)]
        if (figures.length === 0) continue
        const figure = random.pick(figures)
        const changed = `${lines[at]!.slice(0, figure.index)}${random.pick(absurd)}${lines[at]!.slice(figure.index + figure[0].length)}`
        const path = join(dir, 'changed.jsonl')
        writeFileSync(path, `${[...lines.slice(0, at), changed, ...lines.slice(at + 1)].join('\n')}\n`)
        await replayed(path).catch((error: Error & { code?: string }) => {
          // A file that is refused as a whole says why, in a sentence.
          if (error.code === undefined || !String(error.code).startsWith('OOMLOOP_'))
            throw new Error(`line ${at + 1}: ${changed.slice(0, 300)}`, { cause: error })
        })
      }
    },
    120_000,
  )

  it('a line with a negative size is left out, and its number is said', async () => {
    const path = join(tempDir(), 'negative.jsonl')
    const line = (fields: object) => JSON.stringify(fields)
    writeFileSync(
      path,
      `${[
        line({ oomloop: 'recording', version: 1, at: 1 }),
        line({ kind: 'memory', at: 2, meminfo: { MemTotal: 4_000_000, MemAvailable: -5 }, vmstat: {} }),
        line({ kind: 'processes', at: 3, seen: [{ pid: 7, rssKiB: -1 }], gone: [] }),
        line({ kind: 'processes', at: 4, seen: [{ pid: 8, startTicks: 1e300 }], gone: [] }),
        line({ kind: 'tick', at: 5 }),
      ].join('\n')}\n`,
    )
    expect((await replayed(path)).join()).toMatch(/3 lines .*line 2/)
  })
})
