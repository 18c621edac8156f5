import type { Cause } from '../../types.ts'
import type { DiagnosisContext } from './diagnosis-context.ts'

/** The role of a cause: it drives the incident, contributes to it, or is advice. */
export type CauseRole = 'leading' | 'contributing' | 'background'

/** A cause that was found, before its weight is looked up. */
interface Found<Code extends string> extends Cause {
  readonly code: Code
  readonly role: CauseRole
}

/** One file, one cause: evidence in numbers, why it matters, the remedy as YAML or command; null where it is not so. */
export type FindCause<Code extends string> = (context: DiagnosisContext) => Found<Code> | null

/** A cause with its weight from the table of causes: the higher, the sooner it should be changed. */
export interface Finding extends Cause {
  readonly role: CauseRole
  readonly weight: number
}
