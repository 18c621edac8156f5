import { copyFileSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { emitRecordedPast } from '../../src/cli/watch/recorded-past.ts'
import { readRecording } from '../../src/input/playback/replay.ts'
import type { Observation } from '../../src/types.ts'

const recording = resolve(import.meta.dirname, '../../fixtures/scenarios/twelve-minute-leaker-of-the-node.jsonl.gz')

async function pastOf(bootId: string | null, stateDir = mkdtempSync(join(tmpdir(), 'oomloop-past-'))) {
  mkdirSync(join(stateDir, 'recordings'), { recursive: true })
  copyFileSync(recording, join(stateDir, 'recordings/000001.jsonl.gz'))
  const observations: Observation[] = []
  const past = await emitRecordedPast({ stateDir, bootId, from: 0, emit: one => observations.push(one) })
  return { past, observations }
}

async function bootOf(): Promise<string | null> {
  for await (const one of readRecording([recording])) if (one.kind === 'host') return one.host.bootId
  return null
}

it('the live view begins with what the agent has recorded of this boot', async () => {
  const { past, observations } = await pastOf(await bootOf())
  expect(past).toBeDefined()
  expect(observations[0]!.kind).toBe('start')
  expect(observations.some(({ kind }) => kind === 'kernel')).toBe(true)
  expect(observations.some(({ kind }) => kind === 'end')).toBe(false)
})

it('the recording of another boot, and none, are no part of the live view', async () => {
  expect(await pastOf('another-boot')).toEqual({ past: undefined, observations: [] })
  const nowhere = await emitRecordedPast({ stateDir: '/nowhere', bootId: 'x', from: 0, emit: () => {} })
  expect(nowhere).toBeUndefined()
})
