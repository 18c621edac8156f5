import { percentText, sizeText } from '../format.ts'
import type { LimitManagerName, OwnerFacts, PodSizeFacts } from '../incident-facts.ts'
import { midNode, units } from './units.ts'

/** Where managers that start containers keep their limits. */
export const limitManagers: Readonly<Record<LimitManagerName, string>> = {
  ecs: 'ECS task definition',
  nomad: 'Nomad job',
  swarm: 'Swarm service',
}

/** What to do, one step a message. */
export const actions = {
  reviveDaemon: ({ unit }: { readonly unit: string }) =>
    `Check whether ${unit} is running again, and restart it if it is not.`,
  findDaemon: ({ name }: { readonly name: string }) => `Check whether ${name} is running again on the node.`,
  deletePod: ({ pod, KiB, cordons }: PodSizeFacts) =>
    `${cordons ? 'Cordon the node and delete' : 'Delete'} pod ${pod}. This frees about ${sizeText(KiB)}.`,
  cutGracePeriod: ({ pod, KiB, cordons }: PodSizeFacts) =>
    `${cordons ? 'Cordon the node and cut' : 'Cut'} the grace period of the terminating pod ${pod} short. This frees about ${sizeText(KiB)} and interrupts its shutdown. The command does nothing if the pod is not terminating.`,
  grew: ({ KiB, seconds }: { readonly KiB: number; readonly seconds: number | null }) =>
    `It grew by ${sizeText(KiB)}${seconds === null ? '' : ` in ${units.duration(seconds)}`}.`,
  recreatedElsewhere: ({ kind, certain }: OwnerFacts) =>
    `Its ${kind} ${certain ? 'recreates' : 'probably recreates'} it on another node.`,
  jobRestarted: ({ kind, isCordoned }: { readonly kind: string; readonly isCordoned: boolean }) =>
    `This loses the work of its ${kind} so far. The work probably starts again${isCordoned ? ' on another node' : ', on any node'}.`,
  runnerPod: 'It probably runs a job of a CI system, which then fails.',
  recreatedOnlyIfOthers: ({ kind }: { readonly kind: string }) =>
    `Without a cordon its ${kind} can recreate it on this node.`,
  recreatedHere: ({ kind }: { readonly kind: string }) =>
    `Its ${kind} recreates it on this node, so this only buys time: limit its memory.`,
  ownerUnknown:
    'Its owner is not known for certain: it can be a Job or a DaemonSet. Check it first: a DaemonSet would recreate it on this node, so that this only buys time.',
  statefulSet: ({ name }: { readonly name: string }) =>
    `This interrupts the StatefulSet ${name}. The pod can start on another node only after its volumes are detached.`,
  database: ({ program }: { readonly program: string }) => `This interrupts the clients of its database (${program}).`,
  noController: 'No controller is known to recreate it: save its manifest first.',
  killContainer:
    'If the pod still exists after a minute, kill its largest container on the node itself. kubelet is slow on a stalled node.',
  findNodeName: 'Find the name that Kubernetes uses for this node, then cordon it.',
  cordon: 'Cordon the node, so that no more pods are scheduled on it.',
  reduceLoad: 'Reduce the load on this node.',
  checkRecovery: ({ victim, KiB }: { readonly victim: string; readonly KiB: number | null }) =>
    `Check whether memory recovers before you stop anything. The kernel killed ${victim}${KiB === null ? '' : `, which used ${sizeText(KiB)}`}.`,
  watch: ({ KiB, ratio }: { readonly KiB: number; readonly ratio: number }) =>
    `Do not stop anything: memory has recovered, ${sizeText(KiB)} (${percentText(ratio)}) is left.`,
  watchFor: ({ name, wasRecreated }: { readonly name: string; readonly wasRecreated: boolean }) =>
    wasRecreated
      ? `${name} was recreated: watch whether it grows again.`
      : `Watch whether ${name} starts again and grows.`,
  findConsumers: 'Find out what is using the memory: list the largest processes on the node.',
  rarelyTheCause: 'The killed process is rarely the cause.',
  findGrower: ({ name, KiB }: { readonly name: string; readonly KiB: number }) =>
    `Find out why ${name} grows (${sizeText(KiB)} now). It is part of the node, so do not stop it.`,
  findWorkload: ({ name, KiB }: { readonly name: string; readonly KiB: number }) =>
    `Find the workload that runs ${name}. It used ${sizeText(KiB)} when the kernel reported it.`,
  findReason: ({
    name,
    KiB,
    wasKilled,
  }: {
    readonly name: string
    readonly KiB: number
    readonly wasKilled: boolean
  }) =>
    wasKilled
      ? `Find out why ${name} used ${sizeText(KiB)} when it was killed, and whether it runs again.`
      : `Find out why ${name} used ${sizeText(KiB)} when the kernel reported it, and whether it still runs.`,
  stopWorkload: ({ name, KiB }: { readonly name: string; readonly KiB: number }) =>
    `Stop ${name}. This frees about ${sizeText(KiB)} until it is restarted.`,
  stopProcess: ({ name, KiB }: { readonly name: string; readonly KiB: number }) =>
    `Find the process that grows in ${name} (${sizeText(KiB)}), and ask its owner to stop it.`,
  freeHugepages: ({ KiB }: { readonly KiB: number }) =>
    `Release ${sizeText(KiB)} of unused hugepages. They stay free until something reserves them again.`,
  compact: 'Let the kernel compact free memory.',
  clearTmpfs: ({ KiB }: { readonly KiB: number }) =>
    `Find the tmpfs that uses ${sizeText(KiB)} and clear it, or delete the pod whose UID is in its path. Killing processes does not free it.`,
  dropCaches: 'Drop unused dentries and inodes. slabtop shows what fills them again.',
  keepDaemonSet: ({ name, seen }: { readonly name: string; readonly seen: boolean }) =>
    `Do not delete the ${name} pod. The DaemonSet ignores the cordon and recreates it on this node${seen ? ', as it did after the last kill' : ''}.`,
  keepVictim: ({ name, freedKiB }: { readonly name: string; readonly freedKiB: number | null }) =>
    `Do not restart or delete ${name}. It is the victim: it was recreated after the last kill${freedKiB === null ? '' : `, which freed ${freedKiB === 0 ? 'nothing' : sizeText(freedKiB)}`}.`,
  /** Nothing shows that the second victim was started after the first one was killed. */
  keepLikelyVictim: ({ name, kills }: { readonly name: string; readonly kills: number }) =>
    `Do not restart or delete ${name}. It is the victim: ${kills} kills of it have not ended the shortage.`,
  restartKubelet:
    'If the node is still stalled or NotReady five minutes after memory has recovered, restart kubelet on the node itself.',
  restartRuntime: 'If kubelet still logs PLEG errors a minute later, restart the container runtime on the node itself.',
  reboot: ({ node }: { readonly node: string | null }) =>
    `Only if that does not help, reboot ${midNode(node)}. Run the command on the node itself.`,
  raiseLimit: ({ whose }: { readonly whose: string }) => `Raise ${whose}.`,
  raiseWhenFree: ({ whose }: { readonly whose: string }) =>
    `Raise ${whose}, but only once the node has enough memory left for it.`,
  findUsage: ({ name }: { readonly name: string }) => `Find out what ${name} uses memory for before it is killed.`,
  ownLimit: 'It reaches its own limit, so cordoning or rebooting the node does not help.',
  /** `podLimit`, `sliceLimit`: a limit that several share. */
  podLimit: 'The containers of the pod share this limit, so cordoning or rebooting the node does not help.',
  sliceLimit: ({ slice }: { readonly slice: string }) =>
    `Everything in ${slice} shares that limit, so cordoning or rebooting the node does not help.`,
  limitOfWorkload: ({ name }: { readonly name: string }) => `the memory limit of ${name}`,
  limitOfPod: ({ name }: { readonly name: string }) => `the memory limit that all containers of the ${name} pod share`,
  limitOfInner: ({ path, name }: { readonly path: string; readonly name: string }) =>
    `the memory limit of the cgroup ${path} inside ${name}, where it was set`,
  limitWhereSet: ({ name }: { readonly name: string }) => `the memory limit of ${name}, where it was set`,
  limitAround: ({ around, name }: { readonly around: string; readonly name: string }) =>
    `the memory limit of ${around}, in which ${name} runs`,
  limitOfManaged: ({ name, manager }: { readonly name: string; readonly manager: LimitManagerName }) =>
    `the memory limit of ${name} in its ${limitManagers[manager]}`,
  limitOfJob: ({ name }: { readonly name: string }) => `the memory limit of that job where it was submitted (${name})`,
  lookBelowSlice: ({ slice }: { readonly slice: string }) =>
    `Find what uses the memory of ${slice}. Memory elsewhere on the node does not help it.`,
  stopLeak: ({ name }: { readonly name: string }) =>
    `Find out why ${name} grows, for example with a heap profile. A restart frees the memory only for a time.`,
  findKiller:
    'Find out what stopped it. Userspace OOM killers log to the journal; evictions show up in the cluster events.',
  protectAgent:
    'Protect the agent: use the unit or DaemonSet that ships with oomloop (oom_score_adj -999). Then check the output of doctor.',
  checkAgent: 'Check what the agent cannot see on this node, and why.',
  uncordon: 'If you cordoned the node, uncordon it once the cause is fixed.',
}
