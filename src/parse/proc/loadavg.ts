interface Loadavg {
  readonly load1: number
  /** The pid given out last: while it does not change, no process has started. */
  readonly lastPid: number
}

/**
 * Reads /proc/loadavg; undefined where it is none.
 *
 *     2.18 0.90 0.37 1/170 797
 */
export function parseLoadavg(text: string): Loadavg | undefined {
  const fields = text.split(' ', 5)
  const load1 = Number.parseFloat(fields[0] ?? '')
  const lastPid = Number.parseInt(fields[4] ?? '', 10)
  if (!Number.isFinite(load1) || !Number.isFinite(lastPid)) return undefined
  return { load1, lastPid }
}
