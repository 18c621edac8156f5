import { statSync } from 'node:fs'

/**
 * Whether there is a file. Not `existsSync`: access(2) asks for the user and ignores its ambient capabilities, so that the
 * service, which may read every file (CAP_DAC_READ_SEARCH), would miss one below a folder that is root's alone. A file that
 * cannot be asked for exists: reading it says why it cannot be read.
 */
export function fileExists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}
