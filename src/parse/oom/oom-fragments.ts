import type { KernelRecord } from '../../types.ts'

/**
 * Puts together a line that the kernel split over several records (a long cgroup path; another processor printing between
 * the pieces). Returns the text to read for a record: its own, or all pieces so far.
 *
 *     6,2254,…,-;oom-kill:constraint=CONSTRAINT_MEMCG,…,task_memcg=
 *     4,2255,…,c;/factlong/aaa…,task=python3,pid=14131,uid=0
 */
export function createFragments(): (record: KernelRecord) => string {
  let open = ''
  let others = 0
  return record => {
    const { text } = record
    if (open !== '' && fits(open, record)) {
      open = (open + text).slice(0, maxLength)
      return open
    }
    if (isSplittable(text)) {
      open = text
      others = 0
    } else if (++others > maxOthers) {
      open = ''
    }
    return text
  }
}

// Two paths of at most 4096 bytes each, and the words around them.
const maxLength = 16_384
// What other processors print in the microseconds between two pieces.
const maxOthers = 16

function isSplittable(text: string): boolean {
  return text.startsWith('oom-kill:') || text.startsWith('Task in ') || text.startsWith('Tasks in ')
}

function fits(open: string, { text, continues }: KernelRecord): boolean {
  // Only here may the mark be missing (4.14): nothing else begins with a slash.
  if (/(?:_memcg=|Tasks? in |as a result of limit of )$/.test(open)) return text.startsWith('/')
  if (!continues) return false
  if (open.startsWith('Task')) return /^ (?:killed as|are going to be)/.test(text)
  return !/,uid=\d+\s*$/.test(open)
}
