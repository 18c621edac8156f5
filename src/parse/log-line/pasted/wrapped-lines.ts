import { stripDecoration } from './strip-decoration.ts'

/** A line of a log with its number, which counts from 1. */
interface NumberedLine {
  readonly text: string
  readonly number: number
}

/** Puts kernel lines together that a mail program, a page or a source file broke between two words. */
interface Unwrapper {
  readonly push: (line: NumberedLine) => readonly NumberedLine[]
  readonly end: () => readonly NumberedLine[]
}

/**
 * Holds a line back where it begins as a line of a report and ends too early, and adds those after it that hold nothing
 * but what is missing.
 *
 *     [ 42.000001] Out of memory: Killed process 4242 (java) total-vm:2383472kB,
 *     anon-rss:1018148kB, file-rss:128kB, shmem-rss:0kB, UID:0 pgtables:408kB
 *     oom_score_adj:0
 */
export function createUnwrapper(): Unwrapper {
  let held: NumberedLine | undefined
  let added = 0

  const release = (): readonly NumberedLine[] => {
    const line = held
    held = undefined
    return line ? [line] : []
  }

  return {
    push: line => {
      const next = held && added < mostAdded ? continued(held.text, line.text) : undefined
      if (held && next !== undefined) {
        held = { text: next, number: held.number }
        added++
        return wraps.some(({ isOpen }) => isOpen.test(next)) ? [] : release()
      }
      const before = release()
      if (line.text.length > longest || !wraps.some(({ isOpen }) => isOpen.test(line.text))) return [...before, line]
      held = line
      added = 0
      return before
    },
    end: release,
  }
}

// A mail has 72 columns.
const mostAdded = 6
const longest = 16_384

interface Wrap {
  /** A line that is not at its end. */
  readonly isOpen: RegExp
  /** What may follow, without the decoration of its own line: whole words, for a word that was broken may have lost letters. */
  readonly rest: RegExp
  /** What stood where the line was broken. */
  readonly between: '' | ' '
}

const endOfSource = String.raw`[\s"'\`\\]*$`
const sizes = 'total-vm|vsz|anon-rss|file-rss|shmem-rss|pgtables'
const wraps: readonly Wrap[] = [
  {
    isOpen: new RegExp(
      String.raw`Killed process \d{1,10}(?:(?:,? UID \d{1,10},?)?(?: ?\([^()]{1,64}\))?,?(?: UID \d{1,10},)?| .{1,80}\b(?:${sizes}):.{0,220}(?:kB,?|UID:\d{1,10}))${endOfSource}`,
    ),
    rest: new RegExp(
      String.raw`^(?:\([^()]{1,64}\) ?)?(?:(?:${sizes}):\d{1,15}kB,? ?|UID:\d{1,10},? ?|oom_score_adj:-?\d{1,4} ?){1,8}$|^\([^()]{1,64}\)$`,
    ),
    between: ' ',
  },
  {
    isOpen: new RegExp(String.raw`oom-kill:\s?constraint=CONSTRAINT_[^"'\`]{1,9000},${endOfSource}`),
    rest: /^(?:(?:nodemask|cpuset|mems_allowed|oom_memcg|task_memcg|task|pid|uid)=|global_oom\b).{0,9000}$/,
    between: '',
  },
  {
    isOpen: /invoked oom-killer: gfp_mask=.{1,200},\s*$/,
    rest: /^(?:nodemask|order|oom_score_adj|oom_adj)=.{1,80}$/,
    between: ' ',
  },
  {
    isOpen: /Kill process \d{1,10}(?: \([^()]{1,64}\)(?: score \d{1,10}(?: or(?: sacrifice)?)?)?)?\s*$/,
    rest: /^(?:(?:\([^()]{1,64}\) )?score \d{1,10} or .{1,20}|or sacrifice child|sacrifice child|child|or a child)$/,
    between: ' ',
  },
]

/** The two as one line; undefined where the second does not go on with the first. */
function continued(line: string, next: string): string | undefined {
  if (line.length + next.length > longest) return undefined
  const rest = stripDecoration(next).trim()
  const wrap = wraps.find(({ isOpen }) => isOpen.test(line))
  return wrap?.rest.test(rest) ? `${line.replace(/[\s"'`\\]+$/, '')}${wrap.between}${rest}` : undefined
}
