import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import type { Libc } from './libc.ts'

/** Part of the address space. */
export interface MemoryRange {
  readonly from: bigint
  readonly to: bigint
}

/**
 * Locks the pages of program text that are in memory now, page range by page range: for kernels before 4.4, which have
 * no mlock2 and so cannot lock pages as they are touched. mlock of whole mappings would read all 110 MiB of the file.
 * Comes after the warm-up.
 */
export function lockTouchedText(
  libc: Libc,
  mappings: readonly MemoryRange[],
): { readonly lockedKiB: number; readonly refusals: ReadonlyMap<number, number> } {
  let lockedBytes = 0n
  const refusals = new Map<number, number>()
  for (const { from, to } of touchedRanges(mappings)) {
    const error = libc.mlock(from, to - from)
    if (error === 0) lockedBytes += to - from
    else refusals.set(error, (refusals.get(error) ?? 0) + 1)
  }
  return { lockedKiB: Number(lockedBytes / 1024n), refusals }
}

function touchedRanges(ranges: readonly MemoryRange[]): readonly MemoryRange[] {
  const pageBytes = pageSize(readFileSync('/proc/self/smaps', 'latin1'))
  const pagemap = openSync('/proc/self/pagemap', 'r')
  try {
    return ranges.flatMap(range => {
      const entries = Buffer.alloc(Number((range.to - range.from) / pageBytes) * entryBytes)
      const offset = (range.from / pageBytes) * BigInt(entryBytes)
      const length = readSync(pagemap, entries, 0, entries.length, offset)
      return presentRanges({ entries: entries.subarray(0, length), from: range.from, pageBytes })
    })
  } finally {
    closeSync(pagemap)
  }
}

const entryBytes = 8
/** Bit 63 of an entry: the page is present in memory (Documentation/admin-guide/mm/pagemap.rst). */
const presentBit = 0x80
/** Pages that the kernel maps around a fault together. Gaps up to this size are locked too: each range is a mapping. */
const gapPages = 16

/** The runs of present pages in what /proc/self/pagemap says of one mapping, with small gaps closed. */
export function presentRanges({
  entries,
  from,
  pageBytes,
}: {
  readonly entries: Buffer
  readonly from: bigint
  readonly pageBytes: bigint
}): readonly MemoryRange[] {
  const runs: { first: number; last: number }[] = []
  for (let page = 0; page < entries.length / entryBytes; page++) {
    if ((entries[page * entryBytes + entryBytes - 1]! & presentBit) === 0) continue
    const run = runs.at(-1)
    if (run && page - run.last <= gapPages) run.last = page
    else runs.push({ first: page, last: page })
  }
  return runs.map(({ first, last }) => ({
    from: from + BigInt(first) * pageBytes,
    to: from + BigInt(last + 1) * pageBytes,
  }))
}

const pageSize = (smaps: string): bigint => BigInt(/^KernelPageSize: +(\d+) kB$/m.exec(smaps)?.[1] ?? 4) * 1024n
