import type { KillerLine } from '../../../parse/killers/killer-line.ts'

/** The result of reading one log, beside its kills. */
export interface ReadingOutcome {
  readonly file: string
  readonly lines: number
  /** Lines of the kernel's reports, of daemons that are followed, and of other OOM killers. */
  readonly recognised: number
  /** Whether any line has a form that is known: a log at all. */
  readonly isLog: boolean
  /** Whether any line was the kernel's. */
  readonly hasKernelLines: boolean
  /** Lines that look like part of an OOM report and were not understood; the first few with their numbers. */
  readonly missed: number
  readonly firstMissed: readonly MissedLine[]
  /** Lines too long to be a kernel's, which were left out. */
  readonly tooLong: number
  readonly firstTooLong: number
  /** The packed file ended too early or was damaged. */
  readonly isCut: boolean
  /** Kills whose line had no known form. */
  readonly foundByPhrase: number
  readonly signs: readonly LogSign[]
  readonly signsLeftOut: number
}

interface MissedLine {
  readonly number: number
  readonly text: string
}

/** What a log says of memory besides kills by the kernel. */
export interface LogSign {
  readonly line: number
  readonly at: number | null
  readonly host?: string
  readonly says: KillerLine | KernelSign
}

export interface KernelSign {
  readonly by: 'kernel-sign'
  readonly sign: 'no-killable' | 'deadlocked' | 'panic' | 'no-victim' | 'reaped'
  readonly victim: string | null
  readonly pid: number | null
}

/** Whether the log contains something that must not be reported as "nothing happened". */
export function isIncomplete(outcomes: readonly ReadingOutcome[]): boolean {
  return outcomes.some(({ missed, isLog, isCut, tooLong }) => missed > 0 || !isLog || isCut || tooLong > 0)
}

export function signsOf(outcomes: readonly ReadingOutcome[]): readonly LogSign[] {
  return outcomes.flatMap(({ signs }) => signs)
}
