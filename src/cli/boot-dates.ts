import type { Alert } from '../types.ts'

/**
 * An alert of a log without dates. Its times count from the start of the node and would be shown as 1970, so they are
 * null. Durations stay.
 */
export function withoutBootDates(alert: Alert): unknown {
  return withoutDates(alert)
}

function withoutDates(value: unknown): unknown {
  if (typeof value === 'string') return isBootDate(value) ? null : value
  if (Array.isArray(value)) return value.map(withoutDates)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutDates(one)]))
}

/** Linux exists since 1991, and no node has been up for that long. */
function isBootDate(text: string): boolean {
  return /^19[78]\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/.test(text)
}
