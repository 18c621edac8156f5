/**
 * Reads memory.max (v2) or memory.limit_in_bytes (v1): KiB, null = unlimited, undefined = not a limit.
 *
 *     969437184
 *     max
 *     9223372036854771712
 */
export function parseMemoryLimit(text: string): number | null | undefined {
  const trimmed = text.trim()
  if (trimmed === 'max') return null
  const bytes = Number(trimmed)
  if (trimmed === '' || !Number.isFinite(bytes)) return undefined
  // v1 writes "no limit" as the largest number of whole pages below 2^63: anything near it is none.
  return bytes >= 2 ** 60 ? null : Math.round(bytes / 1024)
}

/** Reads memory.current or memory.usage_in_bytes: KiB; undefined where it is no number. */
export function parseBytes(text: string): number | undefined {
  const trimmed = text.trim()
  const bytes = Number(trimmed)
  return trimmed === '' || !Number.isFinite(bytes) ? undefined : Math.round(bytes / 1024)
}
