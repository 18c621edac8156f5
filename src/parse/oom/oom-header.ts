import { invoked } from '../log-line/kernel-phrases.ts'

/** `java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0`: who asked for the memory. */
interface InvokedLine {
  readonly invoker: string
  readonly gfpMask: string | null
  /** −1: a person asked for it (sysrq-f). */
  readonly order: number | null
}

const asks = `${invoked}gfp_mask=`

/** Reads who asked. A name has 15 bytes at most, so the words stand near the start or are a quotation. */
export function parseInvokedLine(text: string): InvokedLine | undefined {
  const at = text.indexOf(asks)
  if (at < 0 || at > longestName) return undefined
  const rest = text.slice(at + asks.length)
  if (rest.startsWith('%')) return undefined // source code
  const order = /[, ]order=(-?\d{1,5})/.exec(rest)
  return {
    invoker: text.slice(0, at),
    gfpMask: /^0x[0-9a-f]{1,16}(?:\([A-Z_|0-9a-fx]{1,300}\))?/.exec(rest)?.[0] ?? null,
    order: order ? Number(order[1]) : null,
  }
}

// 15 bytes, each of which a log format may have written as \xNN.
const longestName = 60

/** `CPU: 0 UID: 0 PID: 7523 Comm: java …`, or RHEL 6's `Pid: 1205, comm: java Not tainted …`: the pid of who asked. */
export function parseInvokerPid(text: string, invoker: string): number | undefined {
  const match = /^(?:CPU: \d+ (?:UID: \d+ )?PID: (\d{1,10}) Comm: |Pid: (\d{1,10}), comm: )/.exec(text)
  // Every stack trace has such a line: the name shows whether it belongs to this report.
  if (!match || !text.startsWith(invoker, match[0].length)) return undefined
  return Number(match[1] ?? match[2])
}

/**
 * `Task in /a/b killed as a result of limit of /a` (up to 4.20 and RHEL 8), `Memory limit reached of cgroup /a`.
 * The line may have been cut off after the first path.
 */
export function parseTaskIn(text: string): { taskMemcg: string | null; oomMemcg: string | null } | undefined {
  const reached = /^Memory limit reached of cgroup (\/.*?)\s*$/s.exec(text)
  if (reached) return { taskMemcg: null, oomMemcg: reached[1]! }
  if (!text.startsWith('Task in /')) return undefined
  const middle = ' killed as a result of limit of /'
  // Both paths are the kernel's, but a cgroup's name may hold the words between them: only one split can be nested.
  const splits: { taskMemcg: string; oomMemcg: string }[] = []
  for (let at = text.indexOf(middle); at >= 0 && splits.length < 4; at = text.indexOf(middle, at + 1)) {
    splits.push({
      taskMemcg: text.slice('Task in '.length, at),
      oomMemcg: text.slice(at + middle.length - 1).trimEnd(),
    })
  }
  if (splits.length === 0) return undefined
  const nested = splits.filter(({ taskMemcg, oomMemcg }) => taskMemcg === oomMemcg || isBelow(taskMemcg, oomMemcg))
  if (nested.length === 1) return nested[0]
  return splits.length === 1 ? { taskMemcg: splits[0]!.taskMemcg, oomMemcg: null } : { taskMemcg: null, oomMemcg: null }
}

function isBelow(path: string, ancestor: string): boolean {
  return ancestor === '/' || path.startsWith(`${ancestor}/`)
}

/** `memory: usage 65536kB, limit 65536kB, failcnt 80`. A limit that stands for "none" is null. */
export function parseUsage(text: string): { usageKiB: number; limitKiB: number | null } | undefined {
  const match = /^memory: usage (\d{1,17})kB, limit (\d{1,17})kB,/.exec(text)
  if (!match) return undefined
  const limitKiB = Number(match[2])
  return { usageKiB: Number(match[1]), limitKiB: limitKiB >= unlimitedKiB ? null : limitKiB }
}

// The kernel prints 9007199254740988kB (2^63 bytes, whole pages) or, with other page sizes, a little less.
const unlimitedKiB = 9_000_000_000_000_000

/** `Memory cgroup stats for /a:`: the cgroup that ran out, where no other line names it. */
export function parseStatsMemcg(text: string): string | undefined {
  return /^Memory cgroup stats for (\/.*?):(?: cache:|\s*$)/s.exec(text)?.[1]
}

/** `Tasks in /a are going to be killed due to memory.oom.group set`. */
export function parseGroup(text: string): string | undefined {
  return /^Tasks in (\/.*) are going to be killed due to memory\.oom\.group set\s*$/s.exec(text)?.[1]
}

/** `sysrq: Manual OOM execution` (`SysRq : ` before 4.19): a person asks the kernel to kill. */
export function isSysrq(text: string): boolean {
  return /^(?:sysrq: )?(?:SysRq : )?Manual OOM execution\s*$/.test(text)
}
