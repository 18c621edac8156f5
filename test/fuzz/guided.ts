import type { Coverage } from './coverage.ts'
import { type Material, mutate, type Random } from './mutate.ts'

export interface GuidedOptions {
  /** Tries an input; throws where something is not as it must be. Returns what it did, in words to be compared. */
  readonly target: (input: string) => readonly string[]
  readonly seeds: readonly string[]
  readonly material: Material
  /** null: guided by behaviour alone. */
  readonly coverage: Coverage | null
  readonly random: Random
  readonly runs: number
  /** Asked after every batch. */
  readonly goOn: (done: number, kept: number) => boolean
}

export interface GuidedResult {
  readonly done: number
  /** Inputs that did something which none before them did. */
  readonly kept: readonly string[]
  readonly failed: { readonly input: string; readonly error: unknown } | null
}

/**
 * Fuzzes with guidance: an input that runs code which never ran, or does what none before it did, is kept and changed
 * further. Coverage is asked for once in a batch; where it grew, halving finds whose doing it was.
 */
export function fuzzGuided(options: GuidedOptions): GuidedResult {
  const { target, material, coverage, random, runs, goOn } = options
  const kept: string[] = []
  const behaviour = new Set<string>()
  let done = 0
  let batchSize = 32
  let failed: GuidedResult['failed'] = null

  const keep = (input: string): void => {
    if (kept.length < mostKept) kept.push(input)
    else kept[random(mostKept)] = input
  }

  const run = (input: string): void => {
    done++
    try {
      const before = behaviour.size
      for (const one of target(input)) if (behaviour.size < mostBehaviour) behaviour.add(one)
      if (behaviour.size > before) keep(input)
    } catch (error) {
      failed = { input, error }
    }
  }

  /** Keeps those inputs of a group that reach new code. */
  const blame = (group: readonly string[]): void => {
    coverage!.take()
    for (const input of group) target(input)
    const ran = coverage!.take()
    if (!coverage!.isNew(ran)) return
    if (group.length === 1) {
      coverage!.add(ran)
      keep(group[0]!)
      return
    }
    blame(group.slice(0, group.length >> 1))
    blame(group.slice(group.length >> 1))
  }

  const batch = (inputs: readonly string[]): void => {
    for (const input of inputs) {
      run(input)
      if (failed) return
    }
    const ran = coverage?.take()
    const isNew = ran !== undefined && coverage!.isNew(ran)
    batchSize = isNew ? 32 : Math.min(2 * batchSize, largestBatch)
    if (!isNew) return
    blame(inputs)
    coverage!.add(ran) // what runs but once (a cache that was filled) has no input to blame
  }

  /** The newer half as often as all together: it has been changed least. */
  const choose = (): string => {
    const from = random(2) === 0 ? kept.length >> 1 : 0
    return kept[from + random(kept.length - from)] ?? options.seeds[0] ?? ''
  }

  for (let at = 0; at < options.seeds.length && !failed; at += batchSize) batch(options.seeds.slice(at, at + batchSize))
  while (!failed && done < runs && goOn(done, kept.length)) {
    const inputs = Array.from({ length: Math.min(batchSize, runs - done) }, () => mutate(choose(), material, random))
    batch(inputs)
  }
  return { done, kept, failed }
}

// Asking for coverage takes as long as some dozens of inputs; finding who reached new code, twice the batch.
const largestBatch = 4_096
const mostKept = 20_000
const mostBehaviour = 200_000
