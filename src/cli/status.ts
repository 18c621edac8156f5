import { isStillThere, readStatus } from '../agent/agent-status.ts'
import { downSources } from '../agent/down-sources.ts'
import { exitCode, OomloopError } from '../errors.ts'
import { createLiveFiles } from '../input/sampler/host-files.ts'
import { localTimeText } from '../text/local-time.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import { statusText } from '../view/terminal/status-text.ts'
import type { CommandRun } from './command.ts'

/** Prints the state of the agent that runs on this host. Throws OOMLOOP_NOT_RUNNING where it has stopped or is gone. */
export const status: CommandRun = async ({ settings, flags, out }) => {
  const { stateDir, locale, timeZone } = settings()
  const t = messagesOf(locale).status
  const found = readStatus(stateDir, locale)
  const files = createLiveFiles('/')
  const isThere = isStillThere(found, files.read)
  files.close()
  if (!isThere) {
    const at = localTimeText(found.at, timeZone)
    const message = found.state === 'stopped' ? t.stopped({ at, stateDir }) : t.gone({ at, stateDir, pid: found.pid })
    throw new OomloopError('OOMLOOP_NOT_RUNNING', message)
  }
  out(flags.json ? JSON.stringify(found) : statusText(found, { now: Date.now(), locale, timeZone }))
  const isFine = found.firing.every(({ muted }) => muted) && downSources(found).length === 0
  return isFine ? exitCode.fine : exitCode.finding
}
