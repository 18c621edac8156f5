import type { Scope } from '../../types.ts'

/** `Killed process …`: the only line that proves a kill. The kernel prints it for every one; it is never rate-limited. */
export interface KilledLine {
  readonly pid: number
  /** null where the line was cut off, or (bare test logs) never had one. */
  readonly comm: string | null
  /** What the line's own prefix says; absent on the kernels that print it on the line before. */
  readonly scope?: Scope
  readonly uid: number | null
  readonly totalVmKiB: number | null
  readonly anonRssKiB: number | null
  readonly fileRssKiB: number | null
  readonly shmemRssKiB: number | null
  readonly pgtablesKiB: number | null
  readonly oomScoreAdj: number | null
}

/** `… Kill process A (comm) score N or sacrifice child`, up to Linux 5.0: the choice, not yet the death. */
export interface ChoiceLine {
  readonly pid: number
  readonly comm: string
  /** null where the line was cut off before it. */
  readonly score: number | null
  readonly scope: Scope
}

// Linux 2.4 writes `Memory` with a capital; 2.6.32 has MPOL_BIND.
const cause =
  '(Memory cgroup out of memory|Out of [Mm]emory|Out of memory \\(oom_kill_allocating_task\\)|No available memory \\(MPOL_BIND\\)): '
const killedStart = new RegExp(`^(?:${cause})?Killed process (\\d{1,10})(?=[ ,(]|\\.?$)`)
const choiceLine = new RegExp(`^${cause}[Kk]ill process (\\d{1,10}) \\((.*)\\) score (\\d{1,10}) or(?: |$)`, 's')
const cutChoice = new RegExp(
  `^${cause}[Kk]ill process (\\d{1,10}) \\(([^()]{1,64})\\)(?: s[core]{0,4}(?: \\d{0,10}(?: o?)?)?)?\\s*$`,
)

/**
 * Reads the line of a kill as Linux 2.4 to 6.18 print it.
 *
 *     Memory cgroup out of memory: Killed process 7523 (java) total-vm:82544kB, anon-rss:72320kB, …, UID:0 pgtables:200kB oom_score_adj:0
 *     Killed process 794425, UID 679, (java) total-vm:70252649kB, anon-rss:2908108kB, file-rss:1119kB          (RHEL 6)
 *     Killed process 3241 (filebeat), UID 0, total-vm:1702220kB, anon-rss:75196kB, file-rss:0kB, shmem-rss:0kB  (RHEL 7)
 *     Out of Memory: Killed process 475 (identd).                                                              (2.4)
 */
export function parseKilledLine(text: string): KilledLine | undefined {
  const start = killedStart.exec(text)
  if (!start) return parseContainerKill(text)
  const rest = text.slice(start[0].length)
  const scope = scopeOfCause(start[1])
  const name = nameAndTail(rest)
  // Neither a cause nor a name: no kernel prints that, and the text of any program may begin so.
  if (!scope && name === undefined && !rest.startsWith(' (')) return undefined
  const tail = name?.tail ?? ''
  return {
    pid: Number(start[2]),
    comm: name?.comm ?? null,
    ...(scope && { scope }),
    uid: name?.uid ?? numberAfter(tail, ' UID:', ' '),
    totalVmKiB: numberAfter(tail, 'total-vm:', 'kB') ?? numberAfter(tail, ' vsz:', 'kB'),
    anonRssKiB: numberAfter(tail, 'anon-rss:', 'kB'),
    fileRssKiB: numberAfter(tail, 'file-rss:', 'kB'),
    shmemRssKiB: numberAfter(tail, 'shmem-rss:', 'kB'),
    pgtablesKiB: numberAfter(tail, 'pgtables:', 'kB'),
    oomScoreAdj: scoreAdj(tail),
  }
}

/**
 * OpenVZ and Virtuozzo, where a container's user beancounter ran out.
 *
 *     Out of memory in UB 317592: OOM killed process 2946 (npm) score 0 vm:1506164kB, rss:237752kB, swap:120052kB
 */
