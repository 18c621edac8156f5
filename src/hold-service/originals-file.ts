import { readFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { nothingSaved, originalsText, parseOriginals, type SavedOriginals } from '../hold/saved-originals.ts'

export interface OriginalsFile {
  /** What an earlier process of this boot left; nothing where it left nothing. */
  readonly read: () => SavedOriginals
  /** Resolves when it is on disk; rejects where the disk refuses. */
  readonly write: (saved: SavedOriginals) => Promise<void>
}

const fileName = 'hold.json'

/**
 * Keeps the originals in two places: on disk, synced, and in the runtime directory, which is memory and lives exactly as
 * long as the cgroups do. One of them that is damaged is passed over.
 */
export function createOriginalsFile(options: {
  readonly stateDir: string
  readonly runDir: string
  readonly bootId: string | null
}): OriginalsFile {
  const paths = [options.runDir, options.stateDir].map(folder => join(folder, fileName))
  let last: Promise<unknown> = Promise.resolve()

  const writeAll = async (text: string): Promise<void> => {
    for (const path of paths) await replaceSynced(path, text)
  }

  return {
    read: () => {
      const all = paths.flatMap(path => readOne(path) ?? [])
      const current = all.filter(({ bootId }) => bootId === options.bootId && bootId !== null)
      // The copies differ where a write was interrupted: what either lists may have been held.
      const held = new Map(
        current.flatMap(saved => saved.held.map(each => [`${each.inode} ${each.cgroup}`, each] as const)),
      )
      return current.length === 0
        ? { ...nothingSaved, bootId: options.bootId }
        : {
            bootId: options.bootId,
            held: [...held.values()],
            resting: Object.assign({}, ...current.map(saved => saved.resting)),
          }
    },
    write: saved => {
      const done = last.then(() => writeAll(originalsText(saved)))
      last = done.catch(() => {}) // its caller handles the error
      return done
    },
  }
}

function readOne(path: string): SavedOriginals | undefined {
  try {
    return parseOriginals(readFileSync(path, 'utf8'))
  } catch {
    return undefined // the first run
  }
}

/** Whole or not at all, also after a power cut: the content is on disk before the name is, and the name before it returns. */
async function replaceSynced(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
