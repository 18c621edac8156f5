import { rename, writeFile } from 'node:fs/promises'
import { diskWrites } from './disk-queue.ts'

/**
 * Returns a function that replaces a small file, whole or not at all. While the disk delays an earlier text, a newer one
 * is skipped (`false`): the next is newer still. Rejects where the disk refuses.
 */
export function createFileReplacer(path: string): (text: string) => Promise<boolean> {
  let isBusy = false
  return async text => {
    if (isBusy) return false
    isBusy = true
    try {
      await diskWrites.run(async () => {
        await writeFile(`${path}.new`, text, { mode: 0o640 })
        await rename(`${path}.new`, path)
      })
      return true
    } finally {
      isBusy = false
    }
  }
}
