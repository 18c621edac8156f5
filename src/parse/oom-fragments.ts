import type { KernelRecord } from '../types.ts'

/**
 * Puts together a line that the kernel split over several records (a long cgroup path; another CPU printing between the
 * pieces). Returns the text to read for this record, or undefined while a line is still open.
 *
 *     6,2254,…,-;oom-kill:constraint=CONSTRAINT_MEMCG,…,task_memcg=
 *     4,2255,…,c;/factlong/aaa…,task=python3,pid=14131,uid=0
 */
export function createFragments(): (record: KernelRecord) => string {
  let open = ''
  return record => {
    const { text } = record
    const isPiece = open !== '' && (record.continues || (text.startsWith('/') && endsBeforePath(open)))
    const whole = isPiece ? (open + text).slice(0, maxLength) : text
    open = startsWithPath(whole) ? whole : ''
    return whole
  }
}

// Two paths of at most 4096 bytes each, and the words around them.
const maxLength = 16_384

function startsWithPath(text: string): boolean {
  return text.startsWith('oom-kill:') || text.startsWith('Task in ') || text.startsWith('Tasks in ')
}

function endsBeforePath(text: string): boolean {
  return /(?:_memcg=|Task in |as a result of limit of )$/.test(text)
}
