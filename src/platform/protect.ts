import { readFileSync, writeFileSync } from 'node:fs'
import { type Libc, openLibc } from './libc.ts'
import type { Log } from './log.ts'

export interface Protection {
  /** Program text that stays in memory once it was read, KiB. */
  readonly lockedKiB: number
  readonly oomScoreAdj: number | null
  /** What could not be had, in sentences; empty = fully protected. */
  readonly problems: readonly string[]
}

/**
 * Protects the agent against what it watches: the kernel shall neither choose it nor drop its program text, which under
 * memory pressure costs thousands of major faults (measured in docs/measured.md). Locks only what is read from files, as
 * it is touched (MLOCK_ONFAULT); V8's heap cannot be locked (it aborts). Comes before the code paths are warmed: what
 * they touch is what stays.
 */
export function protectSelf({ log, libc = openLibc() }: { log: Log; libc?: Libc | undefined }): Protection {
  const problems: string[] = []
  if (libc) letGoOfStart(libc)
  const lockedKiB = lockText(libc, problems)
  const oomScoreAdj = lowerScore(problems)
  for (const problem of problems) log.warn({ problem }, 'not fully protected')
  log.info({ lockedKiB, oomScoreAdj }, 'protected')
  return { lockedKiB, oomScoreAdj, problems }
}

const mlockOnFault = 1
const madviseDontneed = 4
const wantedAdj = -999
/** What kubelet gives to node-critical and to Guaranteed pods; as good, and a container can have no less. */
const enoughAdj = -997

function lockText(libc: Libc | undefined, problems: string[]): number {
  if (!libc) {
    problems.push('program text is not locked in memory: this Node.js has no node:ffi')
    return 0
  }
  let lockedBytes = 0n
  const refusals = new Map<number, number>()
  for (const { from, to } of fileMappings(readFileSync('/proc/self/maps', 'utf8'))) {
    const error = libc.mlock2(from, to - from, mlockOnFault)
    if (error === 0) lockedBytes += to - from
    else refusals.set(error, (refusals.get(error) ?? 0) + 1)
  }
  for (const [error, count] of refusals)
    problems.push(
      `${count} mappings of the program are not locked in memory (errno ${error}): needs CAP_IPC_LOCK or LimitMEMLOCK=infinity`,
    )
  return Number(lockedBytes / 1024n)
}

/**
 * Unmaps the pages of program text that only starting needed: 30 of 60 MiB resident (docs/memory.md). They stay in the
 * page cache, and what is used again comes back by itself. Only mappings without a page of our own: relocated data is
 * mapped from a file as well, and would be lost.
 */
function letGoOfStart(libc: Libc): void {
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
export function fileMappings(maps: string): readonly { readonly from: bigint; readonly to: bigint }[] {
  return maps.split('\n').flatMap(line => {
    const match = /^([0-9a-f]+)-([0-9a-f]+) r[-w][-x]p \S+ \S+ \d+ +\//.exec(line)
    return match ? [{ from: BigInt(`0x${match[1]}`), to: BigInt(`0x${match[2]}`) }] : []
  })
}

function lowerScore(problems: string[]): number | null {
  const path = '/proc/self/oom_score_adj'
  try {
    if (Number(readFileSync(path, 'utf8')) > wantedAdj) writeFileSync(path, String(wantedAdj))
  } catch {
    // judged by what stands there, below
  }
  try {
    const adj = Number(readFileSync(path, 'utf8'))
    if (adj > enoughAdj)
      problems.push(`oom_score_adj is ${adj}, not ${wantedAdj}: needs CAP_SYS_RESOURCE or OOMScoreAdjust=${wantedAdj}`)
    return adj
  } catch {
    problems.push('oom_score_adj cannot be read')
    return null
  }
}
