import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createMemoryView } from '../../src/detect/memory/memory-view.ts'
import { createIdentity } from '../../src/identify/identity.ts'
import { createCaptureReader } from '../../src/input/playback/capture.ts'
import { createNotes } from '../../src/input/playback/read-warnings.ts'
import { createSampler } from '../../src/input/sampler/sampler.ts'
import { parseCgroupPath } from '../../src/parse/cgroup/cgroup-path.ts'
import { createOomParser } from '../../src/parse/oom/oom-parser.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { AttributedKill, HostFacts, Observation } from '../../src/types.ts'
import { hostFacts } from './fixtures.ts'

const captures = join(import.meta.dirname, '../../fixtures/captures')
const names = readdirSync(captures).filter(name => existsSync(join(captures, name, 'capture.jsonl.gz')))

/** Real nodes: Kubernetes 1.23, Linux 6.1. */
describe('captures of real nodes', () => {
  const kills = names.flatMap(name => killsIn(name))

  test('every victim is the one that the kernel names, also without the kernel’s cgroup line', () => {
    const wrong = kills.filter(({ blind, kernel }) => {
      const named = parseCgroupPath(kernel!)
      return blind.workload.podUid !== named.podUid || blind.workload.containerId !== named.containerId
    })
    console.log(
      `${kills.length} kills, ${kills.filter(({ blind }) => blind.attributed).length} attributed by our own memory alone, ${wrong.length} unlike the kernel's`,
    )
    expect(kills.length).toBeGreaterThan(30)
    expect(kills.filter(({ blind }) => blind.attributed)).toHaveLength(kills.length)
    expect(wrong).toEqual([])
  })

  test('a victim of a node-level kill was among the next victims a moment before', () => {
    const nodeLevel = kills.filter(({ blind }) => blind.kill.scope === 'global' || blind.limitLevel === 'kubepods')
    const first = nodeLevel.filter(({ rank }) => rank === 0).length
    const fifth = nodeLevel.filter(({ rank }) => rank >= 0 && rank < 5).length
    console.log(
      `of ${nodeLevel.length} node-level kills ${first} took the first of the next victims, ${fifth} one of the first five`,
    )
    expect(fifth / nodeLevel.length).toBeGreaterThan(0.9)
    expect(first / nodeLevel.length).toBeGreaterThan(0.6)
  })
})

interface Seen {
  readonly capture: string
  readonly blind: AttributedKill
  readonly kernel: string | null
  /** Of the victim among the next victims just before its kill; -1 = not among them. */
  readonly rank: number
}

function killsIn(capture: string): Seen[] {
  const memory = createMemoryView()
  const identity = createIdentity(memory)
  const parser = createOomParser()
  let host: HostFacts = hostFacts()
  let startedAt = 0
  const seen: Seen[] = []
  for (const observation of observationsOf(capture)) {
    if (observation.kind === 'host') {
      host = observation.host
      startedAt = observation.at
    }
    memory.observe(observation, host)
    identity.observe(observation, host)
    const at = observation.at ?? 0
    const kills =
      observation.kind === 'kernel' ? parser.push(observation) : observation.kind === 'tick' ? parser.flush(at) : []
    for (const kill of kills) {
      if (startedAt === 0) continue
      const rank = identity.view.candidates(5).findIndex(({ process }) => process.pid === kill.pid)
      // Without the lines that the kernel holds back in a storm.
      const blind = identity.attribute({ ...kill, taskMemcg: null, containerId: null, podUid: null }, at, host)
      seen.push({ capture, blind, kernel: kill.taskMemcg, rank })
    }
  }
  return seen
}

function* observationsOf(name: string): Iterable<Observation> {
  const reader = createCaptureReader({
    name,
    notes: createNotes(),
    settings: defaultCoreSettings,
    createSampler: files => createSampler({ files }),
    hostFacts: (_, header) => hostFacts({ name: 'node', bootedAt: header.bootedAt ?? null }),
  })
  const text = gunzipSync(readFileSync(join(captures, name, 'capture.jsonl.gz'))).toString()
  for (const line of text.split('\n')) yield* reader.line(line)
  yield* reader.end()
}
