import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a directory and those above it. One at a time: `recursive` never returns where the parent cannot hold
 * directories (seen under /proc, Node 26).
 */
export function makeDirectories(path: string, mode?: number): void {
  try {
    makeDirectory(path, mode)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
    makeDirectories(dirname(path), mode)
    makeDirectory(path, mode)
  }
}

/** Makes one directory, where it is not there yet. */
export function makeDirectory(path: string, mode?: number): void {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
