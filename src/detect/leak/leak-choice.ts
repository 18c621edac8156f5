import type { Leak } from './leak.ts'

/** A workload that grows steadily, before it is known whether it goes on. */
export interface Candidate extends Leak {
  /** By how much it grew over the window that it was seen in, KiB. */
  readonly riseKiB: number
}

interface LeakChoice {
  /** Takes what grows now; returns the one to name, or null. */
  readonly choose: (candidates: readonly Candidate[], at: number) => Candidate | null
  readonly isCandidate: (workload: string) => boolean
}

/**
 * Names one of several growing workloads. Which one fills the node soonest changes from minute to minute when little is
 * left: then any job that starts would be named, and not the leak that has used up the rest. So the workload that was
 * named stays named until it no longer grows for an hour, or another one grows by more and would fill the node in half
 * the time.
 */
export function createLeakChoice(): LeakChoice {
  /** Since when each candidate has been one. */
  let since = new Map<string, number>()
  let named: { readonly candidate: Candidate; readonly at: number } | null = null

  const choose = (candidates: readonly Candidate[], at: number): Candidate | null => {
    const before = since
    since = new Map(candidates.map(({ workload }) => [workload, before.get(workload) ?? at]))
    if (named && (at - named.at > staysMs || at < named.at)) named = null
    const current = candidates.find(({ workload }) => workload === named?.candidate.workload)
    if (current) named = { candidate: current, at }
    const proven = candidates.filter(each => isProven(each, at - since.get(each.workload)!))
    const challenger = soonest(proven.filter(each => !named || exceeds(each, named.candidate)))
    if (challenger) named = { candidate: challenger, at }
    return named?.at === at ? named.candidate : null
  }

  return { choose, isCandidate: workload => since.has(workload) }
}

const staysMs = 60 * 60_000

function exceeds(challenger: Candidate, named: Candidate): boolean {
  return challenger.riseKiB > named.riseKiB && challenger.etaSeconds < named.etaSeconds / 2
}

/** A leak must last for a twentieth of the remaining time before it is reported, from six minutes to an hour. */
function isProven({ etaSeconds }: Candidate, forMs: number): boolean {
  return forMs >= Math.min(60 * 60_000, Math.max(6 * 60_000, (etaSeconds * 1000) / 20))
}

function soonest(candidates: readonly Candidate[]): Candidate | null {
  return candidates.toSorted((a, b) => a.etaSeconds - b.etaSeconds)[0] ?? null
}
