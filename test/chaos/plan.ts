import { exampleAlert } from '../../src/deliver/test/example-alert.ts'
import type { Alert } from '../../src/types.ts'
import type { Random } from './random.ts'

/** What happens in one round, drawn from its seed before it begins. */
export interface ChaosPlan {
  readonly seed: number
  readonly alerts: readonly { readonly incident: number; readonly subject: number; readonly over: boolean }[]
  /** Milliseconds that each life of the agent has before it is killed; the last one lives on. */
  readonly livesMs: readonly number[]
  /** Added to the clock of each life. */
  readonly clockSkewsMs: readonly number[]
  readonly fullDisk: boolean
}

export function drawPlan(seed: number, random: Random): ChaosPlan {
  const incidents = random.integer(1, 3)
  const alerts = Array.from({ length: random.integer(6, 24) }, () => ({
    incident: random.integer(1, incidents),
    subject: random.integer(1, 2),
    over: false,
  }))
  const last = new Map(alerts.map(({ incident, subject }, index) => [`${incident}/${subject}`, index]))
  const ended = new Set([...last.values()].filter(() => random.chance(0.7)))
  const lives = random.integer(0, 4)
  return {
    seed,
    alerts: alerts.map((alert, index) => ({ ...alert, over: ended.has(index) })),
    livesMs: Array.from({ length: lives }, () => random.integer(0, 400)),
    clockSkewsMs: Array.from({ length: lives + 1 }, () =>
      random.chance(0.2) ? random.integer(-3600, 3600) * 1000 : 0,
    ),
    fullDisk: random.chance(0.2),
  }
}

/** The alert that any life of the agent makes of the same observation: same id, same text. */
export function alertNumber({ seed, alerts }: ChaosPlan, index: number): Alert {
  const { incident, subject, over } = alerts[index]!
  return {
    ...exampleAlert(1_795_467_000_000 + index * 1000),
    id: `${seed}-${index}`,
    incident: `${seed}-incident-${incident}`,
    subject: `pod/chaos/subject-${subject}`,
    status: over ? 'resolved' : 'firing',
    // Of different lengths: records must not happen to end where pages end.
    evidence: Array.from(
      { length: (index * 7) % 11 },
      (_, line) => `line ${line} ${'x'.repeat((index * 37 + line) % 300)}`,
    ),
  }
}
