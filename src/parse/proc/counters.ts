/**
 * Reads lines of `name value`, as /proc/vmstat, memory.stat and memory.events have them; other lines are skipped.
 *
 *     workingset_refault_file 18230
 */
export function parseCounters(text: string, isWanted?: (name: string) => boolean): Record<string, number> {
  const counters: Record<string, number> = {}
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    const blank = text.indexOf(' ', start)
    if (blank > start && blank < end) {
      const name = text.slice(start, blank)
      if (!isWanted || isWanted(name)) {
        const value = Number(text.slice(blank + 1, end))
        if (Number.isFinite(value) && name !== '__proto__') counters[name] = value
      }
    }
    start = end + 1
  }
  return counters
}
