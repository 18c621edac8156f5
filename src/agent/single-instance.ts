import type { HostFiles } from '../types.ts'
import { type LockHolder, takeHostLock } from './lock.ts'
import type { Log } from './log.ts'

/** How often one that stands by looks whether the other is still there. */
const lookEveryMs = 5000

/**
 * Waits until this agent is the only one that watches this host, and returns what gives the voice back. Where no lock
 * can be kept (no root, read-only /run) it goes on alone and says so. `onStandBy` is awaited once, before it waits.
 */
export async function waitForVoice(options: {
  readonly path: string
  readonly files: HostFiles
  readonly bootId: string | null
  readonly log: Log
  readonly onStandBy: (holder: LockHolder | null) => Promise<void>
}): Promise<() => void> {
  const { path, files, bootId, log, onStandBy } = options
  let standsBy = false
  for (;;) {
    const outcome = takeHostLock(path, files, bootId)
    if (outcome.taken) return outcome.release
    if (outcome.why === 'not-permitted') {
      log.warn({ lock: path }, 'cannot keep the lock of this host: a second oomloop would send every alert twice')
      return () => {}
    }
    if (!standsBy) {
      standsBy = true
      log.info({ pid: outcome.holder?.pid }, 'another oomloop watches this host: standing by')
      await onStandBy(outcome.holder)
    }
    await new Promise(resolve => setTimeout(resolve, lookEveryMs))
  }
}
