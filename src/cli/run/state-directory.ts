import { accessSync, constants } from 'node:fs'
import { type AgentStatus, createStatusWriter, isStillThere, readStatus } from '../../agent/agent-status.ts'
import { OomloopError } from '../../errors.ts'
import { makeDirectories } from '../../platform/ensure-directory.ts'
import { type Locale, messagesOf } from '../../text/messages/catalogues.ts'
import type { HostFiles } from '../../types.ts'

/** Makes the state directory. Throws OOMLOOP_STATE_DIR where it cannot be written. */
export function makeStateDirectory(path: string, locale: Locale): void {
  try {
    makeDirectories(path, 0o750)
    accessSync(path, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new OomloopError('OOMLOOP_STATE_DIR', messagesOf(locale).cli.run.cannotWrite({ path }), { cause })
  }
}

/** Writes the status of a standby agent, unless the active agent uses the same state directory. */
export async function writeStandbyStatus(
  stateDir: string,
  status: AgentStatus,
  read: HostFiles['read'],
): Promise<boolean> {
  if (isTaken(stateDir, read)) return false
  return createStatusWriter(stateDir)(status).catch(() => false)
}

function isTaken(stateDir: string, read: HostFiles['read']): boolean {
  try {
    const found = readStatus(stateDir)
    return found.pid !== process.pid && isStillThere(found, read)
  } catch {
    return false // no status yet
  }
}
