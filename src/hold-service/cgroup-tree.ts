import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  statfsSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { isHoldable } from '../hold/allow-list.ts'

/** The only part of the program that writes below /sys: `memory.high` of cgroups on the allow-list. */
export interface CgroupTree {
  /** The hierarchy is cgroup v2. */
  readonly isUsable: () => boolean
  /** The cgroup's inode; undefined where it is gone or may not be held. */
  readonly inode: (cgroup: string) => number | undefined
  /** Text of one of the cgroup's files, of a figure its only line; undefined where it cannot be read. */
  readonly read: (cgroup: string, file: CgroupFile) => string | undefined
  /** Writes `memory.high`. Throws where the kernel refuses, the path is not on the allow-list, or it is another cgroup. */
  readonly writeHigh: (cgroup: string, inode: number, value: string) => void
}

type CgroupFile = 'memory.high' | 'memory.current' | 'memory.max' | 'memory.pressure' | 'cgroup.procs'

interface CgroupTreeOptions {
  /** Where the hierarchy is mounted. */
  readonly mount: string
  /** Whether a path lies on a cgroup v2 file system; a test imitates one. */
  readonly isCgroup2?: (path: string) => boolean
}

/** CGROUP2_SUPER_MAGIC of include/uapi/linux/magic.h. */
const cgroup2Magic = 0x63677270

export function createCgroupTree({ mount, isCgroup2 = isCgroup2Path }: CgroupTreeOptions): CgroupTree {
  /** The cgroup's directory; undefined where the path leads anywhere else than it says. */
  const directoryOf = (cgroup: string): string | undefined => {
    if (!isHoldable(cgroup)) return undefined
    try {
      const path = join(realpathSync(mount), cgroup)
      // A link anywhere on the way gives another real path. cgroupfs has none, so that none can be put there meanwhile.
      if (realpathSync(path) !== path || !lstatSync(path).isDirectory() || !isCgroup2(path)) return undefined
      return path
    } catch {
      return undefined
    }
  }

  return {
    isUsable: () => {
      try {
        return isCgroup2(mount)
      } catch {
        return false
      }
    },
    inode: cgroup => {
      const path = directoryOf(cgroup)
      return path === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false })?.ino
    },
    read: (cgroup, file) => {
      const path = directoryOf(cgroup)
      if (path === undefined) return undefined
      try {
        const text = readFileSync(join(path, file), 'latin1')
        return file.startsWith('memory.') && file !== 'memory.pressure' ? text.split('\n', 1)[0] : text.trimEnd()
      } catch {
        return undefined
      }
    },
    writeHigh: (cgroup, inode, value) => {
      const path = directoryOf(cgroup)
      if (path === undefined || lstatSync(path).ino !== inode) throw new Error('ESTALE')
      if (!/^(?:max|\d{1,19})$/.test(value)) throw new Error('EINVAL')
      // Neither made nor emptied: a file that is not there is an error.
      const fd = openSync(join(path, 'memory.high'), constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        if (!fstatSync(fd).isFile()) throw new Error('ENOENT')
        writeSync(fd, `${value}\n`)
      } finally {
        closeSync(fd)
      }
    },
  }
}

function isCgroup2Path(path: string): boolean {
  return statfsSync(path).type === cgroup2Magic
}
