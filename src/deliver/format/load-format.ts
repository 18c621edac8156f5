import type { Format } from '../http/format.ts'
import { type FormatName, formats } from './formats.ts'

/** Loads the file of a format, so that the agent does not hold the others in memory. */
export function loadFormat(name: FormatName): Promise<Format> {
  return formats[name].load()
}