function parseContainerKill(text: string): KilledLine | undefined {
  const match =
    /^(?:[Oo]ut of memory in (?:UB|CT) (\S{1,64}): |Out of memory: )OOM killed process (\d{1,10}) \((.*)\)(?: score \d{1,10})? vm:(\d{1,15})kB, rss:(\d{1,15})kB/s.exec(
      text,
    )
  if (!match) return undefined
  return {
    pid: Number(match[2]),
    comm: match[3]!,
    scope: match[1] === undefined || match[1] === '0' ? 'global' : 'memcg',
    uid: null,
    totalVmKiB: Number(match[4]),
    anonRssKiB: null,
    fileRssKiB: null,
    shmemRssKiB: null,
    pgtablesKiB: null,
    oomScoreAdj: null,
  }
}

/** Reads the line that names the kernel's choice; `Kill process … sharing same memory` is none. */
export function parseChoiceLine(text: string): ChoiceLine | undefined {
  const match = choiceLine.exec(text) ?? cutChoice.exec(text)
  if (!match) return undefined
  return { scope: scopeOfCause(match[1])!, pid: Number(match[2]), comm: match[3]!, score: numberOrNull(match[4]) }
}

function scopeOfCause(words: string | undefined): Scope | undefined {
  if (words === undefined) return undefined
  if (words.startsWith('Memory cgroup')) return 'memcg'
  return words.startsWith('No available') ? 'mempolicy' : 'global'
}

interface NameAndTail {
  readonly comm: string
  readonly uid: number | null
  /** What the kernel wrote after the name: nothing in it comes from a stranger. */
  readonly tail: string
}

/**
 * A name may itself hold `) total-vm:9kB` or `), UID 7`, so it ends at the last place that can be its end: what follows
 * it is numbers only.
 */
function nameAndTail(rest: string): NameAndTail | undefined {
  const before = /^, UID (\d{1,10}), /.exec(rest)
  const from = before ? before[0].length : 1
  if (rest[from] !== '(' || (!before && rest[0] !== ' ')) return undefined
  const end = Math.max(...afterName.map(label => rest.lastIndexOf(label)))
  const close = end > from ? end : closingAtEnd(rest)
  if (close === undefined || close <= from) return undefined
  const tail = rest.slice(close + 1)
  const after = /^, UID (\d{1,10}),/.exec(tail)
  return { comm: rest.slice(from + 1, close), uid: numberOrNull(before?.[1] ?? after?.[1]), tail }
}

// Linux 2.6.36 to 2.6.38 write `vsz:`; a shortened line may have left the first sizes out.
const afterName = [') total-vm:', '), UID ', ') vsz:', ') anon-rss:', ') … ', ') ... ']

/** `(identd).` or `(java)` at the very end, or where the label after it was cut off (`(java) total-v`, `(java) …`). */
function closingAtEnd(rest: string): number | undefined {
  const end = rest.slice(-64)
  const match =
    /\)\.?\s*$/.exec(end) ??
    /\)(?: t(?:o|ot|ota|otal|otal-|otal-v|otal-vm)?|, ?U?I?D?|\s?(?:…|\.\.\.|\[[.…]{1,3}\]).{0,40})$/.exec(end)
  return match ? rest.length - match[0].length : undefined
}

/** The number after a label, where the unit follows it whole: a line that was cut off may have lost digits. */
function numberAfter(tail: string, label: string, unit: string): number | null {
  const at = tail.indexOf(label)
  if (at < 0) return null
  const from = at + label.length
  let to = from
  while (to < tail.length && isDigit(tail.charCodeAt(to))) to++
  if (to === from || to - from > 15 || !tail.startsWith(unit, to)) return null
  const next = tail[to + unit.length]
  if (unit !== ' ' && next !== undefined && next !== ',' && next !== ' ') return null
  return Number(tail.slice(from, to))
}

function scoreAdj(tail: string): number | null {
  const match = /oom_score_adj:(-?\d{1,4})\s*$/.exec(tail.slice(-40))
  return numberOrNull(match?.[1])
}

function numberOrNull(digits: string | undefined): number | null {
  return digits === undefined ? null : Number(digits)
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}
