import {
  closeSync,
  constants,
  type FSWatcher,
  fstat as fstatCallback,
  fstatSync,
  openSync,
  read as readCallback,
  type Stats,
  watch,
} from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { createLineParser, type LineParser } from '../../parse/log-line/format.ts'
import { messagesOf } from '../../text/messages/catalogues.ts'
import { systemErrorText } from '../../text/system-error.ts'
import type { Locale, Observation, Source, SourceState } from '../../types.ts'
import { createResponsiveness, pausedMs, type Responsiveness } from './responsiveness.ts'

interface LogFileOptions {
  readonly path: string
  /** How often it is looked at for rotation and truncation, ms; default 1000. */
  readonly lookEveryMs?: number
  /** Reads a line of a file that is no syslog; default: lines of the kernel and of daemons, in any usual format. */
  readonly parse?: (line: string) => Observation | undefined
  /** Language of the state that is reported; default en. */
  readonly locale?: Locale
}

/**
 * Follows a log file that holds kernel lines, where /dev/kmsg may not be read: from its end on, over rotation, truncation
 * and late creation. A line's time is the moment it was read. The one descriptor that it needs is kept, and reading is
 * left to libuv's threads: neither a process without free descriptors nor a slow disk makes it miss a line or wait.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the position in the file
export function createLogFileSource({ path, lookEveryMs = 1000, parse, locale = 'en' }: LogFileOptions): Source {
  const { input, units } = messagesOf(locale)
  const t = input.logFile
  // A line of a daemon without a time is dropped; ours is the moment of reading, so any year will do.
  const parser = createLineParser({ year: new Date().getFullYear() })
  const buffer = Buffer.allocUnsafe(chunkBytes)
  let emit: (observation: Observation) => void = () => {}
  /** The file that we follow, kept open: after a rotation its name belongs to another one. */
  let fd: number | undefined
  let position = 0
  let lines = createLineCutter()
  let watcher: FSWatcher | undefined
  let look: NodeJS.Timeout | undefined
  let responsiveness: Responsiveness | undefined
  let state: SourceState['state'] | undefined
  let isStopped = false

  const take = (line: string): void => {
    const observation = parse ? parse(line) : live(parser, line, responsiveness?.sinceMs())
    if (observation && !isStopped) emit(observation)
  }

  const report = (now: SourceState['state'], why: string): void => {
    if (state === now) return
    const isSteady = state === undefined && now === 'sighted'
    state = now
    emit({ kind: 'source', at: Date.now(), source: 'log-file', state: now, why, ...(isSteady && { steady: true }) })
  }

  const open = (fromBeginning: boolean): void => {
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
      position = fromBeginning ? 0 : fstatSync(fd).size
      lines = createLineCutter()
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
      for (const line of lines.push(buffer.subarray(0, bytesRead))) take(line)
    }
  }

  /** Reads on, and finds out whether the file is still the one of that name. */
  const catchUp = async (): Promise<void> => {
    if (fd === undefined) {
      if (await statOf(path)) open(state !== undefined) // what came late is new as a whole
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
    open(true)
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
    start: to => {
      emit = to
      open(false)
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

const chunkBytes = 64 * 1024
/** No line of a kernel or daemon is longer; the rest of one that is longer is passed over. */
const maxLineBytes = 64 * 1024

const read = promisify(readCallback)
const fstat = promisify(fstatCallback) as (fd: number) => Promise<Stats>

/** Wakes at once where inotify is to be had; the look every second finds the rest. */
function watchFile(path: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, changed)
    watcher.on('error', () => {}) // removed or renamed: the next look finds out which
    return watcher
  } catch {
    return undefined // no inotify watch is left
  }
}

/** Cuts chunks into lines, in memory of one line. */
function createLineCutter(): { readonly push: (chunk: Buffer) => readonly string[] } {
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
 * (`sinceMs`: for how long) happened when its clock says, within that time.
 */
export function live(parser: LineParser, line: string, sinceMs = 0): Observation | undefined {
  const observation = parser.parse(line)
  if (!observation) return undefined
  const now = Date.now()
  const itsOwn = observation.at ?? now
  // Most logs write whole seconds.
  const isWithin = sinceMs >= pausedMs && itsOwn <= now && itsOwn >= now - sinceMs - 1000
  return { ...observation, at: isWithin ? itsOwn : now, ...('estimated' in observation && { estimated: false }) }
}
