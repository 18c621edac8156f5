import { scopeOf } from '../detect/verdict-scope.ts'
import type { HoldAdvisor } from '../hold/advisor.ts'
import { ownPath } from '../identify/workload.ts'
import { parseCgroupPath } from '../parse/cgroup/cgroup-path.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import type { ExplainSubject, Forecast, HostFacts, Locale, World } from '../types.ts'
import type { createBaselines } from './evidence/baselines.ts'
import { availableOf, type DiagnosisContext, freshMemory, totalKiBOf } from './evidence/diagnosis-context.ts'
import { limitOf } from './evidence/limit.ts'
import { nextVictimsOf } from './evidence/next-victims.ts'
import type { createPodPeaks } from './evidence/pod-peaks.ts'
import { sizesOf } from './evidence/pod-sizes.ts'
import { type PodUse, podsOf } from './evidence/pods.ts'
import type { createKillSizes } from './evidence/reported-sizes.ts'
import type { createTerminatingPods } from './evidence/terminating-pods.ts'
import { consumersOf } from './evidence/top-consumers.ts'
import { growersOf, growingKinds } from './evidence/top-growers.ts'
import type { Trigger } from './evidence/trigger.ts'
import { shmemOwner, splitUnaccounted } from './evidence/unaccounted-memory.ts'
import type { createUsageHistory } from './evidence/usage-history.ts'
import { platformOf } from './platform/host-platform.ts'

/** What was seen before this moment. */
interface Seen {
  readonly history: ReturnType<typeof createUsageHistory>
  readonly baselines: ReturnType<typeof createBaselines>
  readonly killSizes: ReturnType<typeof createKillSizes>
  readonly terminatingPods: ReturnType<typeof createTerminatingPods>
  readonly peaks: ReturnType<typeof createPodPeaks>
  /** What made the allocation that led to a kill, by the kill's event. */
  readonly triggers: ReadonlyMap<string, Trigger | null>
  readonly mostTotalKiB: number
  readonly hold: Pick<HoldAdvisor, 'choose'>
}

export interface Wanted {
  readonly locale: Locale
  readonly forecast: Forecast | null
}

/** How many of each list an alert names. */
export const listed = 5

/** The input of a diagnosis at this moment. `subject` null: no incident (doctor). */
export function collectContext(
  seen: Seen,
  subject: ExplainSubject | null,
  world: World,
  { locale, forecast }: Wanted,
): DiagnosisContext {
  const { history, baselines, killSizes, terminatingPods, peaks, triggers, mostTotalKiB } = seen
  const { host, identity } = world
  const t = messagesOf(locale)
  const verdict = subject?.verdict ?? null
  const memory = freshMemory(world)
  const verdicts = subject ? [subject.verdict, ...subject.members] : []
  const since = Math.min(world.now, ...verdicts.map(each => each.since))
  const consumers = consumersOf({ world, history, baselines, killSizes, since })
  const split = memory ? splitUnaccounted(memory.meminfo, mostTotalKiB) : null
  const owner = shmemOwner(split?.shmem ?? 0, world.memory.cgroups(), identity)
  const unaccounted = split && { ...split, shmemOwner: owner?.label ?? null }
  const kinds = growingKinds(unaccounted, { history, world, t })
  const pods = podsOf(identity, world.memory).filter(pod => isOfThisNode(pod, host))
  const kill = verdict?.kill ?? null
  return {
    verdict,
    status: subject?.status ?? 'firing',
    members: subject?.members ?? [],
    world,
    host,
    now: world.now,
    since,
    t,
    forecast,
    memory,
    totalKiB: totalKiBOf(memory, host),
    availableKiB: availableOf(memory),
    kubelet: host.kubelet,
    isKubernetes: host.kubelet !== undefined || pods.length > 0,
    platform: platformOf(world, [kill?.kill.taskMemcg ?? null, kill?.kill.oomMemcg ?? null]),
    peakKiB: peaks.of,
    isNodeWide: isNodeWide(subject),
    consumers,
    kinds,
    growers: growersOf({ consumers, kinds, shmemOwner: owner, world }),
    pods,
    unaccounted,
    shmemOwner: owner,
    limit: limitOf(kill, world),
    trigger: kill ? (triggers.get(kill.kill.event) ?? null) : null,
    terminating: [...terminatingPods.all()].map(({ pod, since, source, trusted, KiBAtStart }) => {
      const use = pods.find(each => `${each.namespace}/${each.pod}` === pod) ?? null
      const KiB = sizesOf(identity).pod(pod)
      const grewKiB = KiB !== null && KiBAtStart !== null ? KiB - KiBAtStart : null
      return { pod, since, source, trusted, KiB, grewKiB, use }
    }),
    victims: nextVictimsOf(world, listed),
    killSizes,
    terminatingPods,
    baselines,
    holdChoice: isAboutExhaustion(subject) && world.settings.hold !== 'off' ? seen.hold.choose(world) : null,
  }
}

/** Not of a cluster in a container (kind): what is done to this host as a node does nothing for it. */
function isOfThisNode({ workload }: PodUse, host: HostFacts): boolean {
  return parseCgroupPath(ownPath(workload.cgroup ?? '', host) ?? '/').outerContainerId === null
}

/** The node runs out of memory now: then slowing down what grows helps. */
function isAboutExhaustion(subject: ExplainSubject | null): boolean {
  if (subject?.status !== 'firing') return false
  const { verdict } = subject
  return verdict.type === 'memory-exhaustion' && verdict.facts.about === 'node'
}

/** A kill at a workload's own limit concerns that workload only. Everything else concerns the node. */
function isNodeWide(subject: ExplainSubject | null): boolean {
  if (!subject) return true
  return scopeOf(subject.verdict) === 'node'
}
