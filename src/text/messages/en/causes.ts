import { percentText, sizeText } from '../format.ts'
import type {
  BalloonFacts,
  BestEffortFacts,
  ContainerLimitFacts,
  EvictionFacts,
  FragmentationFacts,
  GrowingFacts,
  HugepagesFacts,
  KindFacts,
  LimitManagerName,
  LimitsFacts,
  LogGap,
  PodsAtLimitFacts,
  ReservationFacts,
  SharedMemoryFacts,
  SizedName,
  SlabFacts,
  SpareFacts,
  SwapFacts,
  TerminatingFacts,
  TerminationSource,
  UnprotectedFacts,
  WrongVictimFacts,
} from '../incident-facts.ts'
import { limitManagers } from './actions.ts'
import { count, sized, units } from './units.ts'

/** Causes by code: evidence, why it matters, remedy. */
export const causes = {
  set: ({ yaml, file }: { readonly yaml: string; readonly file: string | null }) =>
    `In ${file ?? 'the kubelet configuration'} set ${yaml}.`,
  setFlags: ({ flags }: { readonly flags: string }) =>
    `kubelet gets these settings on its command line, which overrides its file. Change them there: ${flags}.`,
  setTalos: ({ yaml }: { readonly yaml: string }) =>
    `In the Talos machine config set machine.kubelet.extraConfig: ${yaml}.`,
  setBottlerocket: ({ settings }: { readonly settings: string }) => `Set these Bottlerocket settings: ${settings}.`,
  setInContainer: ({ yaml }: { readonly yaml: string }) => `In the configuration of this cluster set ${yaml}.`,
  thenRestart: ({ unit }: { readonly unit: string }) => `Then restart kubelet: systemctl restart ${unit}`,
  sizeFirst: 'Measure its peak use over a day first: it has not run for long enough to size it.',
  setRequest: ({ command }: { readonly command: string }) => `By its peak use so far: ${command}`,
  terminationSource,
  'reservation-too-small': {
    evidence: ({ reservedKiB, totalKiB, fromCgroup, peers, ownKiB }: ReservationFacts) =>
      sentences(
        `kube-reserved and system-reserved are ${sizeText(reservedKiB)} of ${sizeText(totalKiB)}${fromCgroup ? ', according to the limit of kubepods' : ''}`,
        peers.length > 0 &&
          `On a node of this size, providers reserve: ${peers.map(({ name, KiB }) => `${name} ${sizeText(KiB)}`).join(', ')}`,
        ownKiB !== null && `The node daemons and the kernel use ${sizeText(ownKiB)} now`,
      ),
    why: 'Pods can use the memory that kubelet, the runtime and the kernel need. When pods fill the node, the node itself runs out.',
  },
  'pods-at-their-limit': {
    evidence: ({ usedKiB, limitKiB, totalKiB, reservedKiB, leftKiB }: PodsAtLimitFacts) =>
      sentences(
        `All pods together use ${sizeText(usedKiB)} of the ${sizeText(limitKiB)} that they can use`,
        totalKiB !== null &&
          reservedKiB !== null &&
          `The limit is ${sizeText(totalKiB)} minus ${sizeText(reservedKiB)} of kube-reserved and system-reserved`,
        leftKiB !== null && `The node has ${sizeText(leftKiB)} left`,
      ),
    why: 'kubelet limits all pods to what is allocatable. Within that limit the kernel kills by oom_score, not by size.',
    remedy:
      'The reservation is doing its job: pods use more than they request. Raise requests to actual usage, so that fewer pods are scheduled here. Limit the one that grows.',
  },
  eviction: {
    evidence: ({ threshold, isDefault, totalKiB, lostKiBPerSecond, lostKiB }: EvictionFacts) =>
      sentences(
        `evictionHard memory.available is ${threshold}${isDefault ? ' (the default)' : ''} on a node with ${sizeText(totalKiB)}`,
        lostKiB !== null &&
          lostKiBPerSecond !== null &&
          `Memory shrinks by ${sizeText(lostKiBPerSecond)} per second, ${sizeText(lostKiB)} between two checks of kubelet`,
      ),
  },
  'eviction-off': {
    why: 'kubelet never evicts a pod because of memory. The kernel has to kill instead, and it does not choose by size.',
  },
  'eviction-too-low': {
    why: 'kubelet checks every 10s. Before it evicts a pod, the node is stalled or the kernel has killed a process.',
  },
  'limits-over-allocatable': {
    evidence: ({ pods, sumKiB, ratio, allocatableKiB, unlimited }: LimitsFacts) =>
      sentences(
        pods > 0 &&
          `The limits of ${count(pods, 'pod', 'pods')} add up to ${sizeText(sumKiB)}, ${percentText(ratio)} of the ${sizeText(allocatableKiB)} that pods can use`,
        unlimited.length > 0 && `${count(unlimited.length, 'pod has', 'pods have')} no limit: ${units.list(unlimited)}`,
      ),
    why: 'Each pod stays within its own limit, and together they use more than the node has. Then the node runs out, not the pod.',
    remedy: ({
      name,
      KiB,
      limitKiB,
    }: {
      readonly name: string
      readonly KiB: number
      readonly limitKiB: number | null
    }) =>
      `Lower the limits to actual usage, or run fewer pods here. Start with ${name}: it uses ${sizeText(KiB)} and can use ${limitKiB === null ? 'all memory' : sizeText(limitKiB)}.`,
  },
  'no-request-or-limit': {
    evidence: ({ names, name, KiB, ratio }: BestEffortFacts) =>
      sentences(
        `${units.list(names)} ${names.length === 1 ? 'runs' : 'run'} without memory request and limit (BestEffort, oom_score_adj 1000)`,
        `${name} uses ${sizeText(KiB)}${ratio === null ? '' : `, ${percentText(ratio)} of the node`}`,
      ),
    why: 'The kernel kills by oom_score, so pods without a request are killed first, however little they use.',
    whyAmong:
      'The kernel kills by oom_score, so pods without a request rank among the first OOM victims, however little they use.',
    remedy: ({ pods }: { readonly pods: number }) =>
      `Set a request and a limit for ${pods > 1 ? 'each' : 'it'}, however little it uses.`,
    sizeEachFirst: 'Measure the peak use of each over a day first: they have not run for long enough to size them.',
    setEach: ({ sized }: { readonly sized: readonly { readonly name: string; readonly command: string }[] }) =>
      `By peak use so far, ${sized.map(({ name, command }) => `for ${name}: ${command}`).join('; ')}`,
  },
  'high-baseline': {
    evidence: ({
      ratio,
      totalKiB,
      seconds,
    }: {
      readonly ratio: number
      readonly totalKiB: number
      readonly seconds: number
    }) => `${percentText(ratio)} of ${sizeText(totalKiB)} in use on average over the last ${units.duration(seconds)}.`,
    evidenceShort: ({ ratio }: { readonly ratio: number }) =>
      `Headroom was low for ${percentText(ratio)} of the last 15m. A longer baseline is not known yet.`,
    why: 'A rollout, a terminating pod or a busy hour needs more memory than is left.',
    remedy:
      'Move pods away until the node runs below 85% day to day: fewer replicas here, larger requests, or a larger node.',
  },
  'terminating-pod-grows': {
    evidence: ({ pod, grewKiB, KiB, seconds, source, isTrigger }: TerminatingFacts) =>
      sentences(
        `The terminating pod ${pod} grew by ${sizeText(grewKiB)} to ${sizeText(KiB)} in ${units.duration(seconds)} of its grace period`,
        `Source: ${terminationSource(source)}`,
        isTrigger && 'It made the allocation that failed',
      ),
    evidenceUnproven: ({ pod, grewKiB, KiB, seconds }: TerminatingFacts) =>
      `${pod} grew by ${sizeText(grewKiB)} to ${sizeText(KiB)} in ${units.duration(seconds)}. The system log reports that it is terminating, but any user can write to that log.`,
    why: 'Pods can need extra memory while shutting down, and the replacement may already be starting on the same node.',
    remedy:
      'Keep spare memory for the shutdown of the largest pod. Set its limit to what its shutdown needs. Use maxSurge: 0 on nodes that are nearly full.',
    urgent: ({ command }: { readonly command: string }) => `To cut its shutdown short now: ${command}`,
  },
  'growing-workload': {
    evidence: ({ name, byKiB, toKiB, seconds, isNew, limitKiB, baselineKiB }: GrowingFacts) =>
      sentences(
        isNew
          ? `${name} uses ${sizeText(toKiB)}${seconds === null ? ' since it started' : ` and started ${units.duration(seconds)} ago`}`
          : `${name} grew by ${sizeText(byKiB)}${seconds === null ? '' : ` in ${units.duration(seconds)}`} to ${sizeText(toKiB)}`,
        limitKiB === null && 'It has no limit',
        limitKiB != null && `Its limit is ${sizeText(limitKiB)}`,
        baselineKiB !== null && `Its baseline of the last day is ${sizeText(baselineKiB)}`,
      ),
    why: 'This is where the memory goes. Any kill only frees memory for it to take.',
    remedy: ({ setting }: { readonly setting: string }) =>
      `Set a limit, so that it gets OOM-killed itself instead of its neighbours: ${setting}`,
    remedyOfNode: 'Find out why it grows. Do not limit it to less than it needs: the node depends on it.',
  },
  'unprotected-daemons': {
    evidence: ({ killed, killedAdj, exposed }: UnprotectedFacts) =>
      sentences(
        killed !== null &&
          `The kernel killed ${killed}${killedAdj === null ? '' : `, with oom_score_adj ${killedAdj}`}`,
        exposed.length > 0 &&
          `Not protected: ${units.list(exposed.map(({ unit, adj }) => `${unit} (oom_score_adj ${adj})`))}`,
      ),
    why: 'Without kubelet or the runtime the node goes NotReady. Without sshd no one can log in to fix it.',
    remedy: ({ unit, command }: { readonly unit: string; readonly command: string }) =>
      `Protect ${unit} (-999 is the usual value). It takes effect when it restarts: ${command}`,
    remedyProtected: ({
      unit,
      adj,
      hasLimit,
    }: {
      readonly unit: string
      readonly adj: number
      readonly hasLimit: boolean
    }) =>
      `${unit} was killed although it is protected (oom_score_adj ${adj}). Only ${hasLimit ? 'a higher limit or lower use' : 'lower use or more memory'} helps.`,
    remedySshd:
      'OpenSSH protects its own listener (-1000) when it starts. Do not set OOMScoreAdjust in its unit: logins would inherit it.',
    remedyByHand: 'Set oom_score_adj to -999 for it, in the configuration of this system.',
  },
  'own-limit': {
    evidence: ({ name, limit, limitKiB, heldKiB, seconds, growthKiBPerSecond }: ContainerLimitFacts) =>
      `${name}: ${[
        limitKiB === null ? '' : `${limitNames[limit]} ${sizeText(limitKiB)}`,
        heldKiB === null ? '' : `the killed process used ${sizeText(heldKiB)}`,
        seconds === null ? '' : `it ran for ${units.duration(seconds)}`,
        growthKiBPerSecond === null ? '' : `it grew by ${sizeText(growthKiBPerSecond)} per second`,
      ]
        .filter(Boolean)
        .join(', ')}.`,
    shared:
      'All containers of the pod and its memory volumes share that limit. Set sizeLimit for an emptyDir with medium Memory, or raise the limits of the pod together.',
    job: 'Raise the memory that the job requests where it is submitted.',
    inner: ({ path }: { readonly path: string }) =>
      `Raise the limit of ${path} where it was set. The limits around it are not the cause.`,
    outer: ({ around, how }: { readonly around: string; readonly how: string | null }) =>
      `Raise the limit of ${around}, or use less in it${how === null ? '.' : `. To raise it: ${how}`}`,
    managed: ({ manager }: { readonly manager: LimitManagerName }) =>
      `Raise its limit in its ${limitManagers[manager]}. A limit that is set on the node is lost with the next container.`,
    raise: ({ how }: { readonly how: string | null }) => `Raise its limit${how === null ? '.' : `: ${how}`}`,
    raiseTo: ({ to }: { readonly to: string }) => `set it to ${to}`,
    find: 'Find the growth (heap dump or profile at half the limit).',
    meanwhile: ({ how }: { readonly how: string }) => `To gain time: ${how}`,
  },
  sharedLimit: {
    why: ({ slice }: { readonly slice: string }) =>
      `${slice} reached its memory limit, which everything in it shares. Memory elsewhere on the node does not help.`,
    remedy: ({ slice, how }: { readonly slice: string; readonly how: string | null }) =>
      `Raise or remove the memory limit of ${slice}, or find which workload in it grows${how === null ? '.' : `. To raise it: ${how}`}`,
  },
  'own-limit-leak': {
    why: 'It grows steadily until it is killed: a higher limit only delays that. Look for a leak.',
  },
  'own-limit-too-low': {
    why: 'It reaches its own limit. The rest of the node is not short of memory.',
    whyOnly: 'It reaches its own limit. That shows nothing about the memory of the node.',
    whyShared: 'It reaches a limit that it shares with others. Memory elsewhere on the node does not help it.',
    whySoon: 'It is killed soon after it starts: its limit is lower than what it needs to run.',
  },
  'tmpfs-and-shared-memory': {
    evidence: ({ KiB, ratio, changeKiB, owner }: SharedMemoryFacts) =>
      sentences(
        `${sizeText(KiB)} (${percentText(ratio)}) is in tmpfs and shared memory${changeKiB === null ? '' : `, ${sizeText(changeKiB)} more within 10m`}`,
        owner === null ? 'Its owner is unknown' : `It is charged to ${owner}`,
      ),
    why: 'Killing processes frees none of it. Files in a tmpfs (an emptyDir with medium Memory, /dev/shm) stay until they are removed.',
    remedy:
      'Find what fills it: df -t tmpfs --output=used,size,target | sort -n | tail. Then limit it in the pod: emptyDir: {medium: Memory, sizeLimit: 128Mi}',
  },
  'kernel-slab': {
    evidence: ({ KiB, ratio, changeKiB, reclaimableKiB, unreclaimableKiB }: SlabFacts) =>
      sentences(
        `${sizeText(KiB)} (${percentText(ratio)}) is in slab caches${changeKiB === null ? '' : `, ${sizeText(changeKiB)} more within 10m`}`,
        `${sizeText(reclaimableKiB)} of it is reclaimable, ${sizeText(unreclaimableKiB)} is not`,
      ),
    why: 'No process uses it, so no kill frees it. The kernel kills processes all the same.',
    remedyReclaimable:
      'Find the cache (dentry and inode caches mean many files), and drop what is not in use: slabtop --once --sort=c | head -15; echo 2 > /proc/sys/vm/drop_caches',
    remedy:
      'Find the cache. One that keeps growing is a leak in the kernel or a module: upgrade the kernel, and reboot to free it: slabtop --once --sort=c | head -15',
  },
  'page-tables': {
    evidence: ({ KiB, ratio, changeKiB }: KindFacts) =>
      `${sizeText(KiB)} (${percentText(ratio)}) is in page tables${changeKiB === null ? '' : `, ${sizeText(changeKiB)} more within 10m`}.`,
    why: 'No process uses it directly, so a kill frees little of it. The kernel kills processes all the same.',
    remedy:
      'Many processes share large mappings (for example a database without hugepages). Configure hugepages for it, or run fewer processes.',
  },
  'kernel-memory': {
    evidence: ({ KiB, ratio, changeKiB }: KindFacts) =>
      `${sizeText(KiB)} (${percentText(ratio)}) is in no process, cache or kernel counter${changeKiB === null ? '' : `, ${sizeText(changeKiB)} more within 10m`}.`,
    why: 'No process uses it, so no kill frees it. The kernel kills processes all the same.',
    remedy:
      'Check drivers, network buffers and GPUs: grep -E "Percpu|Vmalloc|DirectMap" /proc/meminfo; cat /proc/net/sockstat',
  },
  hugepages: {
    evidence: ({ KiB, ratio, idleKiB, changeKiB }: HugepagesFacts) =>
      sentences(
        `${sizeText(KiB)} (${percentText(ratio)}) is reserved as hugepages, ${sizeText(idleKiB)} of it unused`,
        changeKiB !== null && `${sizeText(changeKiB)} more was reserved within 10m`,
      ),
    why: 'Reserved hugepages cannot be used for anything else, used or not. kubelet counts them only when it starts.',
    remedy: ({ command }: { readonly command: string }) =>
      `Release what is unused. Set the number at boot (hugepages=), and restart kubelet after every change: ${command}`,
  },
  balloon: {
    evidence: ({ KiB, changeKiB, totalKiB }: BalloonFacts) =>
      sentences(
        `The hypervisor has taken ${sizeText(KiB)} of the memory of this machine${changeKiB === null ? '' : `, ${sizeText(changeKiB)} of it within 10m`}`,
        `${sizeText(totalKiB)} remains`,
      ),
    why: 'Kubernetes still counts all of it. Part of what was allocatable when kubelet started no longer exists.',
    remedy:
      'Return the memory on the hypervisor, or reserve it permanently (virsh setmem, or no memory overcommit for this machine). Then restart kubelet.',
  },
  fragmentation: {
    evidence: ({ pieceKiB, order, zone, freeKiB }: FragmentationFacts) =>
      sentences(
        pieceKiB === null
          ? `The kernel needed memory in a low zone (${zone})`
          : `The kernel needed ${sizeText(pieceKiB)} of contiguous memory (order ${order})`,
        `${sizeText(freeKiB)} was available in total`,
      ),
    why: 'There was free memory, but too fragmented or in the wrong zone. Using less would not have helped, and neither did the kill.',
    remedy: ({ command }: { readonly command: string }) =>
      `Compact memory now, and keep more free for such requests (usually of a driver or network card): ${command}`,
  },
  'swap-settings': {
    evidence: ({ usedKiB, totalKiB, ratio, isZram, cost }: SwapFacts) =>
      sentences(
        `${sizeText(usedKiB)} of ${sizeText(totalKiB)} ${isZram ? 'compressed swap (zram)' : 'swap'} is in use (${percentText(ratio)})`,
        cost !== null && `Each MiB in it uses ${cost.toFixed(2)} MiB of memory`,
      ),
    whyFull: 'Swap is full. It has delayed and hidden the shortage, and it cannot absorb more.',
    whyPoorZram: 'What is swapped out barely compresses, so the swap uses the memory that it is meant to free.',
    whyStalled: 'Pages are read back as soon as they are written: the node waits for its disk.',
    remedy: ({ swapBehavior }: { readonly swapBehavior: string | null }) =>
      `Keep swap for cold pages only (vm.swappiness=10)${swapBehavior === null ? '' : `, and declare it to kubelet: memorySwap: {swapBehavior: ${swapBehavior}}`}. Size the node by memory, not by swap.`,
  },
  'no-room-to-terminate': {
    evidence: ({ leftKiB, name, KiB, needKiB }: SpareFacts) =>
      sentences(
        `${sizeText(leftKiB)} is left`,
        `The ${name} pod (${sizeText(KiB)}) can need another ${sizeText(needKiB)} to shut down`,
      ),
    why: 'Pods can need extra memory to shut down. The next rollout alone can run this node out of memory.',
    remedy: ({ needKiB }: { readonly needKiB: number }) =>
      `Keep at least ${sizeText(needKiB)} free: move one pod away before the next rollout, and use maxSurge: 0.`,
  },
  'futile-victim': {
    evidence: ({ name, kills, consumer, consumerKiB, atKill, score, others }: WrongVictimFacts) =>
      sentences(
        `${consumer} ${atKill ? 'used' : 'uses'} ${sizeText(consumerKiB)}${atKill ? ' when it was killed' : ''}`,
        kills > 1 && `${name} was killed${kills === 2 ? ' twice' : ` ${kills} times`}`,
        score !== null &&
          `The OOM score of ${name}, ${score}, is typical of oom_score_adj 1000 (a pod without request and limit)`,
        others.length > 0 && `${units.list(others)} freed just as little`,
      ),
    why: ({ name, KiB }: SizedName) =>
      `${name}${sized(KiB)} is a victim, not the cause: killing it freed almost nothing.`,
    remedy: ({
      consumer,
      victim,
      isPod,
    }: {
      readonly consumer: string
      readonly victim: string
      readonly isPod: boolean
    }) =>
      `Set a limit for ${consumer}, or lower the one it has, or run fewer of it on this node. ${isPod ? `A memory request and limit for ${victim} frees no memory: it only lowers the OOM score of ${victim}.` : `Changing ${victim} does not help.`}`,
  },
  'log-alone': {
    evidence: ({ missing }: { readonly missing: readonly LogGap[] }) =>
      `This log does not show: ${missing.map(gap => logGaps[gap]).join(', ')}.`,
    why: 'Sizes come from the kill lines. The log has nothing on processes that survived, and equal names are assumed to be one workload.',
    remedy:
      'Run oomloop on the node, or replay a recording of it: then top consumers, growth, limits and the trigger are known.',
  },
}

const logGaps = {
  workload: 'the pods of the victims',
  trigger: 'the allocating process',
  memory: 'the memory of the node',
  usage: 'the memory in use',
  survivors: 'processes that were not killed',
  terminating: 'terminating pods',
  end: 'the end of the incident',
}

const limitNames = {
  own: 'limit',
  pod: 'limit of its pod',
  slice: 'limit of its slice',
  inner: 'limit of its inner cgroup',
  outer: 'limit of what it runs in',
}

/** Sentences of one text; what is not known is left out. */
function sentences(...parts: readonly (string | false)[]): string {
  return parts
    .filter(part => part !== false && part !== '')
    .map(part => `${part}.`)
    .join(' ')
}

function terminationSource(source: TerminationSource): string {
  return source.from === 'log'
    ? `${source.trusted ? `log of ${source.unit}` : `syslog, unverified, as ${source.unit}`}: ${source.event}`
    : `processes: its container ${source.container} has left, and its successor ${source.successor} runs`
}
