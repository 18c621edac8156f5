/** What a reader has to say about its input beside the observations: bounded, whatever the input holds. */
export interface Notes {
  readonly add: (note: string) => void
  /** One more of a kind that may come thousands of times; told once, with the first place and the number. */
  readonly count: (kind: CountedNote, line: number) => void
  readonly list: () => readonly string[]
}

export type CountedNote = 'broken' | 'unknown-kind' | 'clock-back'

export function createNotes(): Notes {
  const notes: string[] = []
  const counted = new Map<CountedNote, { readonly first: number; times: number }>()
  return {
    add: note => {
      if (notes.length < maxNotes && !notes.includes(note)) notes.push(note)
    },
    count: (kind, line) => {
      const known = counted.get(kind)
      if (known) known.times++
      else counted.set(kind, { first: line, times: 1 })
    },
    list: () => [...notes, ...[...counted].map(([kind, { first, times }]) => told[kind](first, times))],
  }
}

const maxNotes = 20

const told: Record<CountedNote, (line: number, times: number) => string> = {
  broken: (line, times) =>
    times === 1
      ? `line ${line} is broken and was left out`
      : `${times} lines are broken and were left out, the first is line ${line}`,
  'unknown-kind': (line, times) =>
    `${times} lines are of a kind that this oomloop does not know, the first is line ${line}`,
  'clock-back': (line, times) =>
    `the clock goes back ${times === 1 ? 'once' : `${times} times`}, first at line ${line}`,
}
