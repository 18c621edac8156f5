import { messagesOf } from '../text/messages/catalogues.ts'
import type { Locale } from '../types.ts'
import type { AgentStatus } from './agent-status.ts'
import { downSources, stateDirectorySource } from './down-sources.ts'

/** The state of the agent, in the one line that `systemctl status` shows. */
export function statusLine({ firing, coverage, sources, delivery }: AgentStatus, locale: Locale = 'en'): string {
  const down = downSources({ sources }).map(({ name }) => name)
  return messagesOf(locale).agent.statusLine({
    firing: firing.find(({ severity }) => severity === 'critical') ?? firing[0] ?? null,
    more: Math.max(0, firing.length - 1),
    seen: coverage.seen,
    counted: coverage.counted,
    waiting: delivery.reduce((sum, { pending }) => sum + pending, 0),
    cannotSave: down.includes(stateDirectorySource),
    sourcesDown: down.filter(name => name !== stateDirectorySource),
  })
}
