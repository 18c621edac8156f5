import { invoked, phraseWithin } from '../kernel-phrases.ts'

/** Where the kernel's own text begins within a line, and the text without what follows it. */
interface Phrase {
  readonly start: number
  readonly text: string
}

const row = /\[\s*\d{1,10}\]\s+\d{1,10}\s+\d{1,10}\s+\d{1,12}\s+\d/
const asks = `${invoked}gfp_mask=`

/** `isWithinReport`: rows of the table of tasks count as well; they hold no word of their own. */
export function findPhrase(line: string, isWithinReport: boolean): Phrase | undefined {
  const at = phraseWithin.exec(line)?.index
  const asked = line.indexOf(asks)
  if (at === undefined && asked < 0) {
    const typed = asTyped.exec(line)
    if (typed) return capitalised(phraseAt(line, typed.index))
  }
  if (asked >= 0 && (at === undefined || asked < at)) return phraseAt(line, nameStart(line, asked))
  if (at !== undefined) return phraseAt(line, at)
  const rowAt = isWithinReport ? row.exec(line)?.index : undefined
  return rowAt === undefined ? undefined : phraseAt(line, rowAt)
}

/** What is typed from a screen: in small letters or with blanks. It takes more words than the kernel's own writing. */
const asTyped =
  /\b(?:memory cgroup )?out of memory ?: ?kill(?:ed)? process \d|\bkilled process \d{1,10},? \([^()]{1,64}\),? ?(?:total-vm|vsz)/i

function capitalised({ start, text }: Phrase): Phrase {
  return {
    start,
    text: text
      .replace(/^memory cgroup out of memory ?: ?/i, 'Memory cgroup out of memory: ')
      .replace(/^out of memory ?: ?/i, 'Out of memory: ')
      .replace(/\bkilled process /i, 'Killed process ')
      .replace(/\bkill process /i, 'Kill process '),
  }
}

/** A name has 15 bytes at most and may hold blanks: it begins after the stamp, the tag or the quotation mark before it. */
function nameStart(line: string, end: number): number {
  const from = Math.max(0, end - 60)
  const before = line.slice(from, end)
  const marks = [
    ...before.matchAll(
      /\] ?|: |:\s*"|\|\s*|> |"|\t|'|\}\s+|:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)? |\bc\d{1,3} +\d{1,10} /g,
    ),
  ]
  const last = marks.at(-1)
  return last ? from + last.index + last[0].length : end <= 60 ? 0 : line.lastIndexOf(' ', end - 1) + 1
}

function phraseAt(line: string, start: number): Phrase {
  return { start, text: withoutEnd(line.slice(start), line[start - 1]) }
}

/** Cuts what follows the kernel's text: the end of a quotation, of JSON, of a struct that was printed. */
function withoutEnd(text: string, before: string | undefined): string {
  const quote = before === '"' || before === "'" || before === '`' ? before : undefined
  const closed = quote === undefined ? -1 : closing(text, quote)
  const inner = (closed < 0 ? text : text.slice(0, closed)).replaceAll('\\"', '"').replaceAll('\\/', '/')
  const whole =
    /^(?:[\s\S]*?\) total-vm:[\s\S]*?oom_score_adj:-?\d{1,4}|oom-kill:[\s\S]*,uid=\d{1,10}|[\s\S]{0,60}? invoked oom-killer: [\s\S]*?oom_score_adj=-?\d{1,4})(?=\D)/.exec(
      inner,
    )?.[0]
  return (whole ?? inner).replace(/["'`*|}\]\s]+$/, keepBracket)
}

/** A name may end in such a mark, and a line of the kernel's in a bracket: only what is left open is cut. */
function keepBracket(end: string): string {
  return /^\]/.test(end) && !/["'`}]/.test(end) ? ']' : ''
}

function closing(text: string, quote: string): number {
  for (let at = text.indexOf(quote); at >= 0; at = text.indexOf(quote, at + 1)) {
    if (text[at - 1] !== '\\' && /^(?:[,}\])\s;|]|$)/.test(text.slice(at + 1, at + 2))) return at
  }
  return -1
}

/**
 * Whether a person names a kill in a sentence that goes on behind it: `I saw "Killed process 77 (x)" in the log`. What the
 * kernel writes there are sizes.
 */
export function isSentence(line: string, start: number): boolean {
  const rest = named.exec(line.slice(start))?.[1]
  return rest !== undefined && /^\p{L}/u.test(rest) && !/^(?:total-vm|vsz|vm:|anon-rss|UID|score)/.test(rest)
}

const named =
  /^[\w :()]{0,60}?[Kk]ill(?:ed)? process \d{1,10}(?:,? UID \d{1,10},)? ?\([^()]{1,64}\)[\s"'`”’.,;:)*]{1,8}(.*)$/s

/** Whether a line looks like a part of an OOM report, whatever else it is: the words with their numbers. */
export function looksLikeOom(line: string): boolean {
  return likeOom.test(line) && !sourceCode.test(line)
}

const likeOom =
  /[Kk]ill(?:ed|ing)? process:? *\(?\d|[Kk]illed process [^\s%\\("']|\Winvoked oom-killer(?:[: ]|$)|oom-kill(?:er)?:\s?\w|out of memory:? +\(?kill(?!er)|memory cgroup out of memory|oom_reaper: reaped|lowmemorykiller:/i

/** What prints or seeks the kernel's line: `Killed process %d (%s)`, `Killed process \\d+ (.+)`. */
const sourceCode = /[Kk]illed process (?:%|\\+d|\(\\|\[0-9)|%[#*\d.]*l{0,2}[dsux][ ,)%\w]/
