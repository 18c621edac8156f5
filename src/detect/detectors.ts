import type { Detector } from '../types.ts'
import { createMemoryExhaustion } from './memory-exhaustion.ts'

/** Every verdict, in the order in which they are asked. A new verdict is a new file and a line here. */
export function createDetectors(): readonly Detector[] {
  return [createMemoryExhaustion()]
}
