/** What is used of /proc/PID/stat. */
export interface ProcStat {
  readonly pid: number
  readonly comm: string
  /** One letter: R, S, D, Z, T, … */
  readonly state: string
  readonly ppid: number
  readonly isKernelThread: boolean
  readonly majorFaults: number
  readonly threads: number
  /** Clock ticks (100 a second) since boot. */
  readonly startTicks: number
  /** Pages. */
  readonly rss: number
}

/**
 * Reads /proc/PID/stat; undefined where it is none. comm is whatever the process says: it may hold blanks, parentheses
 * and newlines, so the fields are counted from the last `)`.
 *
 *     169 (sampler) S 164 0 0 0 0 0 0 0 0 0 18 0 0 0 20 0 1 0 725 0 937 0 …
 */
export function parseProcStat(text: string): ProcStat | undefined {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  if (open < 0 || close < open) return undefined
  const pid = Number.parseInt(text.slice(0, open), 10)
  // Field 3 (state) is the first behind the parenthesis; 24 (rss) is the last that is needed.
  const fields = text.slice(close + 2, close + 400).split(' ', 22)
  const rss = Number(fields[21])
  const startTicks = Number(fields[19])
  if (!(pid > 0) || !Number.isFinite(rss) || !Number.isFinite(startTicks)) return undefined
  return {
    pid,
    comm: text.slice(open + 1, close),
    state: fields[0] || '?',
    ppid: Number(fields[1]) || 0,
    isKernelThread: (Number(fields[6]) & kernelThreadFlag) !== 0,
    majorFaults: Number(fields[9]) || 0,
    threads: Number(fields[17]) || 0,
    startTicks,
    rss,
  }
}

const kernelThreadFlag = 0x0020_0000 // PF_KTHREAD
