import type { AlertNote, AlertType, Severity } from '../../src/types.ts'
import { createSimulatedNode, type NodeOptions, type SimulatedNode, startOfTime } from './simulated-node.ts'

/** Something that happens to a node, and all that must be said of it. */
export interface Scenario {
  /** Name of its files in fixtures/scenarios. */
  readonly name: string
  /** What must and must not be said, in a sentence. */
  readonly title: string
  /** Quiet: no loop, no storm, nothing critical; what is said at most is that the kernel killed. */
  readonly quiet: boolean
  readonly node?: NodeOptions
  readonly happens: (node: SimulatedNode) => void
  /** Every alert, in order, the informative ones too. */
  readonly alerts: readonly ExpectedAlert[]
}

/** The fields of an alert that a scenario pins. */
export interface ExpectedAlert {
  readonly at: string
  readonly type: AlertType
  readonly subject: string
  readonly status: 'firing' | 'resolved'
  readonly severity: Severity
  readonly notes: readonly AlertNote[]
}

/** An alert at so many seconds after the start. */
export function alert(
  seconds: number,
  type: AlertType,
  subject: string,
  severity: Severity,
  ...rest: readonly ('resolved' | AlertNote)[]
): ExpectedAlert {
  return {
    at: new Date(startOfTime + Math.round(seconds * 1000)).toISOString(),
    type,
    subject,
    status: rest[0] === 'resolved' ? 'resolved' : 'firing',
    severity,
    notes: rest.filter(note => note !== 'resolved'),
  }
}

/** The scenario as the lines of a recording. */
export function record({ node: options, happens }: Scenario): string {
  const node = createSimulatedNode(options)
  happens(node)
  return [node.header(), ...node.observations()].map(line => `${JSON.stringify(line)}\n`).join('')
}
