import { readStatus } from '../host/agent-status.ts'
import { exitCode } from '../host/errors.ts'
import { statusText } from '../report/status-text.ts'
import type { CommandRun } from './command.ts'

/** Prints how the agent that runs on this host is. */
export const status: CommandRun = async ({ settings, flags, out }) => {
  const found = readStatus(settings().stateDir)
  out(flags.json ? JSON.stringify(found) : statusText(found, Date.now()))
  return found.firing.length > 0 ? exitCode.finding : exitCode.fine
}
