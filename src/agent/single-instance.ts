import type { Log } from '../log.ts'
import { type LockHolder, takeHostLock } from '../platform/lock.ts'
import { logMessages } from '../text/messages/catalogues.ts'
import type { HostFiles } from '../types.ts'

/** How often an agent in standby looks whether the active one still runs. */
const lookEveryMs = 5000

/**
 * Waits until this agent is the only one that is active on this host, and returns what releases the lock. Where no lock can
 * be kept (no root, read-only /run) it goes on alone and logs that. `onStandBy` is awaited once, before it waits.
 */
export async function singleInstance(options: {
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
      log.warn({ lock: path }, logMessages.noLock)
      return () => {}
    }
    if (!standsBy) {
      standsBy = true
      log.info({ pid: outcome.holder?.pid }, logMessages.standby)
      await onStandBy(outcome.holder)
    }
    await new Promise(resolve => setTimeout(resolve, lookEveryMs))
  }
}
