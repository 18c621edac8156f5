import type { SourceStatus } from '../../agent/agent-status.ts'
import { stateDirectorySource } from '../../agent/down-sources.ts'
import type { Messages } from '../../text/messages/catalogues.ts'

/** A source that is down, in one line. Nothing is read from the state directory: of that one, what cannot be saved. */
export function downText(source: Pick<SourceStatus, 'name' | 'why'>, { status }: Messages): string {
  return source.name === stateDirectorySource ? status.cannotSave(source) : status.sourceDown(source)
}
