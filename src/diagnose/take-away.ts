import { sizeText } from '../say.ts'
import type { Action } from '../types.ts'
import { cordon, crictlStop, deletePod, killCgroup, podsOnNode, quoted, stopContainer, stopUnit } from './commands.ts'
import { shortName } from './names.ts'
import { comesBackHere, type Relief } from './relief.ts'
import type { Scene } from './scene.ts'

/** What takes that off the node, or what comes nearest to it: with it memory is given back, and stays so. */
export function takeAway(scene: Scene, relief: Relief): Action[] {
  const { say } = scene
  switch (relief.kind) {
    case 'pod':
      return takePod(scene, relief)
    case 'workload':
      return takeWorkload(scene, relief)
    case 'hugepages':
      return [
        {
          do: say(
            `Give back the ${sizeText(relief.KiB)} of hugepages that nobody uses; they stay given back until somebody reserves them again`,
            `归还无人使用的大页 ${sizeText(relief.KiB)}；在再次预留之前一直有效`,
          ),
          command: `sysctl -w vm.nr_hugepages=${relief.pages}`,
          expectKiB: relief.KiB,
        },
      ]
    case 'died':
      return [
        {
          do: say(
            `Cordon the node and see whether memory is back before more is ended: the kernel has killed the terminating pod ${relief.name}, which held ${sizeText(relief.KiB)} and does not come back`,
            `封锁节点，先观察内存是否恢复，再决定是否结束其他 Pod：内核已杀死正在终止的 ${relief.name}，它占用 ${sizeText(relief.KiB)} 且不会再启动`,
          ),
          command: cordon(scene.host),
          expectKiB: null,
        },
      ]
    case 'look':
      return [
        {
          do: say(
            'See who holds the memory on the node: the victim is rarely the culprit, and no other is known',
            '在节点上查看谁占用内存：受害者很少是元凶，而目前不知道其他占用者',
          ),
          command: 'ps -eo pid,rss,cgroup:120,args --sort=-rss | head -20',
          expectKiB: null,
        },
      ]
    case 'compact':
      return [
        {
          do: say('Let the kernel put free memory together', '让内核整理空闲内存'),
          command: 'echo 1 > /proc/sys/vm/compact_memory',
          expectKiB: 0,
        },
      ]
    case 'tmpfs':
      return [
        {
          do: say(
            `Find the tmpfs that holds the ${sizeText(relief.KiB)} and empty it, or delete the pod whose UID is in its path: no kill frees it`,
            `找出占用 ${sizeText(relief.KiB)} 的 tmpfs 并清空，或删除路径中 UID 对应的 Pod：杀进程无法释放它`,
          ),
          command: 'df -t tmpfs --output=used,size,target | sort -n | tail -5',
          expectKiB: Math.round(relief.KiB),
        },
        cordonAlone(scene),
      ]
    case 'slab':
      return [
        {
          do: say(
            'Drop dentries and inodes that are not in use; see with slabtop what fills them again',
            '释放未使用的 dentry 与 inode；用 slabtop 查看是谁再次填满',
          ),
          command: 'echo 2 > /proc/sys/vm/drop_caches',
          expectKiB: null,
        },
        cordonAlone(scene),
      ]
  }
}

