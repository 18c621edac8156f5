import { OomloopError } from '../errors.ts'
import { type Locale, type Messages, messagesOf } from '../text/messages/catalogues.ts'

/** Collects all errors of the settings, so that they are reported together. */
export interface Problems {
  readonly t: Messages['settings']
  readonly locale: Locale
  readonly add: (sentence: string) => undefined
  readonly count: () => number
  readonly found: () => readonly string[]
}

export function collectProblems(locale: Locale): Problems {
  const t = messagesOf(locale).settings
  const found: string[] = []
  return {
    t,
    locale,
    add: sentence => {
      found.push(sentence)
      return undefined
    },
    count: () => found.length,
    found: () => found,
  }
}

/** Throws OOMLOOP_SETTINGS with every problem, in the order in which they were found. */
export function throwIfAny(problems: readonly string[], locale: Locale): void {
  const errors = [...new Set(problems)]
  if (errors.length === 0) return
  const message = errors.length === 1 ? errors[0]! : messagesOf(locale).settings.severalErrors({ errors })
  throw new OomloopError('OOMLOOP_SETTINGS', message)
}

/** The known name that is closest to a misspelt one; undefined if none is close. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase().slice(0, 60)
  const [best] = known
    .map(candidate => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance)
  if (best && best.distance <= Math.max(1, Math.round(wanted.length / 3))) return best.candidate
  return wanted.length < 4 ? undefined : known.find(candidate => candidate.toLowerCase().startsWith(wanted.slice(0, 4)))
}

function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1]
    for (const [index, against] of [...other].entries())
      next.push(Math.min(next[index]! + 1, row[index + 1]! + 1, row[index]! + (letter === against ? 0 : 1)))
    row = next
  }
  return row.at(-1)!
}
