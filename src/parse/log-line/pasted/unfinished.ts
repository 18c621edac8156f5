/** Whether a text is a record of an OOM report, as far as it goes. */
type Completeness =
  /** Something is missing for certain. */
  | 'open'
  /** It may end here; some kernels print more. */
  | 'whole'

/**
 * How far a record of a report goes in a line, wherever in it the record begins; undefined: none is there, or what stands
 * there cannot be one. So a line and the one after it belong together where both as one still are a record.
 *
 *     Out of memory: Killed process 424    2 (java) total-vm:2383472kB, anon-rss:1018148kB, file-rss:12    8kB
 */
export function completenessOf(line: string): Completeness | undefined {
  const start = beginning.exec(line)
  if (!start) return undefined
  const text = withoutEnd(line.slice(start.index))
  if (text.startsWith('oom-kill:')) return /^oom-kill:\S*,uid=-?\d{1,10}$/.test(text) ? 'whole' : ofConstraint(text)
  for (const record of records) {
    const found = walk(record, text, 0)
    if (found) return found
  }
  return undefined
}

/** Without the quotation marks and backslashes of a source file. */
export function withoutEnd(line: string): string {
  return line.replace(/[\s"'`\\]+$/, '')
}

const beginning = /Memory cgroup out|Out of [Mm]emory|Killed process|oom-kill:|Task in \/| invoked oom-killer: /

function ofConstraint(text: string): Completeness | undefined {
  return /^oom-kill:\s?(?:c[a-z]*)?(?:=[A-Z_]*(?:,\S*)?)?$/.test(text) ? 'open' : undefined
}

/** A string stands for itself, a pattern for what changes, a list for what some kernels leave out. */
type Part = string | RegExp | readonly Part[]

const number = /\d{1,15}/y
const name = /[^()]{1,60}/y
const path = /\S{1,4096}/y
const causes = [['Memory cgroup out of memory: '], ['Out of memory: '], ['Out of Memory: ']]
const records: readonly (readonly Part[])[] = [
  [
    ...[...causes, 'Killed process ', number, [', UID ', number, ','], ' (', name, ')', ['.'], [', UID ', number, ',']],
    ...[
      [' total-vm:', number, 'kB'],
      [' vsz:', number, 'kB'],
      [', anon-rss:', number, 'kB'],
    ],
    ...[
      [', file-rss:', number, 'kB'],
      [', shmem-rss:', number, 'kB'],
    ],
    ...[
      [', UID:', number],
      [' pgtables:', number, 'kB'],
      [' oom_score_adj:', /-?\d{1,4}/y],
    ],
  ],
  [...causes, 'Kill process ', number, ' (', name, ') score ', number, ' or ', ['sacrifice child']],
  [
    ...[
      ' invoked oom-killer: gfp_mask=',
      /0x[\da-f]{1,16}/y,
      ['(', /[\w|]{1,300}/y, ')'],
      [', nodemask=', /[\w(),-]*/y],
    ],
    ...[',', [' '], ' order=', number, [', oom_adj=', /-?\d{1,4}/y], [', oom_score_adj=', /-?\d{1,4}/y]],
  ],
  [
    ...['Out of memory in ', /UB|CT/y, ' ', /\S{1,40}(?=:)/y, ': OOM killed process ', number, ' (', name, ')'],
    ...[' score ', number, ' vm:', number, 'kB, rss:', number, 'kB', [', swap:', number, 'kB']],
  ],
  ['Task in /', path, ' killed as a result of limit of /', path],
]

function walk(parts: readonly Part[], text: string, at: number): Completeness | undefined {
  if (at === text.length)
    return parts.every(part => typeof part === 'object' && !(part instanceof RegExp)) ? 'whole' : 'open'
  const [part, ...rest] = parts
  if (part === undefined) return undefined
  if (typeof part === 'string') {
    if (text.startsWith(part, at)) return walk(rest, text, at + part.length)
    return part.startsWith(text.slice(at)) ? 'open' : undefined
  }
  if (part instanceof RegExp) {
    part.lastIndex = at
    const match = part.exec(text)
    return match ? walk(rest, text, at + match[0].length) : undefined
  }
  return walk([...part, ...rest], text, at) ?? walk(rest, text, at)
}
