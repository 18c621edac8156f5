import type { Habit, Habits } from '../types.ts'
import type { Reading } from './usage-history.ts'

/** What is usual on this node: the mean of the last day, workload by workload. */
export interface HabitStore {
  /** What was learned before a restart. What is known better already stays. */
  readonly take: (habits: Habits) => void
  readonly isDue: (at: number) => boolean
  readonly learn: (at: number, readings: readonly Reading[]) => void
  /** null where it was not watched for an hour. */
  readonly of: (key: string) => Habit | null
  readonly now: (at: number) => Habits
}

/** The name under which all that the node uses is kept. */
export const wholeNode = 'node'

/** Bounded: 256 workloads, some 30 KiB; what was seen longest ago makes room. */
export function createHabits(): HabitStore {
  const habits = new Map<string, Habit>()
  let learnedAt: number | null = null

  const keep = (habit: Habit): void => {
    habits.delete(habit.workload)
    habits.set(habit.workload, habit)
    if (habits.size > kept) habits.delete(habits.keys().next().value!)
  }

  return {
    take: observation => {
      for (const habit of observation.habits.slice(0, kept)) {
        const known = habits.get(habit.workload)
        if (!known || known.seenAt < habit.seenAt) keep(habit)
      }
    },
    isDue: at => {
      // The first ten minutes of a run are no habit: a node that has just been booted fills.
      learnedAt ??= at
      return at - learnedAt >= everyMs || at < learnedAt
    },
    learn: (at, readings) => {
      learnedAt = at
      for (const { key, KiB } of readings.slice(0, kept)) {
        const known = habits.get(key)
        const watchedMs = Math.min(dayMs, (known?.watchedMs ?? 0) + everyMs)
        // A plain mean at first; once a day is full, each reading weighs its share of a day.
        const weight = everyMs / watchedMs
        const mean = known ? known.KiB + (KiB - known.KiB) * weight : KiB
        keep({ workload: key, KiB: Math.round(mean), watchedMs, seenAt: at })
      }
    },
    of: key => {
      const habit = habits.get(key)
      return habit && habit.watchedMs >= leastMs ? habit : null
    },
    now: at => ({ kind: 'habits', at, habits: [...habits.values()] }),
  }
}

const kept = 256
const everyMs = 10 * 60_000
const leastMs = 60 * 60_000
const dayMs = 24 * 60 * 60_000
