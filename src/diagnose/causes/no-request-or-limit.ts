import { joined } from '../../text/sentences.ts'
import type { Workload } from '../../types.ts'
import { sizedResources } from '../commands/sizing.ts'
import type { DiagnosisContext, Victim } from '../evidence/diagnosis-context.ts'
import type { FindCause } from '../evidence/finding.ts'
import { fullName } from '../evidence/workload-names.ts'

/**
 * The next victims are workloads without request or limit: the kernel kills them because of their score and not their
 * size.
 */
export const noRequestOrLimit: FindCause<'no-request-or-limit'> = context => {
  const { t, isNodeWide, victims, totalKiB } = context
  if (!isNodeWide) return null
  // Only those that precede a larger one by their rank: once BestEffort pods alone are left, size decides.
  const first = victims.slice(0, 5).filter(victim => victim.of.podUid !== null && isBestEffort(victim))
  const killed = killedBestEffort(context)
  const named = killed ?? first[0]
  if (!named) return null
  const { of: workload, rssKiB } = named
  const texts = t.causes['no-request-or-limit']
  const all = [...(killed ? [killed] : []), ...first].map(victim => victim.of)
  const pods = [...new Map(all.map(each => [fullName(each), each]))]
  const isFirst = killed !== null || first[0] === victims[0]
  return {
    code: 'no-request-or-limit',
    // With free memory this is advice, because nearly every node has such a pod.
    role: killed ? 'leading' : isTight(context) ? 'contributing' : 'background',
    evidence: texts.evidence({
      names: pods.map(([name]) => name),
      name: fullName(workload),
      KiB: rssKiB,
      ratio: totalKiB === null || rssKiB <= 0 ? null : rssKiB / totalKiB,
    }),
    why: isFirst ? texts.why : texts.whyAmong,
    remedy: remedyOf(context, pods),
  }
}

/** A size for each pod that is named: one pod's would be wrong for another. */
function remedyOf(context: DiagnosisContext, pods: readonly (readonly [string, Workload])[]): string {
  const { t } = context
  const texts = t.causes['no-request-or-limit']
  const sized = pods.flatMap(([name, workload]) => {
    const command = sizedResources(context, workload, 2)
    return command === null ? [] : [{ name, command }]
  })
  const remedy = texts.remedy({ pods: pods.length })
  if (sized.length === 0) return joined(t, remedy, pods.length === 1 ? t.causes.sizeFirst : texts.sizeEachFirst)
  if (pods.length === 1) return joined(t, remedy, t.causes.setRequest(sized[0]!))
  return joined(t, remedy, texts.setEach({ sized: sized.slice(0, mostSized) }))
}

// Each is a command.
const mostSized = 2

function isTight({ world }: DiagnosisContext): boolean {
  return (world.memory.headroom?.ratio ?? 0) < 0.25
}

function isBestEffort({ of: workload, oomScoreAdj }: Victim): boolean {
  return workload.qos === 'BestEffort' || (workload.qos === null && oomScoreAdj === 1000)
}

/** The one that was killed, if it was BestEffort: it may not run at this moment. */
function killedBestEffort({ verdict, now }: DiagnosisContext): Victim | null {
  const kill = verdict?.kill
  if (!kill?.nodeLevel || now - kill.at > 3_600_000 || kill.workload.qos !== 'BestEffort') return null
  if (kill.workload.podUid === null) return null
  const { kill: line, workload } = kill
  return {
    workload: workload.key,
    pid: line.pid,
    comm: line.comm ?? '',
    score: line.score ?? 0,
    oomScoreAdj: line.oomScoreAdj ?? 1000,
    rssKiB: (line.anonRssKiB ?? kill.lastRssKiB ?? 0) + (line.fileRssKiB ?? 0) + (line.shmemRssKiB ?? 0),
    respawns: null,
    regainsKiB: null,
    of: workload,
  }
}
