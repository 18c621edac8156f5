/** `*` matches any run of characters. Without regular expressions: patterns and names are of any length. */
export function matchesWildcard(value: string | null | undefined, pattern: string): boolean {
  if (value == null) return false
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return value === pattern
  const last = rest.at(-1)!
  if (!value.startsWith(first) || value.length < first.length + last.length || !value.endsWith(last)) return false
  let from = first.length
  for (const part of rest.slice(0, -1)) {
    const at = value.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return from <= value.length - last.length
}
