import type { LoadedCapture } from './captures.ts'
import type { Judgement } from './judge.ts'

/** The sign `not-ready-presumed` on one capture, beside when renewals of kubelet's lease reached the API server. */
export interface KubeletSign {
  readonly name: string
  /** Renewals that came more than 20 s late. */
  readonly late: number
  /** Of those, how many were called while they were overdue or about to be. */
  readonly called: number
  /** How often the sign was raised, and how often of those in the wait for a renewal that came late. */
  readonly claims: number
  readonly right: number
  /** Seconds for which the sign was shown, and of those in the wait for a renewal that came late. */
  readonly shownSeconds: number
  readonly rightSeconds: number
  /** From the sign until the renewal is 20 s late; negative where it was late already. One for each that was called. */
  readonly leads: readonly number[]
}

/** kubelet renews every 10 s (a quarter of its lease). */
const renewMs = 10_000
const lateMs = 20_000

export function judgeKubeletSign({ name, truth }: LoadedCapture, { starved }: Judgement): KubeletSign {
  const waits = waitsOf(truth)
  const late = waits.filter(({ isLate }) => isLate)
  const overlap = (a: Span, b: Span) => Math.max(0, Math.min(a.until, b.until) - Math.max(a.from, b.from))
  const called = late.flatMap(wait => {
    const first = starved.find(span => overlap(span, wait) > 0)
    return first ? [(wait.from + renewMs + lateMs - Math.max(first.from, wait.from)) / 1000] : []
  })
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return {
    name,
    late: late.length,
    called: called.length,
    claims: starved.length,
    right: starved.filter(span => late.some(wait => overlap(span, wait) > 0)).length,
    shownSeconds: sum(starved.map(({ from, until }) => until - from)) / 1000,
    rightSeconds: sum(starved.flatMap(span => late.map(wait => overlap(span, wait)))) / 1000,
    leads: called,
  }
}

interface Span {
  readonly from: number
  readonly until: number
}

/** From each renewal to the next; the last wait ends with the capture. */
function waitsOf({ leaseRenewedAt, from, until }: LoadedCapture['truth']): readonly (Span & { isLate: boolean })[] {
  return leaseRenewedAt
    .map((at, index) => ({ from: at, until: leaseRenewedAt[index + 1] ?? until }))
    .filter(wait => wait.until > from)
    .map(wait => ({ ...wait, isLate: wait.until - wait.from > renewMs + lateMs }))
}

export interface SignRecord {
  readonly precision: number
  readonly recall: number
}

/** Over all captures: of the time for which the sign is shown, and of the late renewals. */
export function recordOf(signs: readonly KubeletSign[]): SignRecord {
  const sum = (of: (sign: KubeletSign) => number) => signs.reduce((total, sign) => total + of(sign), 0)
  return {
    precision: sum(({ rightSeconds }) => rightSeconds) / sum(({ shownSeconds }) => shownSeconds),
    recall: sum(({ called }) => called) / sum(({ late }) => late),
  }
}
