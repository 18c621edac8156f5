import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import { openReplaySource } from '../../src/source/replay.ts'
import type { Observation } from '../../src/types.ts'

/** What was seen of a node from outside, as far as the back-test asks: times are ms since the epoch. */
export interface Truth {
  readonly name: string
  readonly from: number
  readonly until: number
  readonly notReadyAt: readonly number[]
  readonly kills: readonly {
    readonly at: number
    readonly pid: number
    readonly comm: string
    readonly nodeLevel: boolean
  }[]
  readonly crisis: boolean
  readonly clean: boolean
}

/** A capture as the core gets to see it, beside what was true. */
export interface LoadedCapture {
  readonly name: string
  readonly truth: Truth
  readonly observations: readonly Observation[]
}

/** The folder of captures beside this checkout, where there is one. */
export const defaultCaptures = join(import.meta.dirname, '..', '..', '..', 'shared', 'notready')

/** Folders below `directory` that hold a capture and its truth, by name. */
export function captureNames(directory: string): readonly string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter(name => ['capture.jsonl.gz', 'truth.json'].every(file => existsSync(join(directory, name, file))))
    .sort()
}

/** Reads a capture through the live sampler, once; the back-test folds its observations many times. */
export async function loadCapture(directory: string, name: string): Promise<LoadedCapture> {
  const truth = JSON.parse(readFileSync(join(directory, name, 'truth.json'), 'utf8')) as Truth
  const source = openReplaySource([join(directory, name, 'capture.jsonl.gz')], { settings: defaultCoreSettings })
  const observations: Observation[] = []
  for await (const observation of source) observations.push(observation)
  return { name, truth, observations }
}
