import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFileReplacer } from '../platform/replace-file.ts'
import { checkObservation } from '../recording/validate-observation.ts'
import type { Baselines, Observation, UsageTrends } from '../types.ts'
import type { Agent } from './agent.ts'

/** Knowledge that the core builds up over hours and that must survive a restart. */
type Learned = Baselines | UsageTrends

/** A file in the state directory that keeps one of them. */
interface LearnedFile<T extends Learned> {
  readonly name: string
  readonly kind: T['kind']
  readonly isEmpty: (learned: T) => boolean
}

/** Baselines of this node, at most about 30 KiB. */
export const baselineFile: LearnedFile<Baselines> = {
  name: 'habits.json',
  kind: 'habits',
  isEmpty: ({ habits }) => habits.length === 0,
}

/** How the largest workloads grew: some 100 KiB at most. */
export const trendFile: LearnedFile<UsageTrends> = {
  name: 'trends.json',
  kind: 'trends',
  isEmpty: ({ workloads }) => workloads.length === 0,
}

interface LearnedKeeper {
  /** Gives the core what an earlier run has learned. */
  readonly start: () => void
  /** Writes what is known now; resolves when it is written, or the disk refuses. */
  readonly stop: () => Promise<void>
}

/** Keeps what the core has learned over a restart: writes it each hour and at the end. */
export function createLearnedKeeper<T extends Learned>(options: {
  readonly file: LearnedFile<T>
  readonly stateDir: string
  /** What is known now. */
  readonly take: () => T
  readonly emit: Agent['emit']
  readonly now: () => number
}): LearnedKeeper {
  const { file, stateDir, emit, now } = options
  const replace = createFileReplacer(join(stateDir, file.name))
  let timer: NodeJS.Timeout | undefined

  const take = (): T | undefined => {
    const learned = { ...options.take(), at: now() }
    return file.isEmpty(learned) ? undefined : learned
  }
  const write = async (learned: T): Promise<void> => {
    try {
      await replace(JSON.stringify(learned))
    } catch {
      // With a full disk monitoring continues; the next attempt follows in an hour.
    }
  }
  const keep = (): void => {
    const learned = take()
    if (!learned) return
    void write(learned)
    // The core knows it already: it is for a replay that begins at this point of the recording.
    emit(learned as Observation)
  }

  return {
    start: () => {
      const known = readLearned(file, stateDir)
      if (known) emit({ ...known, at: now() } as Observation)
      timer = setInterval(keep, everyMs)
      timer.unref()
    },
    stop: async () => {
      clearInterval(timer)
      const learned = take()
      if (learned) await write(learned)
    },
  }
}

const everyMs = 60 * 60_000

/** undefined where there is none, or none that can be read: then it is learned again. */
export function readLearned<T extends Learned>(file: LearnedFile<T>, stateDir: string): T | undefined {
  try {
    const read = checkObservation(JSON.parse(readFileSync(join(stateDir, file.name), 'utf8')))
    return read?.kind === file.kind ? (read as T) : undefined
  } catch {
    return undefined // the first run on this node, or an incomplete file
  }
}
