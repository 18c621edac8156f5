/**
 * Reads /proc/meminfo: KiB by the fields' own names; the `HugePages_*` are counts.
 *
 *     MemAvailable:     481640 kB
 */
export function parseMeminfo(text: string): Record<string, number> {
  const fields: Record<string, number> = {}
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    const colon = text.indexOf(':', start)
    if (colon > start && colon < end) {
      // parseInt stops at ` kB`.
      const value = Number.parseInt(text.slice(colon + 1, end), 10)
      const name = text.slice(start, colon)
      if (Number.isFinite(value) && name !== '__proto__') fields[name] = value
    }
    start = end + 1
  }
  return fields
}
