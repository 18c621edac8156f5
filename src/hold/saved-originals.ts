import { isHoldable } from './allow-list.ts'
import type { Levels } from './level.ts'

/** Everything needed to restore a held container after a crash. */
export interface SavedOriginal {
  readonly cgroup: string
  /** Of the cgroup's directory: another cgroup of the same name has another one. */
  readonly inode: number
  /** The text of `memory.high` before it was held: `max`, or bytes. */
  readonly original: string
  readonly levels: Levels
  readonly since: number
  readonly startKiB: number
  readonly growthKiBPerSecond: number
}

/** The file of originals: written and synced before the first value of ours is. */
export interface SavedOriginals {
  /** Cgroups do not outlive a boot. */
  readonly bootId: string | null
  readonly held: readonly SavedOriginal[]
  /** Cgroups that were released at the time limit, with the time until which they are not held again. */
  readonly resting: Readonly<Record<string, number>>
}

export const nothingSaved: SavedOriginals = { bootId: null, held: [], resting: {} }

/** A checksum at the end distinguishes a whole file from one that a power cut left half written. */
export function originalsText(saved: SavedOriginals): string {
  const text = JSON.stringify(saved)
  return `${text}\n${checksum(text)}\n`
}

/** undefined: incomplete, or not written by oomloop. It is then ignored. */
export function parseOriginals(file: string): SavedOriginals | undefined {
  const [text, sum, ...rest] = file.split('\n')
  if (text === undefined || sum !== checksum(text) || rest.join('') !== '') return undefined
  try {
    const { bootId, held, resting } = JSON.parse(text) as SavedOriginals
    if (!Array.isArray(held) || !held.every(isSavedOriginal)) return undefined
    return { bootId, held, resting: resting ?? {} }
  } catch {
    return undefined
  }
}

function isSavedOriginal({ cgroup, inode, original, levels }: SavedOriginal): boolean {
  const isSize = typeof original === 'string' && /^(?:max|\d{1,19})$/.test(original)
  return isHoldable(cgroup) && Number.isSafeInteger(inode) && isSize && isLevels(levels)
}

function isLevels({ startBytes, stepBytes, steps }: Levels): boolean {
  return [startBytes, stepBytes, steps].every(value => Number.isSafeInteger(value) && value > 0)
}

/** FNV-1a: detects damage, not tampering. Only root can write this file. */
function checksum(text: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
