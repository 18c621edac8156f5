import type { Cause } from '../../types.ts'
import type { Scene } from '../scene.ts'

/** A cause with how much of this trouble it explains: 100 and above is what to change first. */
export interface Finding extends Cause {
  readonly weight: number
}

/** One file, one cause: evidence in numbers, why it matters, the remedy as YAML or command; null where it is not so. */
export type FindCause = (scene: Scene) => Finding | null
