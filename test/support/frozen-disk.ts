import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A small ext4 file system on a loop device, which can be frozen: every write to it then waits in the kernel (D state). */
export interface FreezableDisk {
  readonly dir: string
  readonly freeze: () => void
  readonly thaw: () => void
  readonly remove: () => void
}

export function makeFreezableDisk(MiB = 64): FreezableDisk {
  const base = mkdtempSync(join(tmpdir(), 'oomloop-disk-'))
  const image = join(base, 'image')
  const dir = join(base, 'mounted')
  writeFileSync(image, '')
  truncateSync(image, MiB * 1024 * 1024)
  mkdirSync(dir)
  execFileSync('mkfs.ext4', ['-q', image])
  execFileSync('mount', ['-o', 'loop', image, dir])
  let isFrozen = false
  const set = (on: boolean): void => {
    if (on === isFrozen) return
    execFileSync('fsfreeze', [on ? '-f' : '-u', dir])
    isFrozen = on
  }
  return {
    dir,
    freeze: () => set(true),
    thaw: () => set(false),
    remove: () => {
      set(false)
      execFileSync('umount', ['-l', dir])
      rmSync(base, { recursive: true, force: true })
    },
  }
}

/** Why a disk cannot be frozen here; undefined where it can. */
export function whyNoFreezableDisk(): string | undefined {
  if (process.getuid?.() !== 0) return 'freezing a file system needs root'
  try {
    const disk = makeFreezableDisk(16)
    disk.freeze()
    disk.remove()
    return undefined
  } catch (error) {
    return `no file system can be mounted and frozen here (${(error as Error).message.split('\n')[0]})`
  }
}
