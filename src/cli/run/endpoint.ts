import { join } from 'node:path'
import { type AgentStatus, bareStatus } from '../../agent/agent-status.ts'
import { serveHealth } from '../../agent/health-server.ts'
import { singleInstance } from '../../agent/single-instance.ts'
import { datedAnew } from '../../platform/facts.ts'
import type { LockHolder } from '../../platform/lock.ts'
import { logMessages, messagesOf } from '../../text/messages/catalogues.ts'
import { version } from '../../version.ts'
import type { AgentContext } from './prepare.ts'
import { writeStandbyStatus } from './state-directory.ts'

/** How often the status is written and shown. */
export const statusEveryMs = 5000

/** Publishes the state of this agent: over HTTP, to systemd, and in the status file. */
export interface Endpoint {
  /** What is the same for every state. */
  readonly bare: AgentStatus
  /** The agent's status at this moment. */
  readonly status: () => AgentStatus
  readonly show: (status: () => AgentStatus) => void
  /** Serves the health endpoint if an address is set. Rejects if the address cannot be used. */
  readonly open: () => Promise<void>
  readonly close: () => Promise<void> | void
}

export function createEndpoint({ settings, host, startedAt }: AgentContext): Endpoint {
  const bare = bareStatus({ version, node: host.name, startedAt })
  let status = (): AgentStatus => bare
  let server: Awaited<ReturnType<typeof serveHealth>> | null = null
  return {
    bare,
    status: () => status(),
    show: next => {
      status = next
    },
    open: async () => {
      if (settings.listen) server ??= await serveHealth(settings.listen, () => status(), settings.locale)
    },
    close: () => server?.close(),
  }
}

/**
 * Waits until this agent is the active one on its host, and returns the function that gives this up. A standby agent
 * must report that it is healthy, or its manager would restart it every few minutes.
 */
export async function becomeActive(context: AgentContext, endpoint: Endpoint): Promise<() => void> {
  const { settings, log, files, notifier } = context
  if (!settings.singleInstance) return () => {}
  let timer: NodeJS.Timeout | undefined
  const standBy = async (holder: LockHolder | null): Promise<void> => {
    // The active agent may have the address.
    await endpoint.open().catch((error: Error) => {
      log.info({ why: error.message }, logMessages.healthLater)
    })
    const activePid = holder?.pid ?? null
    endpoint.show(() => ({ ...endpoint.bare, at: new Date().toISOString(), state: 'standby', activePid }))
    const write = () => void writeStandbyStatus(settings.stateDir, endpoint.status(), files.read)
    write()
    timer = setInterval(write, statusEveryMs).unref()
    notifier.status(messagesOf(settings.locale).cli.run.standby({ pid: activePid }))
    notifier.ready()
  }
  const path = join(settings.root, 'run/oomloop/lock')
  const release = await singleInstance({ path, files, bootId: context.host.bootId, log, onStandBy: standBy })
  clearInterval(timer)
  context.host = datedAnew(context.host, files, Date.now) ?? context.host
  return release
}
