import { messagesOf } from '../../text/messages/catalogues.ts'
import type { Locale } from '../../types.ts'

/** Notes of a reader about its input, limited for any input. */
export interface Notes {
  readonly add: (note: string) => void
  /** One more of a kind that may come thousands of times; listed once, with the first place and the number. */
  readonly count: (kind: CountedNote, line: number) => void
  readonly list: () => readonly string[]
}

type CountedNote = 'broken' | 'unknown-kind' | 'clock-back'

export function createNotes(locale: Locale = 'en'): Notes {
  const t = messagesOf(locale).input.recording
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
    list: () => [...notes, ...[...counted].map(([kind, { first, times }]) => t[kind]({ line: first, count: times }))],
  }
}

const maxNotes = 20
