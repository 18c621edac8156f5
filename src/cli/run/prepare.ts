import { checkWebhooks } from '../../deliver/check-webhooks.ts'
import { createLiveFiles } from '../../input/sampler/host-files.ts'
import { createLog, type Log } from '../../log.ts'
import { readHostFacts } from '../../platform/facts.ts'
import { createNotifier, type Notifier } from '../../platform/sd-notify.ts'
import type { Leniency } from '../../settings/load.ts'
import type { Settings } from '../../settings/settings.ts'
import { logMessages } from '../../text/messages/catalogues.ts'
import type { HostFacts, HostFiles } from '../../types.ts'
import { version } from '../../version.ts'
import { makeStateDirectory } from './state-directory.ts'
import { isTerminal, terminalLogLine } from './terminal-log.ts'

/** Everything the agent needs before it starts. */
export interface AgentContext {
  readonly settings: Settings
  /** Reads and checks all settings again. */
  readonly load: () => Promise<Settings>
  readonly log: Log
  readonly files: HostFiles
  readonly notifier: Notifier
  readonly startedAt: number
  /** The host as the agent knows it now. */
  host: HostFacts
}

/** Loads and checks the settings, opens the log and creates the state directory. Throws if one of these fails. */
export async function prepare(loadSettings: (leniency: Leniency) => Settings): Promise<AgentContext> {
  const notices: string[] = []
  const load = async (): Promise<Settings> => {
    const loaded = loadSettings({ onNotice: sentence => notices.push(sentence) })
    await checkWebhooks(loaded.webhooks, loaded.locale)
    return loaded
  }
  const settings = await load()
  const { nodeName, labels, logLevel, output, timeZone, stateDir, locale, root } = settings
  const log = createLog(logLevel, 2, isTerminal(output) ? line => terminalLogLine(line, timeZone) : undefined)
  for (const notice of notices.splice(0)) log.warn({ notice }, logMessages.checkSettings)
  const startedAt = Date.now()
  makeStateDirectory(stateDir, locale)
  const files = createLiveFiles(root)
  const host = readHostFacts(files, { nodeName, labels, agentVersion: version, at: startedAt })
  return { settings, load, log, files, notifier: createNotifier(), startedAt, host }
}
