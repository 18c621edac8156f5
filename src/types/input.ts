/* Interfaces through which the host is read. The glossary stands in ../types.ts. */

import type { Observation } from './observation.ts'

/**
 * The one interface through which files of the host are read: the live host, a folder (`--root`), or a capture in
 * motion. Paths are absolute as on the host. Nothing throws: what cannot be read is undefined.
 */
export interface HostFiles {
  readonly read: (path: string) => string | undefined
  /** Names in a directory, undefined where it does not exist. */
  readonly list: (path: string) => readonly string[] | undefined
  /** All process ids. */
  readonly pids: () => readonly number[]
  /**
   * The error code where the last call returned nothing although the file may be there (EMFILE, EIO, EACCES …); undefined
   * where it is gone, or was read. Absent: files of this kind are there or gone, nothing else.
   */
  readonly failure?: () => string | undefined
  /** Target of a symbolic link. */
  readonly link: (path: string) => string | undefined
  /** As `read`, for a file that is read repeatedly: keeps its descriptor open (`forget` closes it). */
  readonly reread: (path: string) => string | undefined
  readonly forget: (path: string) => void
  /** Closes every kept descriptor. */
  readonly close: () => void
}

/**
 * Turns input from outside into observations. Started once. A failure is reported as a SourceState, and it keeps
 * trying.
 */
export interface Source {
  readonly name: string
  readonly start: (emit: (observation: Observation) => void) => void | Promise<void>
  readonly stop: () => void | Promise<void>
  /** Reads the backlog at once, so that it does not seem newer than what other sources read later. */
  readonly catchUp?: () => void
}
