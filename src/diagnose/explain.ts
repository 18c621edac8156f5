import type { CoreEvent, ExplainSubject, Explanation, Forecast, World } from '../types.ts'

export interface Explainer {
  readonly observe: (event: CoreEvent, world: World) => void
  readonly explain: (subject: ExplainSubject, world: World, forecast: Forecast | null) => Explanation
}

export function createExplainer(): Explainer {
  return {
    observe: () => {},
    explain: (subject, _world, forecast) => ({
      summary: `${subject.verdict.type} on ${subject.verdict.subject}`,
      limit: null,
      trigger: null,
      holders: [],
      growers: [],
      unownedKiB: null,
      nextVictims: [],
      forecast,
      diagnosis: [],
      actions: [],
    }),
  }
}
