import type { AgentStatus, SourceStatus } from './agent-status.ts'

/** The source for the state directory, from which nothing is read. */
export const stateDirectorySource = 'state-directory'

/** Where kernel records come from. */
export const kernelSources: readonly string[] = ['kmsg', 'log-file', 'journal']

/**
 * Sources that are down and should not be. A host that never had PSI is none of them; an agent that no kernel record
 * reaches always is, from the start or later.
 */
export function downSources({ sources }: Pick<AgentStatus, 'sources'>): readonly SourceStatus[] {
  const readsKernel = sources.some(({ name, state }) => kernelSources.includes(name) && state === 'sighted')
  return sources.filter(
    ({ name, state, steady }) => state === 'blind' && (!steady || (kernelSources.includes(name) && !readsKernel)),
  )
}
