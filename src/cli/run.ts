import { onShutdown, type ShutdownStep } from '../platform/shutdown.ts'
import { tuneV8 } from '../platform/v8-memory.ts'
import { checkPlatform } from '../platform.ts'
import { logMessages } from '../text/messages/catalogues.ts'
import type { CommandRun } from './command.ts'
import { becomeActive, createEndpoint } from './run/endpoint.ts'
import { type AgentContext, prepare } from './run/prepare.ts'
import { startAgent } from './run/start-agent.ts'

/** Runs the agent until a signal arrives or its source of kernel records ends for good. */
export const run: CommandRun = async ({ settings: loadSettings, out }) => {
  checkPlatform()
  tuneV8()
  const context = await prepare(loadSettings)
  const { notifier, log } = context
  // From here on signals are handled, also while the agent is on standby.
  const steps: ShutdownStep[] = [{ name: 'notifier', stop: notifier.stopping }]
  const sourceEnd = Promise.withResolvers<Error>()
  const ended = onShutdown(steps, log, sourceEnd.promise)
  ended.catch(() => {}) // it may fail before it is awaited
  const startReloads = answerReloads(context)
  const endpoint = createEndpoint(context)
  const release = await becomeActive(context, endpoint)
  const agent = await startAgent({ context, endpoint, out, onEnd: sourceEnd.resolve })
  startReloads(agent.reload)
  steps.push(...agent.stop, { name: 'lock', stop: release })
  return ended
}

/**
 * Handles SIGHUP. A reload that is requested before the agent has started runs right after the start. Returns the
 * function that enables reloads.
 */
function answerReloads({ notifier, log }: AgentContext): (reload: () => Promise<void>) => void {
  let isDue = false
  let reload = async (): Promise<void> => {
    isDue = true
    notifier.reloading()
    notifier.ready()
    log.info({}, logMessages.reloadLater)
  }
  process.on('SIGHUP', () => reload())
  return next => {
    reload = next
    if (isDue) void reload()
  }
}
