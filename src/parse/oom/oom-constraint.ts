/** `oom-kill:constraint=…`, since Linux 5.0: the line that names the victim's cgroup. Rate-limited. */
export interface ConstraintLine {
  readonly constraint: 'none' | 'cpuset' | 'mempolicy' | 'memcg'
  readonly isGlobal: boolean
  /** null where it is not certain. */
  readonly oomMemcg: string | null
  readonly pid: number
  readonly uid: number | null
  /** Of the part that strangers may write; more than one where names imitate syntax. */
  readonly readings: readonly Reading[]
}

/** One way to read `oom_memcg=…,task_memcg=…,task=…`. */
interface Reading {
  readonly oomMemcg: string | null
  readonly taskMemcg: string | null
  readonly comm: string
}

/**
 * Reads it from both fixed ends: pid and uid are the last of their kind, and nothing before the first path can hold a
 * slash. Undefined for a line that was cut off before its pid.
 *
 *     oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=java,pid=7523,uid=0
 *     oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/c,task=node,pid=9577,uid=0
 */
export function parseConstraintLine(text: string): ConstraintLine | undefined {
  // Without a uid the line was cut off, and its pid may have lost digits.
  const ids = /,\s?pid=(\d{1,10}),\s?uid=(-?\d{1,10})\s*$/.exec(text)
  const constraint = /^oom-kill:\s?constraint=CONSTRAINT_([A-Z_]+),/.exec(text)
  if (!ids || !constraint) return undefined
  const head = text.slice(0, ids.index)
  const paths = /,(?:oom_memcg=(?=\/)|global_oom,task_memcg=(?=\/))/.exec(head)
  const isMemcg = paths?.[0] === ',oom_memcg='
  const readings = taskStarts(head).flatMap(({ at, comm }): Reading[] => {
    if (!paths) return [{ taskMemcg: null, oomMemcg: null, comm }]
    const between = head.slice(paths.index + paths[0].length, at)
    if (!isMemcg) return [{ taskMemcg: between, oomMemcg: null, comm }]
    return pathPairs(between).map(pair => ({ ...pair, comm }))
  })
  const oomMemcgs = new Set(readings.map(({ oomMemcg }) => oomMemcg))
  return {
    constraint: constraintName(constraint[1]!),
    isGlobal: paths ? !isMemcg : /,\s?global_oom,/.test(head),
    oomMemcg: oomMemcgs.size === 1 ? [...oomMemcgs][0]! : null,
    pid: Number(ids[1]),
    uid: Number(ids[2]) >>> 0, // 5.0-rc prints it signed: 4294967294 stands there as -2
    readings,
  }
}

/**
 * What a line that was cut off, or of which a part was elided, still says for certain: paths that end with the label
 * after them.
 *
 *     oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=ja
 *     oom-kill:constraint=CONSTRAINT_MEMCG,…,oom_memcg=/a,task_memcg=/a…
 */
export function parseCutConstraint(text: string): { oomMemcg: string | null; taskMemcg: string | null } | undefined {
  if (!/^oom-kill:\s?constraint=CONSTRAINT_[A-Z_]{4,16}\b/.test(text)) return undefined
  const path = (label: string, next: string): string | null => {
    const from = text.indexOf(label)
    const to = from < 0 ? -1 : text.indexOf(next, from)
    const found = to < 0 ? '' : text.slice(from + label.length, to)
    return found.startsWith('/') && !/…|\.\.\./.test(found) ? found : null
  }
  return { oomMemcg: path(',oom_memcg=', ',task_memcg='), taskMemcg: path(',task_memcg=', ',task=') }
}

/** Where `,task=` may begin: a name has at most 15 bytes (more characters only where the log format escaped them). */
function taskStarts(head: string): readonly { readonly at: number; readonly comm: string }[] {
  const starts: { at: number; comm: string }[] = []
  const window = head.length - longestName - ',task='.length
  for (const match of head.slice(Math.max(0, window)).matchAll(/,\s?task=/g)) {
    const at = Math.max(0, window) + match.index
    starts.push({ at, comm: head.slice(at + match[0].length) })
  }
  const plain = starts.filter(({ comm }) => comm.length <= 15)
  return plain.length > 0 ? plain : starts.slice(-1)
}

// 15 bytes, each of which a log format may have written as \xNN.
const longestName = 60

/** `/a,task_memcg=/a/b` → the pairs in which the task's cgroup lies within the one that ran out. */
function pathPairs(between: string): readonly { readonly oomMemcg: string; readonly taskMemcg: string }[] {
  const pairs: { oomMemcg: string; taskMemcg: string }[] = []
  for (const match of between.matchAll(/,task_memcg=(?=\/)/g)) {
    const oomMemcg = between.slice(0, match.index)
    const taskMemcg = between.slice(match.index + match[0].length)
    if (isWithin(taskMemcg, oomMemcg)) pairs.push({ oomMemcg, taskMemcg })
    if (pairs.length === 4) break
  }
  return pairs
}

/** Whether a cgroup is another one or lies below it. */
export function isWithin(path: string, ancestor: string): boolean {
  return ancestor === '/' || path === ancestor || path.startsWith(`${ancestor}/`)
}

function constraintName(word: string): ConstraintLine['constraint'] {
  if (word === 'MEMCG') return 'memcg'
  if (word === 'CPUSET') return 'cpuset'
  return word === 'MEMORY_POLICY' ? 'mempolicy' : 'none'
}
