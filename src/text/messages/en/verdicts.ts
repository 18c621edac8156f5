import type { VerdictType } from '../../../verdicts/verdicts.ts'

/** Verdicts by their type: `name` is a title. */
export const verdicts = {
  'memory-exhaustion': { name: 'memory exhaustion' },
  'respawn-loop': { name: 'OOM-kill loop' },
  'oom-storm': { name: 'OOM storm' },
  'node-daemon-killed': { name: 'node daemon killed' },
  'memory-leak': { name: 'memory leak' },
  'agent-impaired': { name: 'oomloop impaired' },
} satisfies Readonly<Record<VerdictType, VerdictMessages>>

/** Texts of one verdict. */
interface VerdictMessages {
  readonly name: string
}
