/**
 * Every reason why oomloop cannot start or go on, by its documented code (docs/exit-codes.md). A code is never reused.
 * Expected failures while the agent runs are values instead: `undefined`, an outcome, a SourceState.
 */
export const errorCodes = [
  'OOMLOOP_USAGE',
  'OOMLOOP_SETTINGS',
  'OOMLOOP_INPUT',
  'OOMLOOP_OUTPUT',
  'OOMLOOP_STATE_DIR',
  'OOMLOOP_NO_SOURCE',
  'OOMLOOP_NOT_RUNNING',
  'OOMLOOP_PLATFORM',
  'OOMLOOP_LISTEN',
] as const

type ErrorCode = (typeof errorCodes)[number]

/** Says that oomloop cannot start or go on: what failed, on what, what to do; lower case, no full stop, no secrets. */
export class OomloopError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'OomloopError'
    this.code = code
  }
}

/** Exit codes of every command: 0 fine, 1 there is a finding, 2 wrong use, 3 a failure. */
export const exitCode = { fine: 0, finding: 1, wrongUse: 2, failure: 3 } as const

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof OomloopError)) return exitCode.failure
  return error.code === 'OOMLOOP_USAGE' || error.code === 'OOMLOOP_SETTINGS' ? exitCode.wrongUse : exitCode.failure
}
