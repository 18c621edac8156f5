/**
 * The kernel's table of processes, of which each OOM report has one: hundreds of rows, few of which differ from those of the
 * report before. In a recording they stand as what changed, at a fifth of their size.
 *
 *     [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name
 *     [   1234]     0  1234   183442     4711     4200      511         0       204800        0          -999 kubelet
 *
 * A text stands for itself. A number stands for that many rows as they are in the table before; a negative one for rows of
 * it that are gone. A list stands for the next row of it, in which some words are numbers that changed: the place of each
 * word and the difference, `[4, 12, 5, -3]`; without a last difference it is the one before, `[4, 12, 6]`.
 */
export type PackedText = string | number | readonly number[]

/** How many tables there have been, and how many rows the last one has so far: whether a reader has seen what is referred to. */
export type TablePlace = readonly [table: number, row: number]

interface RowPacker {
  readonly pack: (texts: readonly string[]) => { readonly texts: readonly PackedText[]; readonly table?: TablePlace }
  /** What follows is read without what was before. */
  readonly reset: () => void
}

interface RowUnpacker {
  /** undefined: it refers to rows that were not read, or that do not exist. */
  readonly unpack: (texts: readonly PackedText[], table: TablePlace | undefined) => readonly string[] | undefined
  readonly reset: () => void
}

export function createRowPacker(): RowPacker {
  let tables = 0
  let base: readonly string[] = []
  let placeOf: ReadonlyMap<string, number> = new Map()
  let rows: string[] = []
  let next = 0

  const packRow = (text: string, out: PackedText[]): void => {
    const place = placeOf.get(pidOf(text))
    if (place === undefined || place < next) {
      out.push(text)
      return
    }
    if (place > next) out.push(next - place)
    next = place + 1
    const before = base[place]!
    const last = out.at(-1)
    if (before !== text) out.push(changesOf(before, text) ?? text)
    else if (typeof last === 'number' && last > 0) out[out.length - 1] = last + 1
    else out.push(1)
    // A row that is given as text takes the place of the one before: it is skipped.
    if (typeof out.at(-1) === 'string') out.splice(-1, 0, -1)
  }

  return {
    pack: texts => {
      const table: TablePlace = [tables, rows.length]
      const out: PackedText[] = []
      let hasRows = false
      for (const text of texts) {
        if (!isRow(text)) {
          out.push(text)
          continue
        }
        hasRows = true
        if (isTableHead(text)) {
          tables++
          base = isWritten(tables) ? [] : rows
          placeOf = new Map(base.map((row, place) => [pidOf(row), place]))
          rows = []
          next = 0
          out.push(text)
          continue
        }
        if (rows.length < maxRows) {
          packRow(text, out)
          rows.push(text)
        } else out.push(text)
      }
      return hasRows ? { texts: out, table } : { texts: out }
    },
    reset: () => {
      tables = 0
      base = []
      placeOf = new Map()
      rows = []
      next = 0
    },
  }
}

export function createRowUnpacker(): RowUnpacker {
  let tables = 0
  let base: readonly string[] = []
  let rows: string[] = []
  let next = 0
  /** Each row of this table, and of the one before, was read. */
  let isWhole = true
  let isBaseWhole = true

  const keep = (row: string): void => {
    if (rows.length < maxRows) rows.push(row)
  }

  const begin = (): void => {
    tables++
    isBaseWhole = isWhole || isWritten(tables)
    base = isWritten(tables) ? [] : rows
    rows = []
    next = 0
    isWhole = true
  }

  /** The rows that an entry stands for; undefined: they are not known. */
  const rowsOf = (entry: number | readonly number[]): readonly string[] | undefined => {
    if (!isBaseWhole) return undefined
    const count = typeof entry === 'number' ? Math.abs(entry) : 1
    const found = base.slice(next, next + count)
    if (!Number.isSafeInteger(count) || count === 0 || found.length < count) return undefined
    next += count
    if (typeof entry === 'number') return entry > 0 ? found : []
    const row = changed(found[0]!, entry)
    return row === undefined ? undefined : [row]
  }

  return {
    unpack: (texts, table) => {
      if (table && (table[0] !== tables || table[1] !== rows.length)) {
        // Lines are missing before this one.
        tables = table[0]
        rows = Array.from<string>({ length: Math.min(table[1], maxRows) }).fill('')
        isWhole = table[1] === 0
        isBaseWhole = false
      }
      const out: string[] = []
      for (const entry of texts) {
        if (typeof entry === 'string') {
          out.push(entry)
          if (isTableHead(entry)) begin()
          else if (isRow(entry)) keep(entry)
          continue
        }
        const found = rowsOf(entry)
        if (!found) {
          isWhole = false
          isBaseWhole = false
          return undefined
        }
        out.push(...found)
        for (const row of found) keep(row)
      }
      return out
    },
    reset: () => {
      tables = 0
      base = []
      rows = []
      next = 0
      isWhole = true
      isBaseWhole = true
    },
  }
}

/** A table of more processes is written as it is: remembered rows take memory where it is short. */
const maxRows = 4096
/** Each so many tables one is written as it is, so that damage ends there. */
const writtenEvery = 64

function isWritten(tables: number): boolean {
  return tables % writtenEvery === 1
}

export function isRow(text: string): boolean {
  return text.charCodeAt(0) === bracket
}

const bracket = 91

function isTableHead(text: string): boolean {
  return /^\[ *pid *\]/.test(text)
}

/** `[   1234]` */
function pidOf(row: string): string {
  return row.slice(0, row.indexOf(']') + 1)
}

/** What turns one row into the other; undefined where that takes more than other numbers. */
function changesOf(before: string, after: string): readonly number[] | undefined {
  const old = wordsOf(before)
  const words = wordsOf(after)
  if (old.length !== words.length) return undefined
  const changes: number[] = []
  for (const [place, word] of words.entries()) {
    if (word === old[place]) continue
    const difference = Number(word) - Number(old[place])
    if (!Number.isSafeInteger(difference)) return undefined
    changes.push(place, difference)
  }
  if (changed(before, changes) !== after) return undefined
  // What a process has more of is part of all that it has.
  return changes.length > 2 && changes.at(-1) === changes.at(-3) ? changes.slice(0, -1) : changes
}

/** The row with these numbers changed, each in its column: the kernel writes them right-aligned. */
function changed(row: string, changes: readonly number[]): string | undefined {
  const words = wordsOf(row)
  for (let at = 0; at < changes.length; at += 2) {
    const [place, difference] = [changes[at]!, changes[at + 1] ?? changes[at - 1] ?? 0]
    const word = words[place]
    const value = Number(word) + difference
    if (word === undefined || !Number.isSafeInteger(value)) return undefined
    words[place] = String(value).padStart(word.length)
  }
  return words.join('')
}

/** Words with the spaces before them. */
function wordsOf(row: string): string[] {
  return row.match(/ *[^ ]+/g) ?? []
}
