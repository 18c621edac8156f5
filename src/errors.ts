/**
 * Every reason why oomloop cannot start or go on, by its documented code (docs/exit-codes.md). A code is never reused.
 * The world misbehaving while the agent runs is no error but a value: `undefined`, an outcome, a SourceState.
 */
export const errorCodes = {
  OOMLOOP_USAGE: 'a flag, an argument or a command that does not exist, or a value that it cannot take',
  OOMLOOP_SETTINGS: 'a settings file that cannot be read, or holds a key or value that does not exist',
  OOMLOOP_INPUT: 'a log, recording or capture that cannot be read, or is none',
  OOMLOOP_OUTPUT: 'a file that cannot be written',
  OOMLOOP_STATE_DIR: 'the state directory cannot be made or written',
  OOMLOOP_NO_SOURCE: 'no source of kernel records can be read on this host',
  OOMLOOP_NOT_RUNNING: 'no agent runs on this host, or its status cannot be read',
  OOMLOOP_PLATFORM: 'the kernel or the C library is too old, or this is not Linux',
  OOMLOOP_LISTEN: 'the address for metrics and health cannot be listened on',
} as const

export type ErrorCode = keyof typeof errorCodes

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
