import { findPhrase } from './phrase.ts'

/**
 * Takes off what a page, a chat or an editor puts around a pasted line: colours, HTML, Markdown quotes and lists, back
 * ticks, bold, quotation marks, invisible marks.
 *
 *     > **`[  123.456789] Out of memory: Killed process 4242 (java) …`**        <pre>&lt;4&gt;[ 1771.264287] …</pre>
 */
export function stripDecoration(line: string): string {
  let text = line.replace(invisible, '').replace(blanks, ' ')
  if (text.includes('\x1b')) text = text.replace(terminal, '')
  // A pager or `cat -v` shows the escape itself as `^[[33m` or `ESC[33m`.
  if (text.includes('[')) text = text.replace(shownColour, '')
  if (text.includes('&') && entity.test(text)) text = decodeEntities(text)
  if (text.includes('<')) text = text.replace(tag, '')
  text = text.replace(/^(?:[>|+•·–—*#$%-]{1,3} ?(?=\S)|`{1,3}|\*\*|__|~~|["“”'«]|\d{1,6}[.)] (?=\S)| )+/, keepStamp)
  return text.replace(/(?:`{1,3}|\*\*|__|~~|["“”'»]|,| |\|)+$/, '')
}

/** A list's number or dash goes, but nothing that a kernel's line begins with. */
function keepStamp(decoration: string): string {
  return /[\d<[]/.test(decoration) && !/^\D*\d{1,6}[.)] /.test(decoration) ? decoration : ''
}

const invisible = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\0]/g
const blanks = /[\u00a0\u2000-\u200a\u202f\u205f\u3000\t]/g
const terminal = /\x1b(?:\[[\d;?]{0,32}[A-Za-z]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)|[()][A-B0-2]|.)/g
const shownColour = /(?:\^\[|\\(?:x1b|033|u001b|e)|ESC|␛)\[[\d;]{0,16}m/gi
const entity = /&(?:lt|gt|amp|quot|apos|nbsp|#\d{1,7}|#x[\da-f]{1,6});/i
const tag = /<\/?(?:[a-z][a-z\d]{0,15})(?:\s[^<>]{0,300})?\/?>/gi

function decodeEntities(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|apos|nbsp|#\d{1,7}|#x[\da-f]{1,6});/gi, (all, name: string) => {
    const lower = name.toLowerCase()
    if (lower in named) return named[lower]!
    const code = lower.startsWith('#x') ? Number.parseInt(lower.slice(2), 16) : Number(lower.slice(1))
    return code > 0 && code < 0x11_0000 && !(code >= 0xd800 && code < 0xe000) ? String.fromCodePoint(code) : all
  })
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: ' ' }

/** The pieces of a line that holds several: `<br>`, an escaped `\n`, or stamps one after the other where newlines were lost. */
export function pieces(line: string): readonly string[] {
  const broken = /<br|\\[nr]/i.test(line) ? line.split(/<br ?\/?>|\\r\\n|\\n|\\r/i) : [line]
  return broken
    .flatMap(atHeads)
    .flatMap(atStamps)
    .flatMap(atEnds)
    .filter(piece => piece.trim() !== '')
}

/** Cuts before each syslog head that names the kernel but the first, where newlines were lost. */
function atHeads(text: string): readonly string[] {
  if (text.length > 16_384 || text.indexOf(' kernel: ') === text.lastIndexOf(' kernel: ')) return [text]
  const cuts = [...text.matchAll(head)].map(({ index }) => index).slice(1)
  return cuts.length === 0 ? [text] : [0, ...cuts].map((at, index, all) => text.slice(at, all[index + 1]))
}

const head = /(?:[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.,+Z-]{8,30}) [\w.-]{1,253} kernel: /g

/** Cuts before each stamp but the first: what stands before that one is the line's own prefix. */
function atStamps(text: string): readonly string[] {
  const starts = [...text.matchAll(/(?<=\S ?)(?:<\d>)?\[ *\d{1,10}\.\d{6}\](?= )/g)].map(({ index }) => index)
  const isAtStart = /^(?:<\d>)?\[ *\d{1,10}\.\d{6}\] /.test(text)
  const cuts = isAtStart ? starts : starts.slice(1)
  return cuts.length === 0 ? [text] : [0, ...cuts].map((at, index, all) => text.slice(at, all[index + 1]))
}

/** Cuts behind the end of a record where another begins in the rest, as mails glue them: `… sacrifice child Killed process …`. */
function atEnds(text: string): readonly string[] {
  if (text.length > 16_384 || !/[Kk]illed process|oom/.test(text)) return [text]
  const cuts: number[] = []
  for (const { index, 0: end } of text.matchAll(endOfRecord)) {
    const at = index + end.length
    if (cuts.length === mostRecords || !findPhrase(text.slice(at), false)) break
    cuts.push(at)
  }
  return cuts.length === 0 ? [text] : [0, ...cuts].map((at, index, all) => text.slice(at, all[index + 1]))
}

const endOfRecord =
  /or (?:sacrifice|a) child|oom_score_adj[:=]-?\d{1,4}|,uid=\d{1,10}|failcnt \d{1,10}|-rss:\d{1,15}kB(?!,| UID:| pgtables:)/g
const mostRecords = 64
