import type { SourceStatus } from '../../agent/agent-status.ts'
import { stateDirectorySource } from '../../agent/down-sources.ts'
import type { Messages } from '../../text/messages/catalogues.ts'

/** A source that is down, in one line. The state directory is not read, so its line says what cannot be saved. */
export function downText(source: Pick<SourceStatus, 'name' | 'why'>, { status }: Messages): string {
  return source.name === stateDirectorySource ? status.cannotSave(source) : status.sourceDown(source)
}
