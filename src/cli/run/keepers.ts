import { randomBytes } from 'node:crypto'
import type { Agent } from '../../agent/agent.ts'
import { baselineFile, createLearnedKeeper, trendFile } from '../../agent/learned-files.ts'
import { createStateKeeper } from '../../agent/saved-state.ts'
import { withDeadline } from '../../platform/disk-queue.ts'

/** Writes the files in the state directory that the next run needs. */
export interface Keepers {
  /** State changed that a restart needs. */
  readonly changed: () => void
  readonly startLearned: () => void
  readonly stopLearned: () => Promise<void>
  readonly stopState: () => Promise<void>
}

export function createKeepers(options: {
  readonly stateDir: string
  readonly bootId: string | null
  readonly agent: Agent
  readonly emit: Agent['emit']
  /** Resolves when all that was observed so far survives a kill -9. */
  readonly onRecord: () => Promise<void>
}): Keepers {
  const { stateDir, bootId, agent, emit, onRecord } = options
  const now = Date.now
  const state =
    bootId === null
      ? null
      : createStateKeeper({
          stateDir,
          bootId,
          take: agent.save,
          mark: (id, at) => emit({ kind: 'saved', at, id }),
          onRecord,
          run: randomBytes(6).toString('hex'),
          now,
        })
  const learned = [
    createLearnedKeeper({ file: baselineFile, stateDir, take: agent.baselines, emit, now }),
    createLearnedKeeper({ file: trendFile, stateDir, take: agent.trends, emit, now }),
  ]
  return {
    changed: () => state?.changed(),
    startLearned: () => {
      for (const keeper of learned) keeper.start()
    },
    stopLearned: () =>
      withDeadline(
        Promise.all(learned.map(keeper => keeper.stop())).then(() => {}),
        200,
      ),
    stopState: () => withDeadline(state?.stop() ?? Promise.resolve(), 200),
  }
}
