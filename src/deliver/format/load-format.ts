import type { Format } from '../http/format.ts'
import { type FormatName, formats } from './formats.ts'

/** Loads a format's own file, so that the agent carries no other. */
export function loadFormat(name: FormatName): Promise<Format> {
  return formats[name].load()
}
