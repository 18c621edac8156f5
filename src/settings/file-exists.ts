import { statSync } from 'node:fs'

/**
 * Whether there is a file. Not `existsSync`: access(2) ignores ambient capabilities. The service may read every file
 * (CAP_DAC_READ_SEARCH), but would miss one in a directory of root. A file whose status is not permitted counts as
 * existing; reading it then gives the reason.
 */
export function fileExists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}
