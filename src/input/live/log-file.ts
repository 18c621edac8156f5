import {
  closeSync,
  constants,
  type FSWatcher,
  fstat as fstatCallback,
  fstatSync,
  openSync,
  read as readCallback,
  readdirSync,
  type Stats,
  statSync,
  watch,
} from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createLineParser, type LineParser } from '../../parse/log-line/format.ts'
import { messagesOf } from '../../text/messages/catalogues.ts'
import { systemErrorText } from '../../text/system-error.ts'
import type { FilePlace, KernelRecord, Locale, Observation, Source, SourceState, UnitLine } from '../../types.ts'
import { createResponsiveness, pausedMs, type Responsiveness } from './responsiveness.ts'

/** How far an earlier run had read, and when it last read anything, ms since the epoch. */
export interface LogFileResume extends FilePlace {
  readonly at: number
}

interface LogFileOptions {
  readonly path: string
  /** What was written after this is read first. Absent: from the end on. */
  readonly resumeAfter?: LogFileResume
  /** How often it is looked at for rotation and truncation, ms; default 1000. */
  readonly lookEveryMs?: number
  /** Reads a line of a file that is no syslog; default: lines of the kernel and of daemons, in any usual format. */
  readonly parse?: (line: string) => Observation | undefined
  /** Language of the state that is reported; default en. */
  readonly locale?: Locale
}

/**
 * Follows a log file that holds kernel lines, where /dev/kmsg may not be read: from its end on, or from where an earlier run
 * had come to, over rotation, truncation and late creation. A line's time is the moment it was read. The one descriptor that it needs is kept, and reading is
 * left to libuv's threads: neither a process without free descriptors nor a slow disk makes it miss a line or wait.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the position in the file
export function createLogFileSource(options: LogFileOptions): Source {
  const { path, lookEveryMs = 1000, parse, locale = 'en', resumeAfter } = options
  const { input, units } = messagesOf(locale)
  const t = input.logFile
  // A line of a daemon without a time is dropped; ours is the moment of reading, so any year will do.
  const parser = createLineParser({ year: new Date().getFullYear() })
  const buffer = Buffer.allocUnsafe(chunkBytes)
  let emit: (observation: Observation) => void = () => {}
  /** The file that we follow, kept open: after a rotation its name belongs to another one. */
  let fd: number | undefined
  let inode = 0
  let position = 0
  let lines = createLineCutter()
  let watcher: FSWatcher | undefined
  let look: NodeJS.Timeout | undefined
  let responsiveness: Responsiveness | undefined
  let state: SourceState['state'] | undefined
  let isStopped = false
  /** Since when the lines that are read now may have been written, while what an earlier run had not read is caught up. */
  let unreadSince: number | undefined

  const observationOf = (line: string): Observation | undefined => {
    if (parse) return parse(line)
    if (unreadSince === undefined) return live(parser, line, responsiveness?.sinceMs())
    return live(parser, line, Math.max(pausedMs, Date.now() - unreadSince), true)
  }

  /** Emits what whole lines say; the last one says how far the file has been read. */
  const take = (whole: readonly string[]): void => {
    const observations = whole.flatMap(line => observationOf(line) ?? [])
    for (const [index, observation] of observations.entries()) {
      if (isStopped) return
      const isLast = index === observations.length - 1
      const readTo = { inode, bytes: position - lines.restBytes() }
      emit(isLast && isPlaced(observation) ? { ...observation, readTo } : observation)
    }
  }

  const report = (now: SourceState['state'], why: string): void => {
    if (state === now) return
    const isSteady = state === undefined && now === 'sighted'
    state = now
    emit({ kind: 'source', at: Date.now(), source: 'log-file', state: now, why, ...(isSteady && { steady: true }) })
  }

  /** Begins to read a file at this byte. */
  const openAt = (name: string, from: number | 'end'): void => {
    fd = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK)
    const { ino, size } = fstatSync(fd)
    inode = ino
    position = from === 'end' ? size : from
    lines = createLineCutter()
  }

  const open = (from: number | 'end'): void => {
    try {
      if (fd === undefined) openAt(path, from)
      watcher = watchFile(path, () => void follow())
      report('sighted', t.up({ path }))
    } catch (error) {
      leave()
      report('blind', t.cannotFollow({ path, why: systemErrorText(error, units) }))
    }
  }

  const leave = (): void => {
    watcher?.close()
    if (fd !== undefined) closeSync(fd)
    watcher = undefined
    fd = undefined
  }

  /** Reads what was appended. */
  const readOn = async (): Promise<void> => {
    for (;;) {
      const { bytesRead } = await read(fd!, buffer, 0, buffer.length, position)
      if (bytesRead === 0 || isStopped) return
      position += bytesRead
      take(lines.push(buffer.subarray(0, bytesRead)))
    }
  }

  /** Reads what was written since an earlier run had to stop, also where the file was rotated meanwhile. */
  const readUnread = async (from: LogFileResume): Promise<void> => {
    unreadSince = from.at
    for (const { name, bytes } of unreadOf(path, from)) {
      leave()
      openAt(name, bytes)
      await readOn()
    }
  }

  /** Reads on, and finds out whether the file is still the one of that name. */
  const catchUp = async (): Promise<void> => {
    if (fd === undefined) {
      if (await statOf(path)) open(state === undefined ? 'end' : 0) // what came late is new as a whole
      if (fd === undefined) return
    }
    await readOn()
    const [mine, named] = [await fstat(fd), await statOf(path)]
    if (isStopped) return
    if (named && named.ino === mine.ino && named.dev === mine.dev) {
      if (mine.size >= position) return
      position = 0
      lines = createLineCutter()
      return readOn()
    }
    // The syslog daemon keeps it open until it is notified of the rotation: what is in it now is all, or nearly.
    await readOn()
    leave()
    if (!named) return report('blind', t.gone({ path }))
    open(0)
    if (fd !== undefined) await readOn()
  }

  let following: Promise<void> | undefined
  let isDueAgain = false
  const follow = (): Promise<void> => {
    isDueAgain = following !== undefined
    following ??= catchUp()
      .catch(error => report('blind', t.cannotRead({ path, why: systemErrorText(error, units) })))
      .finally(() => {
        following = undefined
        if (isStopped) leave()
        else if (isDueAgain) void follow()
      })
    return following
  }

  return {
    name: 'log-file',
    start: async to => {
      emit = to
      if (resumeAfter) {
        following = readUnread(resumeAfter)
          .catch(leave)
          .finally(() => {
            unreadSince = undefined
            following = undefined
          })
        await following
        if (isStopped) return leave()
      }
      open('end')
      look = setInterval(() => void follow(), lookEveryMs)
      responsiveness = createResponsiveness(() => {})
    },
    stop: () => {
      isStopped = true
      clearInterval(look)
      responsiveness?.stop()
      watcher?.close()
      if (!following) leave() // else when the read under way has ended
    },
  }
}

