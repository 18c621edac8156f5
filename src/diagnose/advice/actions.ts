import { quantity } from '../../text/messages/format.ts'
import { joined } from '../../text/sentences.ts'
import type { Action, AlertLimit, Verdict, Workload } from '../../types.ts'
import type { SharedLimitFacts } from '../../verdicts/memory-exhaustion.ts'
import {
  quoted,
  raiseLimit,
  reboot,
  restartKubelet,
  restartUnit,
  reviveUnit,
  uncordon,
} from '../commands/shell-commands.ts'
import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'
import type { Finding } from '../evidence/finding.ts'
import { type LimitedObject, limitedObject, limitedSlice, limitManagerOf } from '../evidence/limit.ts'
import { largeKiB } from '../evidence/reported-sizes.ts'
import { fullName, nameOfCgroup, nameOfLimit, shortName } from '../evidence/workload-names.ts'
import { hasShell } from '../platform/host-platform.ts'
import { endedLoopActions } from './ended-loop.ts'
import { type EvictionTarget, isRecreatedHere, wasSeenRecreated } from './eviction-target.ts'
import { holdActions } from './hold-actions.ts'
import { action, cordonAlone, removalActions } from './removal-actions.ts'

/**
 * What to do now, in this order: what frees memory for good, what not to do, what to do if the node does not recover, a
 * reboot last. What to fix later is in the causes.
 */
export function actionsOf(
  context: DiagnosisContext,
  target: EvictionTarget | null,
  findings: readonly Finding[],
): readonly Action[] {
  const { verdict, status, isNodeWide, host } = context
  if (status === 'resolved') return afterwards(context)
  if (verdict?.type === 'agent-impaired') return [checkAgent(context)]
  if (verdict?.type === 'memory-leak') return [stopLeak(context, verdict)]
  if (verdict?.type === 'respawn-loop' && verdict.facts.endedBy) return endedLoopActions(context, verdict.facts)
  if (!isNodeWide && verdict?.type === 'memory-exhaustion')
    return [verdict.facts.about === 'slice' ? lookBelowSlice(context, verdict.facts) : findKiller(context)]
  if (!isNodeWide) return [...revive(context), ...ownLimit(context)]
  return [
    ...revive(context),
    ...(target ? removalActions(context, target) : cordonAlone(context)),
    ...holdActions(context),
    ...doNot(context, target),
    ...(context.isKubernetes && host.sight === 'host' && target?.kind !== 'watch' ? lastResorts(context) : []),
  ].slice(0, findings.length === 0 && !target ? 1 : most)
}

const most = 8

/** A killed daemon comes first, because without it nothing else can be done remotely. */
function revive({ verdict, t, platform }: DiagnosisContext): Action[] {
  const unit = verdict?.type === 'node-daemon-killed' ? verdict.workload?.unit?.split('/').at(-1) : undefined
  if (!unit) return []
  const command = unit.endsWith('.service') ? reviveUnit(unit, platform) : null
  return [action(command ? t.actions.reviveDaemon({ unit }) : t.actions.findDaemon({ name: unit }), command)]
}

