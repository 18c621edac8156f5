import type { Alert, CoreEvent, ExplainSubject, Explanation, Verdict, World } from '../types.ts'

export interface Alerts {
  /** Takes what changed, keeps the incident, and returns the notifications that are due under the trust budget. */
  readonly observe: (
    event: CoreEvent,
    changed: readonly Verdict[],
    world: World,
    explain: (subject: ExplainSubject) => Explanation,
  ) => readonly Alert[]
  /** Verdicts that are firing now. */
  readonly verdicts: () => readonly Verdict[]
}

export function createAlerts(): Alerts {
  return { observe: () => [], verdicts: () => [] }
}
