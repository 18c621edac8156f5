import type { KernelRecord, UnitLine } from '../../../types.ts'
import type { KillerLine } from '../../killers/killer-line.ts'

/** What one line (or piece of JSON) was read as. */
export interface PastedLine {
  readonly records: readonly PastedRecord[]
  /** What another OOM killer than the kernel says in it. */
  readonly killers: readonly PastedKiller[]
  /** Its form is known, whether or not anything in it matters. */
  readonly isKnown: boolean
  /** It looks like part of an OOM report, and gave nothing. */
  readonly isMissed: boolean
}

export interface PastedKiller {
  readonly says: KillerLine
  readonly at: number | null
  readonly host?: string
}

export interface PastedRecord {
  readonly observation: KernelRecord | UnitLine
  readonly host?: string
}

/** A line of a known form in which nothing matters. */
export const known: PastedLine = { records: [], killers: [], isKnown: true, isMissed: false }

/** A line of which nothing is known. */
export const unknown: PastedLine = { ...known, isKnown: false }

/** What several pieces of one line were read as. */
export function together(lines: readonly PastedLine[]): PastedLine {
  if (lines.length === 1) return lines[0]!
  return {
    records: lines.flatMap(({ records }) => records),
    killers: lines.flatMap(({ killers }) => killers),
    isKnown: lines.some(({ isKnown }) => isKnown),
    isMissed: lines.some(({ isMissed }) => isMissed),
  }
}