/** Steps that seem to help but do not. Only included with evidence, or if the owner is known. */
function doNot(context: DiagnosisContext, target: EvictionTarget | null): Action[] {
  const { t, verdict, members, killSizes, now, totalKiB } = context
  const loops = [...(verdict ? [verdict] : []), ...members].filter(
    each => each.type === 'respawn-loop' && each.loop?.nodeLevel,
  )
  const killed = verdict?.kill?.nodeLevel && verdict.kill.workload.certainty !== 'guess' ? [verdict.kill.workload] : []
  // What is to be removed is not to be left alone: each is said of another one.
  const removed = target?.kind === 'pod' ? target.pod.keys : target?.kind === 'workload' ? [target.consumer.key] : []
  const workload = [...loops.flatMap(each => each.workload ?? []), ...killed].find(each => {
    const KiB = killSizes.victims(now, 3_600_000).find(({ key }) => key === each.key)?.KiB ?? 0
    const isSmall = KiB < (totalKiB === null ? largeKiB : totalKiB * 0.2)
    return (
      !each.nodeDaemon &&
      !removed.includes(each.key) &&
      isSmall &&
      (isRecreatedHere(each) || loops.some(loop => loop.workload?.key === each.key) || wasSeenRecreated(context, each))
    )
  })
  if (!workload) return []
  const name = shortName(workload)
  const loop = loops.find(each => each.workload?.key === workload.key)?.loop
  const usedKiB = killSizes.victims(now, 3_600_000).find(({ key }) => key === workload.key)?.KiB ?? 0
  // What was available ten seconds after the kill; only a small gain is a reason.
  const freedKiB = loop?.regainedKiB != null && loop.regainedKiB < usedKiB / 2 ? loop.regainedKiB : null
  const seen = wasSeenRecreated(context, workload)
  const text = isRecreatedHere(workload)
    ? t.actions.keepDaemonSet({ name, seen })
    : seen || !loop
      ? t.actions.keepVictim({ name, freedKiB: freedKiB === null ? null : Math.max(0, freedKiB) })
      : t.actions.keepLikelyVictim({ name, kills: loop.kills })
  return [action(text, null, 0)]
}

/** Each step states its condition, and its command does nothing on another machine. */
function lastResorts({ t, world, host, platform }: DiagnosisContext): Action[] {
  const { kubelet, runtime } = unitsOf(world.identity.processes())
  const node = host.name === 'unknown' ? null : host.name
  return [
    { text: t.actions.restartKubelet, command: kubelet && restartKubelet(kubelet, host, platform) },
    { text: t.actions.restartRuntime, command: runtime && restartUnit(runtime, platform) },
    { text: t.actions.reboot({ node }), command: reboot(host, platform) },
  ].flatMap(({ text, command }) => (command ? [action(text, command)] : []))
}

/** The units of kubelet and the runtime as they are called on this node; null where none was seen. */
function unitsOf(processes: Iterable<{ readonly comm: string; readonly cgroup: string }>) {
  let kubelet: string | null = null
  let runtime: string | null = null
  let isOneUnit = false
  for (const { comm, cgroup } of processes) {
    if (!cgroup.endsWith('.service') || cgroup.includes('kubepods')) continue
    const unit = cgroup.slice(cgroup.lastIndexOf('/') + 1, -'.service'.length)
    // k3s and rke2 run kubelet and their containerd in one unit, and MicroK8s has kubelet in another.
    if (comm === 'kubelet' || comm === 'kubelite') kubelet = unit
    if (/^(?:k3s|rke2)/.test(comm) && /^(?:k3s|rke2)/.test(unit)) [kubelet, isOneUnit] = [unit, true]
    if (comm === 'crio' || (comm === 'containerd' && runtime !== 'crio')) runtime = unit
  }
  return { kubelet, runtime: isOneUnit ? null : runtime }
}

function ownLimit(context: DiagnosisContext): Action[] {
  const { t, verdict, limit, world, platform } = context
  const workload = verdict?.workload
  if (!workload) return []
  const object = limit && limitedObject(limit, workload, world)
  const slice = limit && limitedSlice(limit, workload, world)
  if (slice) return [relieveSlice(context, workload, slice)]
  const manager = limitManagerOf(workload)
  if (!limit || !object || (object === 'own' && !limit.limitKiB && !manager))
    return [action(joined(t, t.actions.findUsage({ name: fullName(workload) }), t.actions.ownLimit))]
  const whose = whoseLimit(context, workload)
  const to = limit.limitKiB ? quantity(limit.limitKiB * 1.5) : null
  const isReachable = object === 'own' || object === 'outer' || object === 'slice'
  const command = to && isReachable && !manager ? raiseLimit(workload, limit, { to, platform }) : null
  const raise = hasRoomFor(limit, context) ? t.actions.raiseLimit({ whose }) : t.actions.raiseWhenFree({ whose })
  return [action(joined(t, raise, noHelp(context, workload, object)), command)]
}

