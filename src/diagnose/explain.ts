import { isPrimed } from '../detect/primed.ts'
import { createSay } from '../say.ts'
import type {
  AlertTrigger,
  AttributedKill,
  CoreEvent,
  ExplainSubject,
  Explanation,
  Forecast,
  Habits,
  Holding,
  IdentityView,
  World,
} from '../types.ts'
import { actionsOf } from './actions.ts'
import type { Finding } from './cause/finding.ts'
import { type Spare, spareOf } from './cause/no-room-to-end.ts'
import { diagnose, mendWeight, published } from './causes.ts'
import { growersOf, growingKinds } from './growers.ts'
import { createHabits, wholeNode } from './habits.ts'
import { holdersOf } from './holders.ts'
import { createKillSizes } from './kill-sizes.ts'
import { limitOf } from './limit.ts'
import { nextVictimsOf } from './next-victims.ts'
import { podsOf } from './pods.ts'
import { reliefOf } from './relief.ts'
import {
  allocatableKiBOf,
  availableOf,
  evictionKiBOf,
  freshMemory,
  type Holder,
  reservedOf,
  type Scene,
  totalKiBOf,
} from './scene.ts'
import { summaryOf } from './summary.ts'
import { createTerminations, type SizeOf } from './terminations.ts'
import { findTrigger } from './trigger.ts'
import { kindReadings, shmemOwner, splitUnowned } from './unowned.ts'
import { createUsageHistory, type Reading } from './usage-history.ts'

export interface Explainer {
  readonly observe: (event: CoreEvent, world: World) => void
  /** Only where an alert is due: it looks at every process and pod once. */
  readonly explain: (subject: ExplainSubject, world: World, forecast: Forecast | null) => Explanation
  /** How things are, before anything has happened: the same rules, for doctor. */
  readonly examine: (world: World, forecast: Forecast | null) => Examination
  /** What is usual here, to be kept over a restart. */
  readonly habits: (at: number) => Habits
}

export interface Examination extends Explanation {
  /** No kill yet, but as things stand the first one would begin a loop. */
  readonly isPrimed: boolean
  /** How much of the diagnosis is to be mended now, and is no mere advice; the first ones of it. */
  readonly toMend: number
  readonly reservedKiB: number | null
  readonly allocatableKiB: number | null
  readonly evictionKiB: number | null
  /** What is left over once the largest pod takes what it may need to end. */
  readonly spare: Spare | null
}

