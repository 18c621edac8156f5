import { readFileSync, writeFileSync } from 'node:fs'
import type { Log } from '../log.ts'
import { type Locale, logMessages, type Messages, messagesOf } from '../text/messages/catalogues.ts'
import { type Libc, openLibc } from './libc.ts'
import { lockTouchedText, type MemoryRange } from './touched-text.ts'

interface Protection {
  /** Program text that stays in memory once it was read, KiB. */
  readonly lockedKiB: number
  readonly oomScoreAdj: number | null
  /** Missing protection, in sentences; empty: fully protected. */
  readonly problems: readonly string[]
  /** Locks what is in memory by now, where this kernel cannot lock pages as they are touched; after the warm-up. */
  readonly afterWarmUp: () => void
}

/**
 * Protects the agent from memory shortage: the kernel should neither kill it nor drop its program text. Without this,
 * memory pressure costs thousands of major faults (docs/evidence/measured.md). Locks only what is read from files, as
 * it is touched (MLOCK_ONFAULT); V8's heap cannot be locked (it aborts). Comes before the code paths are warmed: what
 * they touch is what stays.
 */
export function protectSelf({ log, locale, libc = openLibc() }: ProtectOptions): Protection {
  const t = messagesOf(locale).agent.protection

  const problems: string[] = []
  if (libc) dropStartupPages(libc)
  const text = libc ? lockText(libc) : noText
  if (!libc) problems.push(t.noFfi)
  for (const [error, mappings] of text.refusals) problems.push(t.notLocked({ mappings, error }))
  const oomScoreAdj = lowerScore(problems, t)
  for (const problem of problems) log.warn({ problem }, logMessages.notProtected)
  log.info({ lockedKiB: text.lockedKiB, oomScoreAdj }, logMessages.protected)
  const afterWarmUp = (): void => {
    if (!libc || text.later.length === 0) return
    const { lockedKiB, refusals } = lockTouchedText(libc, text.later)
    for (const [error, mappings] of refusals) {
      const problem = t.notLocked({ mappings, error })
      problems.push(problem)
      log.warn({ problem }, logMessages.notProtected)
    }
    log.info({ lockedKiB }, logMessages.textLocked)
  }
  return { lockedKiB: text.lockedKiB, oomScoreAdj, problems, afterWarmUp }
}

interface ProtectOptions {
  readonly log: Log
  readonly locale: Locale
  readonly libc?: Libc | undefined
}

const mlockOnFault = 1
const madviseDontneed = 4
const wantedAdj = -999
/** The value that kubelet sets for node-critical and Guaranteed pods, and the lowest that a container can have. */
const enoughAdj = -997

interface LockedText {
  readonly lockedKiB: number
  /** Mappings that could not be locked, by the number of the error. */
  readonly refusals: ReadonlyMap<number, number>
  /** What only mlock can lock: this kernel has no mlock2. */
  readonly later: readonly MemoryRange[]
}

const noText: LockedText = { lockedKiB: 0, refusals: new Map(), later: [] }

function lockText(libc: Libc): LockedText {
  let lockedBytes = 0n
  const refusals = new Map<number, number>()
  const later: MemoryRange[] = []
  for (const mapping of fileMappings(readFileSync('/proc/self/maps', 'utf8'))) {
    const bytes = mapping.to - mapping.from
    const error = libc.mlock2(mapping.from, bytes, mlockOnFault)
    if (error === 0) lockedBytes += bytes
    else if (noMlock2.has(error)) later.push(mapping)
    else refusals.set(error, (refusals.get(error) ?? 0) + 1)
  }
  return { lockedKiB: Number(lockedBytes / 1024n), refusals, later }
}

/** ENOSYS, and EINVAL, which glibc makes of it. */
const noMlock2: ReadonlySet<number> = new Set([38, 22])

/**
 * Unmaps the pages of program text that only starting needed: 30 of 60 MiB resident (docs/evidence/footprint.md). They stay in the
 * page cache, and the kernel maps them again when they are used. Only mappings without a page of our own: relocated data is
 * mapped from a file as well, and would be lost.
 */
function dropStartupPages(libc: Libc): void {
  for (const { from, to } of cleanFileMappings(readFileSync('/proc/self/smaps', 'utf8')))
    libc.madvise(from, to - from, madviseDontneed)
}

/** Mappings of files that hold nothing but what the file holds, from smaps. */
export function cleanFileMappings(smaps: string): ReturnType<typeof fileMappings> {
  return smaps
    .split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
    .filter(mapping => /^Anonymous: +0 kB$/m.test(mapping) && /^\S+ r-[-x]p/.test(mapping))
    .flatMap(fileMappings)
}

/**
 * Mappings that the kernel could read again from a file, and so drops first.
 *
 *     55d5c0a00000-55d5c4c00000 r-xp 01200000 fe:00 1234   /usr/bin/node
 */
export function fileMappings(maps: string): readonly MemoryRange[] {
  return maps.split('\n').flatMap(line => {
    const match = /^([0-9a-f]+)-([0-9a-f]+) r[-w][-x]p \S+ \S+ \d+ +\//.exec(line)
    return match ? [{ from: BigInt(`0x${match[1]}`), to: BigInt(`0x${match[2]}`) }] : []
  })
}

function lowerScore(problems: string[], t: Messages['agent']['protection']): number | null {
  const path = '/proc/self/oom_score_adj'
  try {
    if (Number(readFileSync(path, 'utf8')) > wantedAdj) writeFileSync(path, String(wantedAdj))
  } catch {
    // the result is read below
  }
  try {
    const adj = Number(readFileSync(path, 'utf8'))
    if (adj > enoughAdj) problems.push(t.score({ adj, wanted: wantedAdj }))
    return adj
  } catch {
    problems.push(t.scoreUnknown)
    return null
  }
}
