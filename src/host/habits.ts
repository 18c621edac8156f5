import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkObservation } from '../record/check-observation.ts'
import type { Habits } from '../types.ts'
import type { Agent } from './agent.ts'

export interface HabitKeeper {
  /** Tells the core what was usual before this run. */
  readonly start: () => void
  readonly stop: () => void
}

/** Keeps what is usual on this node over a restart: a file in the state directory, some 30 KiB at most. */
export function createHabitKeeper(options: {
  readonly stateDir: string
  readonly agent: Pick<Agent, 'emit' | 'habits'>
  readonly now: () => number
}): HabitKeeper {
  const { stateDir, agent, now } = options
  let timer: NodeJS.Timeout | undefined

  const keep = (): void => {
    const habits = { ...agent.habits(), at: now() }
    if (habits.habits.length === 0) return
    writeHabits(stateDir, habits)
    // Told to the core as well: it changes nothing there, and so it is in the recording for who begins to read here.
    agent.emit(habits)
  }

  return {
    start: () => {
      const known = readHabits(stateDir)
      if (known) agent.emit({ ...known, at: now() })
      timer = setInterval(keep, everyMs)
      timer.unref()
    },
    stop: () => {
      clearInterval(timer)
      const habits = agent.habits()
      if (habits.habits.length > 0) writeHabits(stateDir, { ...habits, at: now() })
    },
  }
}

const everyMs = 60 * 60_000
const fileName = 'habits.json'

/** undefined where there are none, or none that can be read: then they are learned anew. */
export function readHabits(stateDir: string): Habits | undefined {
  try {
    const read = checkObservation(JSON.parse(readFileSync(join(stateDir, fileName), 'utf8')))
    return read?.kind === 'habits' ? read : undefined
  } catch {
    return undefined // the first run on this node, or a file that was torn
  }
}

function writeHabits(stateDir: string, habits: Habits): void {
  const path = join(stateDir, fileName)
  try {
    writeFileSync(`${path}.new`, JSON.stringify(habits))
    renameSync(`${path}.new`, path)
  } catch {
    // A full disk is no reason to stop watching: the next hour tries again.
  }
}
