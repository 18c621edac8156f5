import type { KernelRecord, OomKill } from '../types.ts'

export interface OomParser {
  /** Kills that this record completes; usually none or one. */
  readonly push: (record: KernelRecord) => readonly OomKill[]
  /** Kills whose kill line never came, once the moment is past. */
  readonly flush: (now: number) => readonly OomKill[]
}

export function createOomParser(): OomParser {
  return { push: () => [], flush: () => [] }
}