/** What of a log file an earlier run has not read: the rest of the file, or of the one that it was rotated to, and the new one. */
function unreadOf(
  path: string,
  { inode, bytes }: FilePlace,
): readonly { readonly name: string; readonly bytes: number }[] {
  const named = statSync(path, { throwIfNoEntry: false })
  if (!named) return []
  const restOf = ({ size }: Stats) => Math.max(bytes, size - mostUnreadBytes)
  // One that is shorter was cut to nothing meanwhile: what of it is new is not known.
  if (named.ino === inode) return named.size < bytes ? [] : [{ name: path, bytes: restOf(named) }]
  for (const name of readdirSync(dirname(path)).map(other => join(dirname(path), other))) {
    const stats = name.startsWith(path) ? statSync(name, { throwIfNoEntry: false }) : undefined
    if (stats?.ino === inode)
      return [
        { name, bytes: restOf(stats) },
        { name: path, bytes: 0 },
      ]
  }
  // It was packed or removed: the same.
  return []
}

/** It is read in a second or two. */
const mostUnreadBytes = 64 * 1024 * 1024

function isPlaced(observation: Observation): observation is KernelRecord | UnitLine {
  return observation.kind === 'kernel' || observation.kind === 'unit-line'
}

const chunkBytes = 64 * 1024
/** No line of a kernel or daemon is longer; the rest of one that is longer is passed over. */
const maxLineBytes = 64 * 1024

const { promisify } = process.getBuiltinModule('node:util')
const read = promisify(readCallback)
const fstat = promisify(fstatCallback) as (fd: number) => Promise<Stats>

/** Wakes at once where inotify is to be had; the look every second finds the rest. */
function watchFile(path: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, changed)
    watcher.on('error', () => {}) // removed or renamed; the next check finds out which
    return watcher
  } catch {
    return undefined // no inotify watch is left
  }
}

/** Cuts chunks into lines, in memory of one line. */
function createLineCutter(): {
  readonly push: (chunk: Buffer) => readonly string[]
  /** Of the line that has no end yet. */
  readonly restBytes: () => number
} {
  let rest: Buffer = Buffer.alloc(0)
  let isTooLong = false
  return {
    push: chunk => {
      const lines: string[] = []
      let from = 0
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        if (!isTooLong) lines.push(Buffer.concat([rest, chunk.subarray(from, at)]).toString('utf8'))
        rest = Buffer.alloc(0)
        isTooLong = false
        from = at + 1
      }
      if (!isTooLong) rest = Buffer.concat([rest, chunk.subarray(from)])
      if (rest.length > maxLineBytes) {
        rest = Buffer.alloc(0)
        isTooLong = true
      }
      return lines
    },
    restBytes: () => rest.length,
  }
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * A line that has just been written happened now, whatever its clock says. What piled up while the agent did not run
 * (`sinceMs`: for how long) happened when its clock says, within that time; while no agent ran at all, its time is
 * estimated, as that of the kernel's backlog is.
 */
export function live(parser: LineParser, line: string, sinceMs = 0, isBacklog = false): Observation | undefined {
  const observation = parser.parse(line)
  if (!observation) return undefined
  const now = Date.now()
  const itsOwn = observation.at ?? now
  // Most logs write whole seconds.
  const isWithin = sinceMs >= pausedMs && itsOwn <= now && itsOwn >= now - sinceMs - 1000
  const at = isWithin ? itsOwn : now
  if (isWithin && isBacklog && observation.kind === 'kernel') return { ...observation, at, estimated: true }
  return { ...observation, at, ...('estimated' in observation && { estimated: false }) }
}
