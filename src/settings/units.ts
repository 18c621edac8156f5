const durationUnitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const sizeUnitBytes: Readonly<Record<string, number>> = { '': 1, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/** Reads `250ms`, `10s`, `5m`, `1h`, `1d` into milliseconds; undefined where it is none of these. `0` is 0. */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
  return match ? Number(match[1]) * durationUnitMs[match[2]!]! : undefined
}

/** Reads `16MiB`, `512KiB`, `1GiB`, `4096` into bytes; undefined where it is none of these. */
export function parseSizeBytes(text: string): number | undefined {
  const match = /^(\d+)(B|KiB|MiB|GiB)?$/.exec(text)
  return match ? Number(match[1]) * sizeUnitBytes[match[2] ?? '']! : undefined
}

/** Reads `127.0.0.1:9465`, `[::1]:9465`, `:9465` (of this host alone); undefined where it is none of these. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, host = '', digits] = /^(\S*):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits ?? Number.NaN)
  return port <= 65_535 ? { host: host.replace(/^\[|\]$/g, '') || '127.0.0.1', port } : undefined
}

/** Writes milliseconds as the largest unit that holds them whole. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0'
  const unit = ['d', 'h', 'm', 's'].find(name => ms % durationUnitMs[name]! === 0) ?? 'ms'
  return `${ms / durationUnitMs[unit]!}${unit}`
}

/** Writes bytes as the largest unit that holds them whole. */
export function formatSize(bytes: number): string {
  const unit = ['GiB', 'MiB', 'KiB'].find(name => bytes > 0 && bytes % sizeUnitBytes[name]! === 0) ?? 'B'
  return `${bytes / sizeUnitBytes[unit]!}${unit}`
}
