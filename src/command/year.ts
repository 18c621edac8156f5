import { OomloopError } from '../host/errors.ts'

/** The value of --year. Throws OOMLOOP_USAGE where it is none. */
export function yearOf(value: unknown): number | undefined {
  if (value === undefined) return undefined
  const year = Number(value)
  if (!Number.isInteger(year) || year < 1990 || year > 9999)
    throw new OomloopError('OOMLOOP_USAGE', `--year is ${JSON.stringify(value)}, but must be a year like 2023`)
  return year
}
