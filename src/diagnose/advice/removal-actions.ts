import { isRunnerPod } from '../../identify/shared-unit.ts'
import { joined } from '../../text/sentences.ts'
import type { Action } from '../../types.ts'
import {
  type Command,
  cordon,
  crictlStop,
  cutGracePeriod,
  deletePod,
  findByName,
  killCgroup,
  listNodes,
  listProcesses,
  stopContainer,
  stopUnit,
} from '../commands/shell-commands.ts'
import type { Consumer, DiagnosisContext } from '../evidence/diagnosis-context.ts'
import { isMostlyTmpfsFiles } from '../evidence/tmpfs-files.ts'
import { hasShell, ownsKernel } from '../platform/host-platform.ts'
import { isDatabase } from '../platform/shared-units.ts'
import { type EvictionTarget, hasSmallVictim, isRecreatedHere, isStateful } from './eviction-target.ts'

type Target<Kind extends EvictionTarget['kind']> = Extract<EvictionTarget, { kind: Kind }>

/** The step that frees memory for good, or the closest to it. */
export function removalActions(context: DiagnosisContext, target: EvictionTarget): Action[] {
  const { t, host, platform } = context
  switch (target.kind) {
    case 'pod':
      return removePod(context, target)
    case 'workload':
      return [stopWorkload(context, target)]
    case 'protected':
      return [action(t.actions.findGrower({ name: target.consumer.name, KiB: target.KiB })), ...cordonAlone(context)]
    case 'killed':
      return [
        action(
          t.actions.checkRecovery({ victim: target.name, KiB: target.KiB }),
          hasShell(platform) ? 'free -m' : null,
        ),
        ...(context.isKubernetes ? cordonAlone(context) : []),
      ]
    case 'watch':
      return [
        action(
          joined(
            t,
            t.actions.watch({ KiB: target.KiB, ratio: target.ratio }),
            target.name !== null && t.actions.watchFor({ name: target.name, wasRecreated: target.wasRecreated }),
          ),
        ),
      ]
    case 'look':
      return [
        action(
          joined(t, t.actions.findConsumers, hasSmallVictim(context) && t.actions.rarelyTheCause),
          listProcesses(host, platform),
        ),
        ...(context.isKubernetes ? cordonAlone(context) : []),
      ]
    case 'find':
      return [findWorkload(context, target)]
    case 'hugepages':
      return [
        action(
          t.actions.freeHugepages({ KiB: target.KiB }),
          ownsKernel(platform) ? `sysctl -w vm.nr_hugepages=${target.pages}` : null,
          target.KiB,
        ),
      ]
    case 'compact':
      return [action(t.actions.compact, ownsKernel(platform) ? 'echo 1 > /proc/sys/vm/compact_memory' : null, 0)]
    case 'tmpfs':
      return [
        action(
          t.actions.clearTmpfs({ KiB: target.KiB }),
          hasShell(platform) ? 'df -t tmpfs --output=used,size,target | sort -n | tail -5' : null,
          target.KiB,
        ),
        ...cordonAlone(context),
      ]
    case 'slab':
      return [
        action(t.actions.dropCaches, ownsKernel(platform) ? 'echo 2 > /proc/sys/vm/drop_caches' : null),
        ...cordonAlone(context),
      ]
  }
}

function removePod(context: DiagnosisContext, { pod, reason, KiB, grower }: Target<'pod'>): Action[] {
  const { t, host, platform, now } = context
  const name = pod.pod !== null ? `${pod.namespace}/${pod.pod}` : pod.uid
  const barrier = cordon(host)
  const remove = reason === 'terminating' ? cutGracePeriod(pod) : deletePod(pod)
  const facts = { pod: name, KiB, cordons: barrier !== null }
  const seconds = grower?.growingSince ? Math.max(10, (now - grower.growingSince) / 1000) : null
  const text =
    reason === 'terminating'
      ? t.actions.cutGracePeriod(facts)
      : joined(
          t,
          t.actions.deletePod(facts),
          grower?.changeKiB != null && t.actions.grew({ KiB: grower.changeKiB, seconds }),
          ...consequences(context, pod, barrier !== null),
        )
  const largest = pod.containers[0]
  // Files in a tmpfs remain after the container has stopped.
  const byHand =
    isStateful(pod) || (largest && isMostlyTmpfsFiles(largest, context))
      ? null
      : (killCgroup(pod.workload.cgroup, host, platform) ?? crictlStop(pod.workload.containerId, platform))
  return [
    action(text, both(barrier, remove), KiB),
    ...(barrier === null ? [action(t.actions.findNodeName, listNodes)] : []),
    ...(byHand && remove ? [action(t.actions.killContainer, byHand, largest?.KiB ?? KiB)] : []),
  ]
}