/** Why actions on the node do not help. */
function noHelp({ t, limit }: DiagnosisContext, workload: Workload, object: LimitedObject): string {
  if (object === 'pod') return t.actions.podLimit
  return object === 'outer' ? t.actions.sliceLimit({ slice: nameOfLimit(limit!.path!, workload) }) : t.actions.ownLimit
}

/** The limit is not the workload's: it may well be another one below the slice that grows. */
function relieveSlice(context: DiagnosisContext, workload: Workload, slice: string): Action {
  const { t, limit, platform } = context
  const look = usageBelow(limit!.path!, platform)
  if (!hasRoomFor(limit!, context)) {
    const whose = t.actions.limitOfWorkload({ name: slice })
    return action(joined(t, t.actions.lookBelowSlice({ slice }), t.actions.raiseWhenFree({ whose })), look)
  }
  const to = limit?.limitKiB ? quantity(limit.limitKiB * 1.5) : null
  const raise = to && limit ? raiseLimit(workload, limit, { to, platform }) : null
  const text = joined(t, t.causes.sharedLimit.remedy({ slice, how: null }), t.actions.sliceLimit({ slice }))
  return action(text, raise ?? look)
}

/** The node has half of the limit to spare, as far as is known. */
function hasRoomFor({ limitKiB }: AlertLimit, { memory, world }: DiagnosisContext): boolean {
  return memory && limitKiB ? (world.memory.headroom?.KiB ?? 0) > limitKiB / 2 : true
}

/** Lists what runs below a cgroup, the largest first. */
function usageBelow(path: string, platform: DiagnosisContext['platform']): string | null {
  const cgroup = platform === 'systemd' ? quoted(path) : null
  return cgroup && `systemd-cgtop --batch --iterations=1 --order=memory ${cgroup}`
}

function whoseLimit({ t, limit, world }: DiagnosisContext, workload: Workload): string {
  const name = fullName(workload)
  switch (limit && limitedObject(limit, workload, world)) {
    case 'pod':
      return t.actions.limitOfPod({ name })
    case 'inner': {
      const path = nameOfCgroup(limit!.path!)
      return name.endsWith(path) ? t.actions.limitWhereSet({ name }) : t.actions.limitOfInner({ path, name })
    }
    case 'outer':
      return t.actions.limitAround({ around: nameOfLimit(limit!.path!, workload), name })
    case 'job':
      return t.actions.limitOfJob({ name })
    case 'slice':
      return t.actions.limitOfWorkload({ name: limit!.path ? nameOfCgroup(limit!.path) : name })
    default: {
      const manager = limitManagerOf(workload)
      return manager ? t.actions.limitOfManaged({ name, manager }) : t.actions.limitOfWorkload({ name })
    }
  }
}

/** What runs below the slice shares its limit: nothing else can relieve it. */
function lookBelowSlice({ t, platform }: DiagnosisContext, { path }: SharedLimitFacts): Action {
  return action(t.actions.lookBelowSlice({ slice: nameOfCgroup(path) }), usageBelow(path, platform))
}

/** A restart frees the leaked memory, but only for a time. */
function stopLeak({ t }: DiagnosisContext, { workload, subject }: Verdict): Action {
  return action(t.actions.stopLeak({ name: workload ? fullName(workload) : subject }), null)
}

/** It was probably stopped by something other than the kernel. */
function findKiller({ t, platform, host }: DiagnosisContext): Action {
  const command = 'journalctl --unit=systemd-oomd --unit=earlyoom --unit=kubelet --since=-15min'
  return action(t.actions.findKiller, platform === 'systemd' && host.sight === 'host' ? command : null)
}

function checkAgent({ t, verdict, platform }: DiagnosisContext): Action {
  const isVictim = verdict?.type === 'agent-impaired' && verdict.facts.isNextVictim
  const command = isVictim ? 'oomloop doctor' : 'oomloop status'
  return action(isVictim ? t.actions.protectAgent : t.actions.checkAgent, hasShell(platform) ? command : null)
}

function afterwards({ t, host, isKubernetes, isNodeWide }: DiagnosisContext): Action[] {
  const command = isKubernetes && isNodeWide ? uncordon(host) : null
  return command ? [action(t.actions.uncordon, command)] : []
}
