import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { Tail } from 'tail'
import { createLineParser, type LineParser } from '../parse/carrier.ts'
import type { Observation, Source, SourceState } from '../types.ts'

export interface LogFileOptions {
  readonly path: string
  /** How often it is looked at for rotation and truncation, ms; default 1000. */
  readonly lookEveryMs?: number
}

/**
 * Follows a log file that holds kernel lines, where /dev/kmsg may not be read: from its end on, over rotation, truncation
 * and late creation. A line's time is the moment it was read. At a rotation the last second of the old file is read
 * once more, so that nothing written meanwhile is missing; the parser knows a kill that it has seen.
 */
export function createLogFileSource({ path, lookEveryMs = 1000 }: LogFileOptions): Source {
  // A line of a daemon without a time is dropped; ours is the moment of reading, so any year will do.
  const parser = createLineParser({ year: new Date().getFullYear() })
  let emit: (observation: Observation) => void = () => {}
  let tail: Tail | undefined
  /** The file that we follow, kept open: after a rotation its name belongs to another one. */
  let fd: number | undefined
  let readTo = 0
  let look: NodeJS.Timeout | undefined
  let state: SourceState['state'] | undefined

  const take = (line: string): void => {
    const observation = live(parser, line)
    if (observation) emit(observation)
  }

  const tell = (now: SourceState['state'], why: string): void => {
    if (state === now) return
    const isSteady = state === undefined
    state = now
    emit({ kind: 'source', at: Date.now(), source: 'log-file', state: now, why, ...(isSteady && { steady: true }) })
  }

  const follow = (fromBeginning: boolean): void => {
    try {
      fd = openSync(path, 'r')
      tail = new Tail(path, { fromBeginning, follow: false })
    } catch (error) {
      tell('blind', `${path} cannot be followed: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`)
      leave()
      return
    }
    readTo = positionOf(tail)
    tail.on('line', take)
    tail.on('error', () => {}) // it was moved or removed: the next look finds out which
    tell('sighted', `following ${path}`)
  }

  const leave = (): void => {
    tail?.unwatch()
    if (fd !== undefined) closeSync(fd)
    tail = undefined
    fd = undefined
  }

  const lookAgain = (): void => {
    if (fd === undefined || !tail) {
      follow(state !== undefined) // what came late is new as a whole
      return
    }
    const mine = fstatSync(fd)
    const named = statOf(path)
    if (named && named.ino === mine.ino && named.dev === mine.dev) {
      if (mine.size < readTo) restart(true)
      else readTo = positionOf(tail)
      return
    }
    // Whoever writes it has it open until told otherwise: what is in it now is all, or nearly.
    for (const line of linesFrom(fd, readTo)) take(line)
    leave()
    if (named) follow(true)
    else tell('blind', `${path} is gone`)
  }

  const restart = (fromBeginning: boolean): void => {
    leave()
    follow(fromBeginning)
  }

  return {
    name: 'log-file',
    start: to => {
      emit = to
      follow(false)
      look = setInterval(lookAgain, lookEveryMs)
    },
    stop: () => {
      clearInterval(look)
      leave()
    },
  }
}

/** A line that has just been written happened now, whatever its clock says. */
export function live(parser: LineParser, line: string): Observation | undefined {
  const observation = parser.parse(line)
  if (!observation) return undefined
  return { ...observation, at: Date.now(), ...('estimated' in observation && { estimated: false }) }
}

/** How far it has read, or is about to. */
function positionOf(tail: Tail): number {
  return (tail as unknown as { currentCursorPos: number }).currentCursorPos
}

function statOf(path: string) {
  return statSync(path, { throwIfNoEntry: false })
}

/** At most the last megabyte: a second of any log. */
function linesFrom(fd: number, position: number): readonly string[] {
  const size = Math.min(fstatSync(fd).size - position, 1024 * 1024)
  if (size <= 0) return []
  const buffer = Buffer.allocUnsafe(size)
  const length = readSync(fd, buffer, 0, size, position)
  return buffer.toString('utf8', 0, length).split('\n')
}
