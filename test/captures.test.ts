import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { captureNames, defaultCaptures, type TrueKill } from '../bench/leadtime/captures.ts'
import { openReplaySource } from '../src/input/playback/replay.ts'
import { createPipeline } from '../src/pipeline.ts'
import { defaultCoreSettings } from '../src/settings/core-settings.ts'
import type { OomKill } from '../src/types.ts'

const names = captureNames(defaultCaptures)

type Told = TrueKill & { readonly scope: string }

function truthOf(name: string): readonly Told[] {
  return JSON.parse(readFileSync(join(defaultCaptures, name, 'truth.json'), 'utf8')).kills
}

async function replayed(name: string) {
  const kills: OomKill[] = []
  const bytes = createHash('sha256')
  const pipeline = createPipeline({ onKill: kill => kills.push(kill) })
  const source = openReplaySource([join(defaultCaptures, name, 'capture.jsonl.gz')], { settings: defaultCoreSettings })
  for await (const observation of source)
    for (const alert of pipeline.observe(observation)) bytes.update(JSON.stringify(alert))
  return { kills, digest: bytes.digest('hex'), notes: source.notes() }
}

describe('captures of real nodes, replayed', () => {
  it.each(names)(
    '%s has the kills that were seen from outside, and gives the same bytes again',
    async name => {
      const { kills, notes, digest } = await replayed(name)
      const told = ({ pid, comm, scope }: OomKill | Told) => [pid, comm, scope]
      const truth = truthOf(name)
      expect(kills.map(told)).toEqual(truth.map(told))
      for (const [index, { at }] of kills.entries()) expect(Math.abs(at! - truth[index]!.at)).toBeLessThan(2000)
      expect(notes).toEqual([])
      expect((await replayed(name)).digest).toBe(digest)
    },
    120_000,
  )
})
