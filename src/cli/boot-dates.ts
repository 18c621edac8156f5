import type { Alert } from '../types.ts'

/**
 * An alert of a log without wall time: its dates count from the node's start and would read as 1970, so they are null.
 * Durations stay.
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

/** No Linux is older than 1991, and no node was up for so long. */
function isBootDate(text: string): boolean {
  return /^19[78]\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/.test(text)
}
