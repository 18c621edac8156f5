import type { LoadedCapture, Truth } from './captures.ts'

export type Expected = 'NotReady' | 'kills only' | 'stays Ready' | 'calm'

/** What a rule or the verdict is worth over captures. Leads are seconds before NotReady. */
export interface Score {
  readonly notReady: number
  /** Critical before NotReady. */
  readonly called: number
  readonly missed: readonly string[]
  readonly criticalLeads: readonly number[]
  /** Of the captures whose host had cores to spare. */
  readonly cleanCriticalLeads: readonly number[]
  readonly warningLeads: readonly number[]
  /** Seconds before the first node-level kill, where the node stays Ready: of the warning, of the critical call. */
  readonly beforeKill: readonly {
    readonly name: string
    readonly warning: number | null
    readonly critical: number | null
  }[]
  readonly falseWarnings: readonly string[]
  readonly falseCriticals: readonly string[]
}

export interface Calls {
  readonly firstWarning: number | null
  readonly firstCritical: number | null
}

export function expectedOf({ crisis, notReadyAt, stalls }: Truth): Expected {
  return !crisis ? (stalls ? 'stays Ready' : 'calm') : notReadyAt.length > 0 ? 'NotReady' : 'kills only'
}

/** The first node-level OOM kill, ms since the epoch. */
export function firstKillAt({ kills }: Truth): number | null {
  return kills.find(({ nodeLevel }) => nodeLevel)?.at ?? null
}

/** Judges calls by what was true. */
export function score(judged: readonly { readonly capture: LoadedCapture; readonly calls: Calls }[]): Score {
  const missed: string[] = []
  const criticalLeads: number[] = []
  const cleanCriticalLeads: number[] = []
  const warningLeads: number[] = []
  const beforeKill: { name: string; warning: number | null; critical: number | null }[] = []
  const falseWarnings: string[] = []
  const falseCriticals: string[] = []
  let notReady = 0

  for (const { capture, calls } of judged) {
    const { name, truth } = capture
    const expected = expectedOf(truth)
    const lead = (at: number | null, end: number) => (at !== null && at < end ? (end - at) / 1000 : null)
    if (expected === 'calm' || expected === 'stays Ready') {
      if (isFalse(calls.firstWarning, truth)) falseWarnings.push(name)
      if (isFalse(calls.firstCritical, truth)) falseCriticals.push(name)
    } else if (expected === 'NotReady') {
      notReady++
      const critical = lead(calls.firstCritical, truth.notReadyAt[0]!)
      const warning = lead(calls.firstWarning, truth.notReadyAt[0]!)
      if (warning !== null) warningLeads.push(warning)
      if (critical === null) missed.push(name)
      else {
        criticalLeads.push(critical)
        if (truth.clean) cleanCriticalLeads.push(critical)
      }
    } else {
      const kill = firstKillAt(truth) ?? truth.until
      const found = { name, warning: lead(calls.firstWarning, kill), critical: lead(calls.firstCritical, kill) }
      beforeKill.push(found)
      if (found.warning === null) missed.push(name)
    }
  }
  return {
    notReady,
    called: criticalLeads.length,
    missed,
    criticalLeads,
    cleanCriticalLeads,
    warningLeads,
    beforeKill,
    falseWarnings,
    falseCriticals,
  }
}

/** On a node that stays Ready, outside of the times at which its workloads stall. */
export function isFalse(at: number | null, { stalls = [] }: Truth): boolean {
  return at !== null && !stalls.some(([from, until]) => at >= from && at <= until)
}

/** What has to hold, of any captures: none missed, worst lead 20 s (25 where the host was clean), no false critical. */
export function failuresOf(result: Score): readonly string[] {
  const failures = result.missed.map(name => `missed ${name}`)
  const worst = Math.min(...result.criticalLeads)
  const worstClean = Math.min(...result.cleanCriticalLeads)
  if (worst < 20) failures.push(`worst lead ${worst.toFixed(0)} s`)
  if (worstClean < 25) failures.push(`worst clean lead ${worstClean.toFixed(0)} s`)
  for (const name of result.falseCriticals) failures.push(`false critical on ${name}`)
  if (result.falseWarnings.length > 1) failures.push(`${result.falseWarnings.length} false warnings`)
  return failures
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
