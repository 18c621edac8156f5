import { createSteadyClock } from '../steady-clock.ts'
import type { CoreEvent, Detector, Verdict, World } from '../types.ts'
import { defaultThresholds } from './thresholds.ts'

/**
 * What changes for the worse while the agent runs: it lost records, a source went away, it is itself among the next to be
 * killed. One verdict however many reasons; it ends when everything is seen again. What merely is so is none.
 */
export function createAgentImpaired(): Detector {
  const steady = createSteadyClock()
  let blind = new Map<string, string>()
  let lost: { records: number; source: string; at: number } | null = null
  let victimAt: number | null = null
  let since: number | null = null
  let told = ''

  return (event, world) => {
    const now = steady(world.now)
    if (event.kind === 'start') {
      blind = new Map()
      lost = victimAt = since = null
      told = ''
      return []
    }
    if (event.kind === 'source' && event.state === 'sighted') blind.delete(event.source)
    else if (event.kind === 'source' && !event.steady && blind.size < keptSources) blind.set(event.source, event.why)
    else if (event.kind === 'lost') {
      lost = { records: (lost?.records ?? 0) + event.records, source: event.source, at: now }
    } else if (event.kind === 'tick' || event.kind === 'memory') {
      if (lost && now - lost.at > episodeMs) lost = null
      victimAt = isNextVictim(event, world) ? now : victimAt
      if (victimAt !== null && now - victimAt > victimMs) victimAt = null
    } else return []

    // The number of lost records is told, but a further one is no further alert.
    const reasons = [...[...blind.keys()].sort(), ...(lost ? ['lost'] : []), ...(victimAt === null ? [] : ['victim'])]
    const reasonsNow = reasons.join('\n')
    if (reasonsNow === told) return []
    told = reasonsNow
    since ??= world.now
    const verdict = verdictOf(reasons.length > 0, since)
    if (reasons.length === 0) since = null
    return [verdict]

    function verdictOf(firing: boolean, began: number): Verdict {
      return {
        type: 'agent-impaired',
        subject: 'oomloop',
        at: world.now,
        firing,
        severity: 'warning',
        since: began,
        signs: [],
        workload: null,
        loop: null,
        kill: null,
        facts: {
          blindSources: blind.size === 0 ? null : [...blind.keys()].sort().join(', '),
          why: blind.size === 0 ? null : [...blind.values()].at(-1)!,
          lostRecords: lost?.records ?? null,
          isNextVictim: victimAt !== null,
        },
      }
    }
  }
}

const keptSources = 64
// As long as an incident has to be quiet: a flood that overruns the ring comes in waves.
const episodeMs = 10 * 60_000
// Who is next changes from second to second; a minute out of the first three is out of danger.
const victimMs = 60_000

// Below it whoever is as large and not protected goes first. On a node of three processes the agent is among the first
// three all the same (seen in the virtual machine), and no setting could change that.
const protectedAdj = -900

/** Asked once a memory sample: the list of candidates is kept sorted for the sampler anyway. */
function isNextVictim(event: CoreEvent, { host, identity, memory }: World): boolean {
  if (event.kind !== 'memory' || host.agentPid === undefined) return false
  // With headroom enough nobody is killed: a calm node's list of victims is nobody's concern.
  if (!memory.headroom || memory.headroom.ratio >= defaultThresholds.lowHeadroomRatio) return false
  return identity
    .candidates(3)
    .some(({ process }) => process.pid === host.agentPid && process.oomScoreAdj > protectedAdj)
}
