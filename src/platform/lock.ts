import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { HostFiles } from '../types.ts'
import { makeDirectory } from './ensure-directory.ts'

/** The process that has the lock of this host. A pid alone may be another program by now: boot and start time identify it. */
export interface LockHolder {
  readonly pid: number
  readonly startTicks: string
  readonly bootId: string | null
}

type LockOutcome =
  | { readonly taken: true; readonly release: () => void }
  | { readonly taken: false; readonly holder: LockHolder | null; readonly why: 'held' | 'not-permitted' }

/**
 * Takes the lock that keeps a service and a DaemonSet on one host from both being active. A process that is no longer alive
 * loses it. Needs the host's pid namespace to judge that, which the DaemonSet has (hostPID).
 */
export function takeHostLock(path: string, files: HostFiles, bootId: string | null): LockOutcome {
  const self: LockHolder = { pid: process.pid, startTicks: startTicksOf(files, process.pid) ?? '', bootId }
  const own = `${path}.${process.pid}`
  try {
    makeDirectory(dirname(path))
    writeFileSync(own, JSON.stringify(self))
    for (let attempt = 0; attempt < 3; attempt++) {
      if (linkIfFree(own, path)) return { taken: true, release: () => rmSync(path, { force: true }) }
      const holder = readHolder(path)
      if (holder && isAlive(holder, files, bootId)) return { taken: false, holder, why: 'held' }
      setAside(path, holder)
    }
    return { taken: false, holder: readHolder(path), why: 'held' }
  } catch {
    // A pod without privileges may not write where the host's service does, but may see that it is there.
    const holder = readHolder(path)
    if (holder && isAlive(holder, files, bootId)) return { taken: false, holder, why: 'held' }
    return { taken: false, holder: null, why: 'not-permitted' } // monitoring without a lock is better than not monitoring
  } finally {
    rmSync(own, { force: true })
  }
}

function linkIfFree(own: string, path: string): boolean {
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Moves the lock of a dead process away; if another agent was quicker, its fresh lock is put back. */
function setAside(path: string, dead: LockHolder | null): void {
  const aside = `${path}.${process.pid}.dead`
  try {
    renameSync(path, aside)
  } catch {
    return // gone already
  }
  const moved = readHolder(aside)
  if (moved && (moved.pid !== dead?.pid || moved.startTicks !== dead.startTicks)) linkIfFree(aside, path)
  rmSync(aside, { force: true })
}

function readHolder(path: string): LockHolder | null {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as LockHolder
    return typeof holder.pid === 'number' ? holder : null
  } catch {
    return null
  }
}

function isAlive(holder: LockHolder, files: HostFiles, bootId: string | null): boolean {
  if (holder.bootId !== bootId) return false
  return startTicksOf(files, holder.pid) === holder.startTicks
}

export function startTicksOf(files: HostFiles, pid: number): string | undefined {
  return startTicksIn(files.read(`/proc/${pid}/stat`))
}

/** Field 22 of /proc/PID/stat, counted after the last `)`: a process name may hold blanks and parentheses. */
export function startTicksIn(stat: string | undefined): string | undefined {
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}
