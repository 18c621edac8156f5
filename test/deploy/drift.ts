import type { Manifest } from './manifests.ts'

/**
 * What in a manifest the API server would write back otherwise, so that every `kubectl apply` sends a patch and says
 * "configured": quantities that are not canonical, nulls, and empty values that it drops. By path.
 */
export function driftOf(manifest: Manifest): readonly string[] {
  return walk(manifest, [])
}

function walk(value: unknown, path: readonly string[]): readonly string[] {
  const at = path.join('.')
  if (value === null || value === undefined) return [`${at}: null is dropped`]
  if (typeof value !== 'object') {
    if (!isQuantityAt(path)) return []
    const canonical = canonicalQuantity(String(value))
    return canonical === String(value) ? [] : [`${at}: ${value} is written back as ${canonical}`]
  }
  const entries = Object.entries(value)
  if (entries.length === 0 && !mayBeEmpty.has(path.at(-1) ?? '')) return [`${at}: an empty value is dropped`]
  return entries.flatMap(([key, child]) => walk(child, [...path, key]))
}

/** What says something by being there, or matches everything. */
const mayBeEmpty = new Set(['emptyDir', 'podSelector', 'namespaceSelector', 'selector', 'clusterIP'])

function isQuantityAt(path: readonly string[]): boolean {
  const parent = path.at(-2) ?? ''
  return ['requests', 'limits', 'hard', 'capacity'].includes(parent) || path.at(-1) === 'sizeLimit'
}

const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const decimal = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']

/**
 * A quantity as resource.Quantity prints it: the family of the suffix stays, no fraction, and the largest suffix that
 * leaves a whole number. Below one, binary becomes decimal. Exponents (1e3) are not used here.
 */
export function canonicalQuantity(text: string): string {
  const match = /^(\d+(?:\.\d+)?)([KMGTPE]i|[numkMGTPE]?)$/.exec(text)
  if (!match) throw new Error(`no quantity: ${text}`)
  const [, number, suffix] = match as unknown as [string, string, string]
  const isBinary = suffix.endsWith('i')
  const nano = nanoOf(number) * (isBinary ? 1024n ** BigInt(binary.indexOf(suffix)) : 1n)
  // In billionths, so that nothing is lost.
  const exact = isBinary ? nano : scaled(nano, decimal.indexOf(suffix) - 3)
  if (exact === 0n) return '0'
  if (isBinary && exact % 1_000_000_000n === 0n) {
    const units = exact / 1_000_000_000n
    const power = largest(binary.length, exponent => units % 1024n ** BigInt(exponent) === 0n)
    return `${units / 1024n ** BigInt(power)}${binary[power]}`
  }
  const power = largest(decimal.length, exponent => exact % 1000n ** BigInt(exponent) === 0n)
  return `${exact / 1000n ** BigInt(power)}${decimal[power]}`
}

const nanoOf = (number: string): bigint => {
  const [whole, fraction = ''] = number.split('.')
  return BigInt(`${whole}${fraction.padEnd(9, '0').slice(0, 9)}`)
}

const scaled = (nano: bigint, thousands: number): bigint =>
  thousands >= 0 ? nano * 1000n ** BigInt(thousands) : nano / 1000n ** BigInt(-thousands)

function largest(count: number, fits: (exponent: number) => boolean): number {
  return Array.from({ length: count }, (_, exponent) => count - 1 - exponent).find(fits) ?? 0
}