function takePod(scene: Scene, { pod, because, KiB }: Extract<Relief, { kind: 'pod' }>): Action[] {
  const { say, host } = scene
  const name = pod.pod !== null ? `${pod.namespace}/${pod.pod}` : shortName(pod.workload)
  const isEnding = because === 'ending'
  const remove = deletePod(pod, isEnding)
  const barrier = cordon(host)
  const text = isEnding
    ? say(
        `Cordon the node and end the terminating pod ${name} at once: gives back ${sizeText(KiB)} and stays so, for it was going anyway (its shutdown is cut short)`,
        `封锁节点并立即结束正在终止的 Pod ${name}：释放 ${sizeText(KiB)} 且不会再占用，它本来就要退出（会中断其退出过程）`,
      )
    : because === 'returns'
      ? say(
          `Cordon the node and delete pod ${name} before it takes its ${sizeText(KiB)} again${staying(scene, pod)}`,
          `封锁节点并删除 Pod ${name}，以免它再次占用 ${sizeText(KiB)}${staying(scene, pod)}`,
        )
      : say(
          `Cordon the node and delete pod ${name}: gives back ${sizeText(KiB)}${staying(scene, pod)}`,
          `封锁节点并删除 Pod ${name}：释放 ${sizeText(KiB)}${staying(scene, pod)}`,
        )
  const command = remove === null ? barrier : barrier === null ? remove : `${barrier} && ${remove}`
  // Who has just been killed has another container by the time that this is read, and holds nothing yet.
  const isBack = because === 'returns'
  const byHand = isBack ? null : (killCgroup(pod.workload.cgroup, host) ?? crictlStop(pod.workload.containerId))
  return [
    { do: text, command, expectKiB: isBack ? null : Math.round(KiB) },
    ...(byHand
      ? [
          {
            do: say(
              'If the pod is still there a minute later (kubelet cannot act while the node stalls): end its largest container on the node itself',
              '若一分钟后 Pod 仍在（节点停顿时 kubelet 无法操作）：在节点上直接结束它最大的容器',
            ),
            command: byHand,
            expectKiB: Math.round(KiB),
          },
        ]
      : []),
  ]
}

/** Why what is given back stays given back. */
function staying({ say }: Scene, pod: Parameters<typeof comesBackHere>[0]): string {
  const kind = pod.owner?.kind
  if (comesBackHere(pod)) {
    return say(
      '; it is started here again, so this buys time only: mend its limit meanwhile',
      '；它会在本节点重新启动，只能争取时间：期间请修正其限额',
    )
  }
  switch (kind) {
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'Job':
    case 'CronJob':
      return say(
        `, and stays so: its ${kind} starts it on another node, since this one is cordoned`,
        `，且不会再占用：节点已封锁，${kind} 会在别的节点启动它`,
      )
    default:
      return say(
        ', and stays so: nothing is known to start it again (keep its manifest)',
        '，且不会再占用：没有已知的控制器会重新启动它（请保留其清单）',
      )
  }
}

function takeWorkload(
  { say, host, isKubernetes }: Scene,
  { holder, KiB }: Extract<Relief, { kind: 'workload' }>,
): Action[] {
  const { workload, name } = holder
  if (host.sight === 'log') {
    return [
      {
        do: say(
          `Find whose ${name} this is and move that away or stop it: it held ${sizeText(KiB)}, more than anybody else in this log`,
          `找出 ${name} 属于谁，迁走或停掉它：它占用 ${sizeText(KiB)}，是此日志中最多的`,
        ),
        command: isNamedByComm(holder.key) ? findByName(name) : isKubernetes ? podsOnNode(host) : null,
        expectKiB: Math.round(KiB),
      },
    ]
  }
  const command = workload && (stopUnit(workload) ?? stopContainer(workload))
  return [
    {
      do: say(
        `Stop ${name}: gives back ${sizeText(KiB)}, and stays so until somebody starts it`,
        `停止 ${name}：释放 ${sizeText(KiB)}，直到有人再次启动`,
      ),
      command: command ?? (isNamedByComm(holder.key) ? findByName(name) : null),
      expectKiB: Math.round(KiB),
    },
  ]
}

function isNamedByComm(key: string): boolean {
  return key.startsWith('comm/') || key.startsWith('session/')
}

/** By name alone nothing is ended: it shows what they are and whose. */
function findByName(name: string): string | null {
  const word = quoted(name)
  return word && `ps -C ${word} -o pid,rss,cgroup:120,args --sort=-rss`
}

/** Where nothing more can be said. */
export function cordonAlone({ say, host, isKubernetes }: Scene): Action {
  const command = isKubernetes ? cordon(host) : null
  return {
    do: command
      ? say('Cordon the node, so that nothing more is placed here', '封锁节点，避免再调度新的 Pod')
      : say('Take load off this node', '减轻本节点的负载'),
    command,
    expectKiB: null,
  }
}
