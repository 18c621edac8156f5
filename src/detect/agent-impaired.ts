import type { CoreEvent, Detector, Verdict, World } from '../types.ts'
import { defaultThresholds } from './memory/thresholds.ts'
import { createUnseenKills } from './unseen-kills.ts'

/**
 * The agent sees less than it should: it lost records, a source is down, the kernel counts kills that no source shows,
 * or it is among the next victims. All reasons share one verdict, which ends when all are gone. A source that the host
 * never had is no reason.
 */
export function createAgentImpaired(): Detector {
  const down = new Set<string>()
  let lost: { records: number; source: string; at: number } | null = null
  let victimAt: number | null = null
  let since: number | null = null
  let lastReasons = ''
  const countUnseen = createUnseenKills()
  let unseenKills = 0

  return (event, world) => {
    const now = world.steadyNow
    unseenKills = countUnseen(event, world)
    if (event.kind === 'source' && event.state === 'sighted') down.delete(event.source)
    else if (event.kind === 'source' && !event.steady && down.size < keptSources) down.add(event.source)
    else if (event.kind === 'lost') {
      lost = { records: (lost?.records ?? 0) + event.records, source: event.source, at: now }
    } else if (event.kind === 'tick' || event.kind === 'memory') {
      if (lost && now - lost.at > episodeMs) lost = null
      victimAt = isNextVictim(event, world) ? now : victimAt
      if (victimAt !== null && now - victimAt > victimMs) victimAt = null
    } else return []

    // The alert names the number of lost records, but one more record is not one more alert.
    const reasons = [
      ...[...down].sort(),
      ...(lost ? ['lost'] : []),
      ...(unseenKills > 0 ? ['unseen'] : []),
      ...(victimAt === null ? [] : ['victim']),
    ]
    const reasonsNow = reasons.join('\n')
    if (reasonsNow === lastReasons) return []
    lastReasons = reasonsNow
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
          sourcesDown: [...down].sort(),
          lostRecords: lost?.records ?? 0,
          unseenKills,
          isNextVictim: victimAt !== null,
        },
      }
    }
  }
}

const keptSources = 64
// As long as an incident has to be quiet: a flood that overruns the ring comes in waves.
const episodeMs = 10 * 60_000
// The order of victims changes every second. A minute outside the first three counts as safe.
const victimMs = 60_000

// Below it any process as large that is not protected goes first. On a node of three processes the agent is among the first
// three all the same (seen in the virtual machine), and no setting could change that.
const protectedAdj = -900

/** Asked once a memory sample: the list of candidates is kept sorted for the sampler anyway. */
function isNextVictim(event: CoreEvent, { host, identity, memory }: World): boolean {
  if (event.kind !== 'memory' || host.agentPid === undefined) return false
  // With enough headroom the kernel kills nothing, so the list of a calm node's victims does not matter.
  if (!memory.headroom || memory.headroom.ratio >= defaultThresholds.lowHeadroomRatio) return false
  return identity
    .candidates(3)
    .some(({ process }) => process.pid === host.agentPid && process.oomScoreAdj > protectedAdj)
}
