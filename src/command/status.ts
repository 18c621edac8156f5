import { isStillThere, readStatus } from '../host/agent-status.ts'
import { exitCode, OomloopError } from '../host/errors.ts'
import { statusText } from '../report/status-text.ts'
import { createLiveFiles } from '../source/host-files.ts'
import type { CommandRun } from './command.ts'

/** Prints how the agent that runs on this host is. Throws OOMLOOP_NOT_RUNNING where the one that wrote it is gone. */
export const status: CommandRun = async ({ settings, flags, out }) => {
  const { stateDir } = settings()
  const found = readStatus(stateDir)
  const files = createLiveFiles('/')
  const isThere = isStillThere(found, files.read)
  files.close()
  if (!isThere)
    throw new OomloopError(
      'OOMLOOP_NOT_RUNNING',
      `the agent of ${stateDir} is gone: pid ${found.pid} was last heard of at ${found.at}; start it, or look at its log`,
    )
  out(flags.json ? JSON.stringify(found) : statusText(found, Date.now()))
  return found.firing.length > 0 ? exitCode.finding : exitCode.fine
}
