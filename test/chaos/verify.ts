import { isDeepStrictEqual } from 'node:util'
import type { Alert } from '../../src/types.ts'
import { alertNumber, type ChaosPlan } from './plan.ts'
import type { Taken } from './receiver.ts'

export interface Findings {
  /** Accepted alerts that neither arrived nor were overtaken by a newer state that did. */
  readonly lost: readonly string[]
  /** Deliveries whose id or content is not that of the alert as it was accepted. */
  readonly changed: readonly string[]
  /** First deliveries that came after a newer one of the same incident. */
  readonly outOfOrder: readonly string[]
  readonly delivered: number
  readonly duplicates: number
  readonly overtaken: number
}

/** Compares what one receiver holds with what the agent accepted. */
export function verify(plan: ChaosPlan, taken: readonly Taken[]): Findings {
  const indexes: number[] = []
  const changed: string[] = []
  for (const { header, body } of taken) {
    const index = indexOf(plan, header, body)
    if (index === undefined) changed.push(header)
    else indexes.push(index)
  }
  const firsts = [...new Set(indexes)]
  const missing = plan.alerts.map((_, index) => index).filter(index => !firsts.includes(index))
  const overtaken = missing.filter(index => isOvertaken(plan, index, firsts))
  return {
    lost: missing.filter(index => !overtaken.includes(index)).map(index => `${plan.seed}-${index}`),
    changed,
    outOfOrder: firsts
      .filter((index, at) => isLate(plan, index, firsts.slice(0, at)))
      .map(index => `${plan.seed}-${index}`),
    delivered: firsts.length,
    duplicates: indexes.length - firsts.length,
    overtaken: overtaken.length,
  }
}

/** The number of the alert, if its header, its id and every other field are as they were accepted. */
function indexOf(plan: ChaosPlan, header: string, body: string): number | undefined {
  const posted = JSON.parse(body) as Alert | { specversion: string; id: string; data: Alert }
  const alert = 'specversion' in posted ? posted.data : posted
  const index = Number(header.slice(header.indexOf('-') + 1))
  if (posted.id !== header || alert.id !== header || !plan.alerts[index]) return undefined
  const { notes: _notes, ...expected } = alertNumber(plan, index)
  const { notes: _added, ...got } = alert // `late` may have been added
  return isDeepStrictEqual(got, JSON.parse(JSON.stringify(expected))) ? index : undefined
}

/** A newer state of the same subject arrived; and where that says it is over, some firing arrived before. */
function isOvertaken(plan: ChaosPlan, index: number, arrived: readonly number[]): boolean {
  const same = (other: number) => isSameSubject(plan, index, other)
  const newer = arrived.filter(other => other > index && same(other))
  if (newer.length === 0) return false
  return arrived.some(other => same(other) && !plan.alerts[other]!.over)
}

function isLate(plan: ChaosPlan, index: number, before: readonly number[]): boolean {
  return before.some(other => other > index && plan.alerts[other]!.incident === plan.alerts[index]!.incident)
}

function isSameSubject({ alerts }: ChaosPlan, a: number, b: number): boolean {
  return alerts[a]!.incident === alerts[b]!.incident && alerts[a]!.subject === alerts[b]!.subject
}