/** Tells what is the matter and what to do, by what it has seen of who holds memory and how that has changed. */
export function createExplainer(): Explainer {
  const history = createUsageHistory()
  const habits = createHabits()
  const killSizes = createKillSizes()
  const terminations = createTerminations()
  const triggers = new Map<string, AlertTrigger | null>()
  let mostTotalKiB = 0

  const observe = (event: CoreEvent, world: World): void => {
    switch (event.kind) {
      case 'tick':
        follow(world)
        return
      case 'memory':
        mostTotalKiB = Math.max(mostTotalKiB, event.meminfo.MemTotal ?? 0)
        return
      case 'unit-line':
        terminations.observe(event, sizesOf(world.identity))
        return
      case 'habits':
        habits.take(event)
        return
      case 'kill':
        killSizes.observe(event.kill, world.identity.workloadOfPid)
        terminations.killed(event.kill.workload.podUid, event.kill.at)
        rememberTrigger(event.kill, world)
        return
      default:
        return
    }
  }

  /** Every ten seconds who holds what, every ten minutes what is usual. */
  const follow = (world: World): void => {
    const { now } = world
    const memory = freshMemory(world)
    if (!memory) return
    if (history.isDue(now)) {
      const split = splitUnowned(memory.meminfo, mostTotalKiB)
      history.observe(now, [...kindReadings(split), ...readingsOf(world)])
      terminations.look(now, podsOf(world.identity, world.memory), sizesOf(world.identity))
    }
    if (habits.isDue(now)) {
      const total = totalKiBOf(memory, world.host)
      const available = availableOf(memory)
      const node = total !== null && available !== null ? [{ key: wholeNode, KiB: total - available, from: '' }] : []
      habits.learn(now, [...node, ...readingsOf(world)])
    }
  }

  const rememberTrigger = (kill: AttributedKill, world: World): void => {
    const { event } = kill.kill
    if (triggers.has(event)) return
    triggers.set(event, findTrigger(kill, world.identity, terminations, sizesOf(world.identity).pod))
    if (triggers.size > keptTriggers) triggers.delete(triggers.keys().next().value!)
  }

  const sceneOf = (subject: ExplainSubject | null, world: World, forecast: Forecast | null): Scene => {
    const { host, identity } = world
    const say = createSay(world.settings.locale)
    const verdict = subject?.verdict ?? null
    const memory = freshMemory(world)
    const verdicts = subject ? [subject.verdict, ...subject.members] : []
    const since = Math.min(world.now, ...verdicts.map(each => each.since))
    const holders = holdersOf({ world, history, habits, killSizes, since })
    const split = memory ? splitUnowned(memory.meminfo, mostTotalKiB) : null
    const owner = shmemOwner(split?.shmem ?? 0, world.memory.cgroups(), identity)
    const unowned = split && { ...split, shmemOwner: owner?.label ?? null }
    const kinds = growingKinds(unowned, { history, world, say })
    const pods = podsOf(identity, world.memory)
    const kill = verdict?.kill ?? null
    return {
      verdict,
      status: subject?.status ?? 'firing',
      members: subject?.members ?? [],
      world,
      host,
      now: world.now,
      since,
      say,
      forecast,
      memory,
      totalKiB: totalKiBOf(memory, host),
      availableKiB: availableOf(memory),
      kubelet: host.kubelet,
      isKubernetes: host.kubelet !== undefined || pods.length > 0,
      isNodeWide: isNodeWide(subject),
      holders,
      kinds,
      growers: growersOf({ holders, kinds, shmemOwner: owner, world }),
      pods,
      unowned,
      shmemOwner: owner,
      limit: limitOf(kill, world),
      trigger: kill ? (triggers.get(kill.kill.event) ?? null) : null,
      ending: [...terminations.all()].map(({ pod, since, source, KiBAtStart }) => {
        const use = pods.find(each => `${each.namespace}/${each.pod}` === pod) ?? null
        const KiB = sizesOf(identity).pod(pod)
        const grewKiB = KiB !== null && KiBAtStart !== null ? KiB - KiBAtStart : null
        return { pod, since, source, KiB, grewKiB, use }
      }),
      victims: nextVictimsOf(world, listed),
      killSizes,
      terminations,
      habits,
    }
  }

  const tell = (scene: Scene, findings: readonly Finding[]): Explanation => {
    const relief = scene.isNodeWide ? reliefOf(scene, findings) : null
    return {
      summary: summaryOf(scene, relief, findings),
      limit: scene.limit,
      trigger: scene.trigger,
      holders: scene.holders.slice(0, listed).map(holding),
      growers: scene.growers.slice(0, listed).map(holding),
      unownedKiB: scene.unowned,
      nextVictims: scene.victims.map(({ of: _of, ...victim }) => victim),
      forecast: scene.forecast,
      diagnosis: findings.map(published),
      actions: actionsOf(scene, relief, findings),
    }
  }

  return {
    observe,
    explain: (subject, world, forecast) => {
      const scene = sceneOf(subject, world, forecast)
      return tell(scene, subject.verdict.type === 'agent-impaired' ? [] : diagnose(scene))
    },
    examine: (world, forecast) => {
      const scene = sceneOf(null, world, forecast)
      const findings = diagnose(scene)
      const { strain } = world.memory
      return {
        ...tell(scene, findings),
        // How long it has been so is not asked: that is what the running agent knows.
        isPrimed: strain != null && isPrimed({ ...strain, lowShare: 1 }, world),
        toMend: findings.filter(({ weight }) => weight >= mendWeight).length,
        reservedKiB: reservedOf(scene)?.KiB ?? null,
        allocatableKiB: allocatableKiBOf(scene),
        evictionKiB: evictionKiBOf(scene),
        spare: spareOf(scene),
      }
    },
    habits: habits.now,
  }
}

const listed = 5
const keptTriggers = 64

/** A workload's own limit is its own matter; everything else is the node's. */
function isNodeWide(subject: ExplainSubject | null): boolean {
  if (!subject) return true
  const { type, loop, kill, subject: of } = subject.verdict
  if (type === 'agent-impaired') return false
  if (type === 'respawn-loop') return loop?.nodeLevel ?? false
  // A daemon that runs into its own unit's limit says nothing of the node's memory.
  if (type === 'node-daemon-killed') return kill?.nodeLevel ?? true
  return type !== 'memory-exhaustion' || of === 'node'
}

function readingsOf(world: World): readonly Reading[] {
  return world.identity.usage().map(({ workload, KiB, from }) => ({ key: workload.key, KiB, from }))
}

/** What pods hold by their processes: asked when one is told to end. */
function sizesOf(identity: IdentityView): SizeOf {
  const sum = (isIts: (workload: { namespace: string | null; pod: string | null }) => boolean): number | null => {
    let total: number | null = null
    for (const { pid, rssKiB } of identity.processes()) {
      const workload = identity.workloadOfPid(pid)
      if (workload && isIts(workload)) total = (total ?? 0) + rssKiB
    }
    return total
  }
  return {
    pod: name => sum(({ namespace, pod }) => `${namespace}/${pod}` === name),
    podOfContainer: containerId => {
      for (const { pid, cgroup } of identity.processes()) {
        if (!cgroup.includes(containerId)) continue
        const workload = identity.workloadOfPid(pid)
        if (workload?.namespace && workload.pod) return `${workload.namespace}/${workload.pod}`
      }
      return undefined
    },
  }
}

function holding({ key, KiB, changeKiB, habitRatio, from }: Holder): Holding {
  return { workload: key, KiB: Math.round(KiB), changeKiB, habitRatio, from }
}