/** What happens to the pod afterwards, and whom it interrupts: by what is known of its owner, never by a guess. */
function consequences(
  { t }: DiagnosisContext,
  pod: Target<'pod'>['pod'],
  isCordoned: boolean,
): readonly (string | false)[] {
  const { owner, comms } = pod
  const program = comms.find(isDatabase)
  const database = program !== undefined && t.actions.database({ program })
  if (pod.pod !== null && isRunnerPod(pod.pod)) return [t.actions.runnerPod]
  if (owner === null || owner.kind === 'Pod')
    return [owner === null ? t.actions.ownerUnknown : t.actions.noController, database]
  if (owner.certainty === 'guess') return [t.actions.ownerUnknown, database]
  if (isRecreatedHere(pod)) return [t.actions.recreatedHere({ kind: owner.kind }), database]
  if (owner.kind === 'StatefulSet') return [t.actions.statefulSet({ name: owner.name }), database]
  const facts = { kind: owner.kind, certain: owner.certainty === 'certain' }
  if (owner.kind === 'Job' || owner.kind === 'CronJob')
    return [t.actions.jobRestarted({ kind: owner.kind, isCordoned }), database]
  return [isCordoned ? t.actions.recreatedElsewhere(facts) : t.actions.recreatedOnlyIfOthers(facts), database]
}

/** Stops a whole workload; null where that would stop what others run, or where nothing on this system does it. */
export function stopCommand({ workload }: Consumer, platform: DiagnosisContext['platform']): Command {
  return workload && (stopUnit(workload, platform) ?? stopContainer(workload, platform))
}

function stopWorkload({ t, platform, world, host }: DiagnosisContext, { consumer, KiB }: Target<'workload'>): Action {
  const { workload, name, key } = consumer
  const command = stopCommand(consumer, platform)
  if (!command) {
    const comm = isNamedByComm(key) ? (workload?.comm ?? name) : programIn(consumer)
    const look = comm === null ? listProcesses(host, platform) : findByName(comm, platform)
    return action(t.actions.stopProcess({ name, KiB }), look, null)
  }
  const program = programOf(world, key)
  return action(
    joined(
      t,
      t.actions.stopWorkload({ name, KiB }),
      program !== undefined && isDatabase(program) && t.actions.database({ program }),
    ),
    command,
    KiB,
  )
}

/** The program, where the workload is one program of a job, a login or a unit that runs jobs. */
function programIn({ key, workload }: Consumer): string | null {
  const comm = workload?.comm ?? null
  return comm !== null && key.endsWith(`/${comm}`) ? comm : null
}

/** Name of the largest process of a workload. */
function programOf({ identity }: DiagnosisContext['world'], key: string): string | undefined {
  let largest: { comm: string; rssKiB: number } | undefined
  for (const process of identity.processes()) {
    if (largest && process.rssKiB <= largest.rssKiB) continue
    if (identity.workloadOfPid(process.pid)?.key === key) largest = process
  }
  return largest?.comm
}

function findWorkload({ t, platform }: DiagnosisContext, { consumer }: Target<'find'>): Action {
  const { name, KiB, key } = consumer
  if (!isToBeFound(consumer))
    return action(t.actions.findReason({ name, KiB, wasKilled: consumer.from === 'kill-line' }))
  return action(t.actions.findWorkload({ name, KiB }), isNamedByComm(key) ? findByName(name, platform) : null)
}

/** Only the name of its process is known. */
export function isToBeFound({ workload }: Consumer): boolean {
  return workload?.certainty !== 'cgroup'
}

function isNamedByComm(key: string): boolean {
  return key.startsWith('comm/') || key.startsWith('session/')
}

/** If nothing should be removed: no more pods are scheduled here. */
export function cordonAlone({ t, host, isKubernetes }: DiagnosisContext): Action[] {
  if (!isKubernetes) return [action(t.actions.reduceLoad)]
  const command = cordon(host)
  if (command) return [action(t.actions.cordon, command)]
  return host.sight === 'log' ? [] : [action(t.actions.findNodeName, listNodes)]
}

export function action(text: string, command: Command = null, expectKiB: number | null = null): Action {
  return { do: text, command, expectKiB: expectKiB === null ? null : Math.round(expectKiB) }
}

function both(first: Command, second: Command): Command {
  return first && second ? `${first} && ${second}` : (second ?? first)
}
