import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../log.ts'
import { createFileReplacer } from '../platform/replace-file.ts'
import { logMessages } from '../text/messages/catalogues.ts'
import type { FilePlace } from '../types.ts'

/** State that a restart needs to continue an incident, independent of recordings. */
export interface SavedState {
  readonly version: 1
  /** Its name: the recording marks where it was saved. */
  readonly id: string
  readonly at: number
  readonly bootId: string
  /** Newest kernel record that was read; null where records have no numbers. */
  readonly lastSeq: number | null
  /** How far the log file was read; null where there is none, absent where an older version saved. */
  readonly readTo?: FilePlace | null
  /** Of the core, and of the notification policies: see `Pipeline.memory` and `Notifications.save`. */
  readonly core: unknown
  readonly notifications: unknown
}

interface StateKeeper {
  /** State changed that a restart needs: it is saved at once or within seconds. */
  readonly changed: () => void
  /** Saves what changed; resolves when it is written, or the disk refuses. */
  readonly stop: () => Promise<void>
}

/**
 * Saves after each alert, and within five seconds after each kill. What a state covers is on record before the state
 * replaces the one before it: a kill -9 between the two costs the newer state, and no line of the recording.
 */
export function createStateKeeper(options: {
  readonly stateDir: string
  readonly bootId: string
  /** What is to be saved, as it is at this moment. */
  readonly take: () => Pick<SavedState, 'lastSeq' | 'readTo' | 'core' | 'notifications'>
  /** Marks the place in the recording. */
  readonly mark: (id: string, at: number) => void
  /** Resolves when the mark, and all that was observed before it, survives a kill -9; or when the disk refused it. */
  readonly onRecord: () => Promise<void>
  /** Distinguishes this run from others of the same boot. */
  readonly run: string
  readonly now: () => number
}): StateKeeper {
  const { stateDir, bootId, take, mark, onRecord, run, now } = options
  const replace = createFileReplacer(join(stateDir, fileName))
  let isDue = false
  let saving: Promise<void> | undefined
  let count = 0
  let lastBytes = 0
  let lastAt = Number.NEGATIVE_INFINITY

  /** While the disk delays one state, no newer one is created; the next one will be newer anyway. */
  const save = (): void => {
    if (!isDue || saving) return
    isDue = false
    saving = saveNow().finally(() => {
      saving = undefined
    })
  }

  const saveNow = async (): Promise<void> => {
    const at = now()
    lastAt = performance.now()
    const state: SavedState = { version: 1, id: `${run}-${++count}`, at, bootId, ...take() }
    const text = JSON.stringify(state)
    lastBytes = text.length
    mark(state.id, at)
    try {
      await onRecord()
      const copy = `${withChecksum(text)}\n`
      await replace(copy + copy)
    } catch {
      isDue = true // with a full disk monitoring continues; the timer tries again
    }
  }

  const timer = setInterval(save, everyMs)
  timer.unref()

  return {
    changed: () => {
      const isFirst = !isDue
      isDue = true
      // A storm of alerts on a large node would write megabytes, so the timer is used then.
      const isCheap = lastBytes < cheapBytes || performance.now() - lastAt > everyMs
      if (isFirst && isCheap) setTimeout(save, afterMs).unref()
    },
    stop: async () => {
      clearInterval(timer)
      await saving
      isDue = true
      save()
      await saving
    },
  }
}

const fileName = 'resume.json'
const everyMs = 5_000
/** An alert of the same moment is on its way: to take the state costs it a millisecond, and to write it the disk's turn. */
const afterMs = 100
const cheapBytes = 128 * 1024

/**
 * `{"checksum":"…","state":{…}}`: a digit that a failing disk has changed is still JSON. The file has two lines of it, so that
 * one damaged block leaves the other.
 */
function withChecksum(text: string): string {
  return `${head}${checksumOf(text)}${middle}${text}}`
}

const head = '{"checksum":"'
const middle = '","state":'

function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The state that the last run saved; null where there is none, or where both of its copies are damaged. Damage is logged. */
export function readSavedState(stateDir: string, log: Pick<Log, 'warn'>): SavedState | null {
  const path = join(stateDir, fileName)
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') log.warn({ path, code }, logMessages.stateUnreadable)
    return null
  }
  // Found by position instead of by newline, because the newline may be damaged.
  const half = bytes.length >> 1
  const [one, other] = [bytes.subarray(0, half), bytes.subarray(half)].map(copy =>
    parseState(copy.toString().slice(0, -1)),
  )
  if (!one && !other) log.warn({ path }, logMessages.stateDamaged)
  else if (!one || !other) log.warn({ path }, logMessages.stateCopyUsed)
  return one ?? other ?? null
}

function parseState(line: string): SavedState | null {
  const text = line.slice(head.length + checksumLength + middle.length, -1)
  if (withChecksum(text) !== line) return null
  const state = JSON.parse(text) as SavedState
  const isWhole = state.version === 1 && typeof state.id === 'string' && Number.isFinite(state.at)
  return isWhole && typeof state.bootId === 'string' ? state : null
}

const checksumLength = 64
