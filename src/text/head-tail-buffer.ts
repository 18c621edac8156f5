/** The oldest and the newest of many lines. */
export interface KeptLines {
  readonly oldest: readonly string[]
  readonly newest: readonly string[]
  /** How many were between them and are not kept. */
  readonly leftOut: number
}

/** Keeps the oldest and the newest lines: the start and the end of a storm are more useful than its middle. */
export function createLineStore(mostOfEach = 1500): { add: (line: string) => void; kept: () => KeptLines } {
  const oldest: string[] = []
  let newest: string[] = []
  let total = 0
  return {
    add: line => {
      total++
      const text = line.length > longest ? `${line.slice(0, longest)}…` : line
      if (oldest.length < mostOfEach) oldest.push(text)
      else newest.push(text)
      if (newest.length >= 2 * mostOfEach) newest = newest.slice(-mostOfEach)
    },
    kept: () => {
      const last = newest.slice(-mostOfEach)
      return { oldest, newest: last, leftOut: total - oldest.length - last.length }
    },
  }
}

/** The kernel's own limit of a record is about 1 KiB. */
const longest = 1200
