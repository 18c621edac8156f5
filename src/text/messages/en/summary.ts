import { percentText, sizeText } from '../format.ts'
import type {
  GrewFacts,
  ImpairedFacts,
  LeakFacts,
  LeftFacts,
  LoopFacts,
  NameOnNodeFacts,
  NextPodFacts,
  NodeLeftFacts,
  OutOfMemoryFacts,
  OwnLimitFacts,
  PodsLimitFacts,
  Range,
  SharedLimitFacts,
  SizedName,
  StormFacts,
} from '../incident-facts.ts'
import { agent } from './agent.ts'
import { count, midNode, sized, units } from './units.ts'

/** The summary of an alert: what happened, the top consumer, the next step. Each message is one sentence. */
export const summary = {
  /** Memory that no process uses, as a name in a sentence. */
  kinds: {
    shmem: 'tmpfs and shared memory',
    slab: 'the kernel slab caches',
    pageTables: 'page tables',
    hugepages: 'reserved hugepages',
    balloon: 'the memory balloon of the hypervisor',
    rest: 'unaccounted kernel memory',
  },
  process: 'a process',
  /** The victim was not named by the kernel. */
  probably: ({ name }: { readonly name: string }) => `a process, probably of ${name}`,
  left: ({ KiB, ratio, forPods }: LeftFacts) =>
    `${sizeText(KiB)} (${percentText(ratio)}) left${forPods ? ' for pods' : ''}`,
  outOfMemory: ({ node, stalled, victim, KiB, kills }: OutOfMemoryFacts) =>
    `${startNode(node)} is out of memory${stalled ? ' and stalled' : ''}: the kernel OOM-killed ${victim}${sized(KiB)}${kills > 1 ? `, the latest of ${kills} kills` : ''}.`,
  /** The limit that kubelet enforces on all pods together was reached; the node itself may have memory left. */
  podsLimit: ({ node, limitKiB, victim, KiB, kills }: PodsLimitFacts) =>
    `The pods on ${midNode(node)} reached their common ${sizeText(limitKiB)} memory limit: the kernel OOM-killed ${victim}${sized(KiB)}${kills > 1 ? `, the latest of ${kills} kills` : ''}.`,
  outOfMemoryShort: ({ victim }: { readonly victim: string }) => `Out of memory: the kernel OOM-killed ${victim}.`,
  notReady: ({ node, left }: NodeLeftFacts) =>
    `${startNode(node)} is stalled on memory and kubelet makes almost no progress, so NotReady is likely${left ? `: ${left}` : ''}.`,
  stalled: ({ node, left }: NodeLeftFacts) => `${startNode(node)} is stalled on memory${left ? `: ${left}` : ''}.`,
  atRisk: ({ node, left }: NodeLeftFacts) =>
    `${startNode(node)} is at risk of an OOM loop and normally runs this full${left ? `: ${left}` : ''}.`,
  firstVictim: ({ victim, restarts }: { readonly victim: string; readonly restarts: boolean }) =>
    restarts ? `${victim} would be killed first, restart, and free nothing.` : `${victim} would be killed first.`,
  runningOut: ({ node, left }: NodeLeftFacts) =>
    `${startNode(node)} is running out of memory${left ? `: ${left}` : ''}.`,
  loop: ({ workload, KiB, node, kills, periodSeconds }: LoopFacts) =>
    `${workload}${sized(KiB)} is in an OOM-kill loop${node === undefined ? '' : ` on ${midNode(node)}`}: ${killsApart(kills, periodSeconds)}.`,
  takenBack: 'Each restart takes the memory back.',
  ownLimit: ({ workload, whose, limitKiB, node, kills, periodSeconds }: OwnLimitFacts) =>
    `${workload} keeps reaching ${limitOf(whose, limitKiB)}${node === undefined ? '' : ` on ${midNode(node)}`}: ${killsApart(kills, periodSeconds)}.`,
  itsPod: 'its pod',
  ownLimitOnce: ({ workload, whose, limitKiB, node }: Omit<OwnLimitFacts, 'kills' | 'periodSeconds'>) =>
    `The kernel OOM-killed ${workload}${node === undefined ? '' : ` on ${midNode(node)}`} at ${limitOf(whose, limitKiB)}.`,
  /** The limit that several workloads share was reached. */
  sharedLimit: ({ slice, limitKiB, node, victim, KiB }: SharedLimitFacts) =>
    `${slice} reached ${limitOf(null, limitKiB)} on ${midNode(node)}: the kernel OOM-killed ${victim}${sized(KiB)}.`,
  sharedLimitScope: ({ slice }: { readonly slice: string }) => `Only what runs in ${slice} can free memory there.`,
  storm: ({ kills, seconds, node, last, KiB }: StormFacts) =>
    `The kernel OOM-killed ${count(kills, 'process', 'processes')}${seconds === null ? '' : ` in ${units.duration(seconds)}`}${node === undefined ? '' : ` on ${midNode(node)}`}, most recently ${last}${sized(KiB)}.`,
  /** A thread's name, of a program. */
  partOf: ({ name, owner }: { readonly name: string; readonly owner: string }) => `${name} of ${owner}`,
  daemonKilled: ({ name, node }: { readonly name: string; readonly node?: string | null }) =>
    node === undefined
      ? `The kernel OOM-killed ${name}.`
      : `The kernel OOM-killed ${name}, a critical service on ${midNode(node)}.`,
  endedByOther: ({ name, KiB, node }: NameOnNodeFacts & { readonly KiB: number | null }) =>
    `${name}${sized(KiB)} exited while ${midNode(node)} was stalled, without an OOM kill by the kernel.`,
  endedByOtherCauses: 'Possible causes are systemd-oomd, earlyoom, a kubelet eviction, or someone who stopped it.',
  impaired: ({ node, sourcesDown, cannotWrite, lostRecords, unseenKills, isNextVictim }: ImpairedFacts) =>
    `oomloop on ${midNode(node)} is impaired: ${[
      sourcesDown.length > 0 ? `it cannot read ${sourcesDown.map(sourceText).join(', ')}` : '',
      cannotWrite ? 'it cannot write its state directory' : '',
      lostRecords > 0 ? `it lost ${count(lostRecords, 'kernel record', 'kernel records')}` : '',
      unseenKills > 0 ? agent.unseenKills({ kills: unseenKills }) : '',
      isNextVictim ? 'it is itself among the next OOM victims' : '',
    ]
      .filter(Boolean)
      .join(', ')}.`,
  alertsMayBeLate: 'Alerts from this node may be late or missing until this is fixed.',
  agentRecovered: ({ node }: { readonly node: string | null }) => `oomloop on ${midNode(node)} has recovered.`,
  loopOver: ({
    workload,
    node,
    kills,
  }: {
    readonly workload: string
    readonly node?: string | null
    readonly kills: number
  }) =>
    `${workload} has stabilised${node === undefined ? '' : ` on ${midNode(node)}`} after ${count(kills, 'OOM kill', 'OOM kills')}.`,
  leak: ({ name, node, KiBPerHour, seconds, range }: LeakFacts) =>
    `${name} grows by ${sizeText(KiBPerHour)} an hour. ${startNode(node)} would run out of memory in about ${units.duration(seconds)} (${units.duration(range[0])} to ${units.duration(range[1])}).`,
  leakNext: 'Next step: find the cause, or restart it at a convenient time.',
  leakOver: ({ name, node }: NameOnNodeFacts) => `${name} on ${midNode(node)} has stopped growing.`,
  notKilledAgain: ({ name, node }: NameOnNodeFacts) => `${name} has not been killed again on ${midNode(node)}.`,
  nodeRecovered: ({ node, left }: NodeLeftFacts) => `${startNode(node)} has recovered${left ? `: ${left}` : ''}.`,
  lasted: ({ seconds, kills }: { readonly seconds: number; readonly kills: number }) =>
    `The incident lasted ${units.duration(seconds)}${kills > 0 ? ` and had ${count(kills, 'OOM kill', 'OOM kills')}` : ''}.`,

  terminatingGrew: ({ pod, KiB }: { readonly pod: string; readonly KiB: number | null }) =>
    `The terminating pod ${pod} grew${KiB === null ? '' : ` by ${sizeText(KiB)}`} in its grace period.`,
  fragmented: 'Free memory is too fragmented.',
  grew: ({ name, byKiB, toKiB, seconds }: GrewFacts) =>
    `${name} grew by ${sizeText(byKiB)}${seconds === null ? '' : ` in ${units.duration(seconds)}`}${toKiB === null ? '' : ` to ${sizeText(toKiB)}`}.`,
  started: ({ name, byKiB, seconds }: Omit<GrewFacts, 'toKiB'>) =>
    `${name} uses ${sizeText(byKiB)}${seconds === null ? '' : ` and started ${units.duration(seconds)} ago`}.`,
  topConsumer: ({ name, KiB }: SizedName) => `The top memory consumer is ${name}${sized(KiB)}.`,
  topConsumerAtKill: ({ name, KiB }: SizedName) =>
    `The largest process in the kernel's report was ${name}${sized(KiB)}.`,
  largestVictim: ({ name, KiB }: SizedName) => `The largest OOM victim was ${name}${sized(KiB)}.`,

  expected: ({ notReady, firstKill }: { readonly notReady: Range | null; readonly firstKill: Range | null }) =>
    `Expected: ${[notReady ? `NotReady ${range(notReady)}` : '', firstKill ? `the first OOM kill ${range(firstKill)}` : ''].filter(Boolean).join(', ')}.`,
  growsUntilKilled: 'It grows until it is killed.',
  limitTooLow: 'Its limit is lower than what it needs.',
  nodeHas: ({ KiB }: { readonly KiB: number }) => `The node itself has ${sizeText(KiB)} left.`,

  next: {
    cordon: 'Next step: cordon the node.',
    deletePod: ({ pod, KiB, cordons }: NextPodFacts & { readonly pod: string }) =>
      `Next step: ${cordons ? 'cordon the node and ' : ''}delete pod ${pod}${KiB === null ? '' : `, which frees ${sizeText(KiB)}`}.`,
    deletePodBelow: ({ cordons }: { readonly cordons: boolean }) =>
      `Next step: ${cordons ? 'cordon the node and ' : ''}delete the pod named in the actions.`,
    endGracePeriod: ({ KiB, cordons }: NextPodFacts) =>
      `Next step: ${cordons ? 'cordon the node and ' : ''}cut the grace period of that pod short${KiB === null ? '' : `, which frees ${sizeText(KiB)}`}.`,
    stop: ({ name, KiB }: SizedName) =>
      `Next step: stop ${name}${KiB === null ? '' : `, which frees ${sizeText(KiB)}`}.`,
    stopProcess: ({ name }: { readonly name: string }) =>
      `Next step: find the process that grows in ${name}, and ask its owner to stop it.`,
    findGrower: ({ name }: { readonly name: string }) => `Next step: find out why ${name} grows.`,
    findWorkload: ({ name }: { readonly name: string }) => `Next step: find the workload that runs ${name}.`,
    findReason: ({ name }: { readonly name: string }) => `Next step: find out why ${name} used that much.`,
    findConsumers: 'Next step: find out what is using the memory; the killed process is rarely the cause.',
    findConsumersShort: 'Next step: find out what is using the memory.',
    watch: 'Next step: watch the node; memory has recovered, so nothing needs to be stopped.',
    watchShort: 'Next step: watch the node.',
    checkRecovery: 'Next step: check whether that kill freed enough before you stop anything.',
    checkRecoveryShort: 'Next step: check whether memory recovers.',
    raiseLimit: 'Next step: raise its limit, or find out what is using the memory.',
    raiseThatLimit: 'Next step: raise that limit, or find out what is using the memory.',
    freeHugepages: ({ KiB }: { readonly KiB: number }) => `Next step: release ${sizeText(KiB)} of unused hugepages.`,
    compact: 'Next step: let the kernel compact memory.',
    clearTmpfs: 'Next step: find and clear the tmpfs that is filling up; killing processes will not free it.',
    clearTmpfsShort: 'Next step: find and clear the tmpfs that is filling up.',
    dropCaches: 'Next step: drop unused dentries and inodes.',
  },
}

function killsApart(kills: number, periodSeconds: number | null): string {
  const apart = periodSeconds === null ? '' : `, ${kills > 2 ? 'about ' : ''}${units.duration(periodSeconds)} apart`
  return `${count(kills, 'kill', 'kills')}${apart}`
}

function limitOf(whose: string | null, limitKiB: number | null): string {
  const limit = `${limitKiB === null ? '' : `${sizeText(limitKiB)} `}memory limit`
  return whose === null ? `its own ${limit}` : `the ${limit} of ${whose}`
}

function range([from, to]: Range): string {
  if (to === 0) return 'now'
  return from === 0 ? `within ${units.duration(to)}` : `in ${units.duration(from)} to ${units.duration(to)}`
}

function startNode(node: string | null): string {
  return node ?? 'This node'
}

/** What a source reads, for a reader who has never seen its name. */
function sourceText(name: string): string {
  return sources[name as keyof typeof sources] ?? name
}

const sources = {
  kmsg: 'the kernel log (/dev/kmsg)',
  'log-file': 'the log file with kernel lines (logFile)',
  journal: 'the journal on standard input',
  sampler: 'memory and processes (/proc)',
}
