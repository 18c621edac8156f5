import type { PressureTotals } from '../../types.ts'

/**
 * Reads a pressure file of /proc or a cgroup; undefined where it holds none. `full` is missing for cpu before 5.13.
 *
 *     some avg10=18.40 avg60=14.06 avg300=6.28 total=25687879
 *     full avg10=15.67 avg60=12.43 avg300=5.60 total=23031171
 */
export function parsePressure(text: string): PressureTotals | undefined {
  const someUs = totalOf(text, 'some ')
  if (someUs === undefined) return undefined
  return { someUs, fullUs: totalOf(text, 'full ') ?? 0 }
}

// The averages are two seconds old and smooth over ten at least; differences of `total` are exact.
function totalOf(text: string, start: string): number | undefined {
  const at = text.startsWith(start) ? 0 : text.indexOf(`\n${start}`)
  const total = at < 0 ? -1 : text.indexOf('total=', at)
  if (total < 0) return undefined
  const value = Number.parseInt(text.slice(total + 'total='.length, total + 40), 10)
  return Number.isFinite(value) ? value : undefined
}
