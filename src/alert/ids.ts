import { createHash } from 'node:crypto'
import type { HostFacts, Verdict } from '../types.ts'

/**
 * Id of an incident of the node or the agent, derived from its start, so that a replay gives the same id. Hex digits
 * only: receivers sign with dots.
 */
export function incidentId(host: HostFacts, { since, type, subject }: Verdict): string {
  return digest([host.name, host.bootId ?? '', since, type, subject])
}

/** Name of a workload's incident: of the workload and its first kill. */
export function workloadIncidentId(host: HostFacts, workload: string, firstKillAt: number): string {
  return digest([host.name, host.bootId ?? '', firstKillAt, 'workload', workload])
}

/** Name of one alert, the idempotency key: of what it reports and its place in the incident. */
export function alertId(report: {
  readonly incident: string
  readonly sequence: number
  readonly verdict: Verdict
  readonly status: string
  readonly at: number
}): string {
  const { incident, sequence, verdict, status, at } = report
  return digest([incident, sequence, verdict.type, verdict.subject, status, at])
}

function digest(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24)
}
