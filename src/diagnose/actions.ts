import { quantity, type Say } from '../say.ts'
import type { Action, AlertLimit, Workload } from '../types.ts'
import type { Finding } from './cause/finding.ts'
import { quoted, raiseLimit, restartUnit, uncordon } from './commands.ts'
import { isShared } from './limit.ts'
import { fullName } from './names.ts'
import type { Relief } from './relief.ts'
import type { Scene } from './scene.ts'
import { cut } from './sentence.ts'
import { cordonAlone, takeAway } from './take-away.ts'

/**
 * What to do now, in this order: what gives memory back and keeps it back, what not to do, what to do if the node does not
 * come round, reboot last. What to mend for good is in the causes.
 */
export function actionsOf(scene: Scene, relief: Relief | null, findings: readonly Finding[]): readonly Action[] {
  const { verdict, status, isNodeWide } = scene
  if (status === 'resolved') return afterwards(scene)
  if (verdict?.type === 'agent-impaired') return [lookAtAgent(scene)]
  if (!isNodeWide && verdict?.type === 'memory-exhaustion') return [whoEnded(scene)]
  if (!isNodeWide) return [...revive(scene), ...ownLimit(scene)]
  return [
    ...revive(scene),
    ...(relief ? takeAway(scene, relief) : [cordonAlone(scene)]),
    ...doNot(scene, relief),
    ...(scene.isKubernetes ? lastResorts(scene) : []),
  ].slice(0, findings.length === 0 && !relief ? 1 : most)
}

const most = 8

/** A daemon that was killed first of all: without it nothing else can be done from afar. */
function revive({ verdict, say }: Scene): Action[] {
  if (verdict?.type !== 'node-daemon-killed' || !verdict.workload?.unit) return []
  const unit = quoted(verdict.workload.unit.split('/').at(-1)!)
  if (!unit) return []
  return [
    {
      do: say(`See whether ${unit} is back, and start it if it is not`, `查看 ${unit} 是否已恢复，没有则启动`),
      command: `systemctl is-active ${unit} || systemctl restart ${unit}`,
      expectKiB: null,
    },
  ]
}

/** What looks like a way out and is none. */
function doNot({ say, verdict, members, victims, killSizes, now, totalKiB }: Scene, relief: Relief | null): Action[] {
  const sizes = killSizes.victims(now, 3_600_000)
  // Who holds much gives back much, whoever starts it again: it is no victim to be left alone.
  const isFutile = ({ key, owner }: Workload) =>
    owner?.kind === 'DaemonSet' || (sizes.find(victim => victim.key === key)?.KiB ?? 0) < (totalKiB ?? Infinity) * 0.2
  const looping = [verdict, ...members].filter(each => each?.type === 'respawn-loop' && each.loop?.nodeLevel)
  const killed = verdict?.kill?.nodeLevel ? [verdict.kill.workload] : []
  const next = victims.filter(({ respawns, of }) => respawns === true && of.owner?.kind === 'DaemonSet')
  // What is to be taken away is not to be left alone: each is said of another one.
  const taken =
    relief?.kind === 'pod' || relief?.kind === 'died'
      ? relief.pod.keys
      : relief?.kind === 'workload'
        ? [relief.holder.key]
        : []
  const workload = [...looping.flatMap(each => each?.workload ?? []), ...killed, ...next.map(({ of }) => of)].find(
    workload => !workload.nodeDaemon && !taken.includes(workload.key) && isFutile(workload),
  )
  if (!workload) return []
  const name = fullName(workload)
  const isDaemonSet = workload.owner?.kind === 'DaemonSet'
  return [
    {
      do: isDaemonSet
        ? say(
            `Do not delete the pod of ${name}: it comes back here at once (a DaemonSet ignores the cordon) and gives back nothing`,
            `不要删除 ${name} 的 Pod：它会立刻在本节点重建（DaemonSet 不受封锁影响），不释放任何内存`,
          )
        : say(
            `Do not restart or delete ${name}: it is the victim, it comes back, and it gives back nothing`,
            `不要重启或删除 ${name}：它是受害者，会再次启动，不释放任何内存`,
          ),
      command: null,
      expectKiB: 0,
    },
  ]
}

function lastResorts({ say, world, host }: Scene): Action[] {
  const { kubelet, runtime } = unitsOf(world.identity.processes())
  // Each is for the node's own shell and for nothing else: what is pasted elsewhere would reboot an innocent machine.
  return [
    {
      do: say(
        'If the node still stalls or is NotReady five minutes after memory is back: restart kubelet, on the node itself',
        '内存恢复五分钟后节点仍停顿或 NotReady：在该节点本机上重启 kubelet',
      ),
      command: restartUnit(kubelet),
      expectKiB: null,
    },
    {
      do: say(
        'If kubelet’s log goes on about PLEG a minute later: restart the runtime, on the node itself',
        '若一分钟后 kubelet 日志仍报 PLEG：在该节点本机上重启运行时',
      ),
      command: restartUnit(runtime),
      expectKiB: null,
    },
    {
      do: say(
        `Only if that does not help: reboot ${host.name === 'unknown' ? 'the node' : host.name}, on the node itself`,
        `以上都无效时才重启：在节点 ${host.name === 'unknown' ? '' : `${host.name} `}本机上执行`,
      ),
      command: 'systemctl reboot',
      expectKiB: null,
    },
  ]
}

/** kubelet's and the runtime's own units, as they are called on this node. */
function unitsOf(processes: Iterable<{ readonly comm: string; readonly cgroup: string }>) {
  let kubelet = 'kubelet'
  let runtime = 'containerd'
  for (const { comm, cgroup } of processes) {
    if (!cgroup.endsWith('.service')) continue
    const unit = cgroup.slice(cgroup.lastIndexOf('/') + 1, -'.service'.length)
    if (comm === 'kubelet' || /^(k3s|rke2)/.test(comm)) kubelet = unit
    else if (comm === 'dockerd' || comm === 'crio' || (comm === 'containerd' && runtime !== 'docker')) runtime = unit
  }
  return { kubelet, runtime }
}

function ownLimit({ say, verdict, limit, memory, world }: Scene): Action[] {
  const workload = verdict?.workload
  if (!workload) return []
  const raised = limit?.limitKiB ? quantity(limit.limitKiB * 1.5) : null
  const isOfPod = limit !== null && isShared(limit, workload, world)
  const command = raised && limit && !isOfPod ? raiseLimit(workload, limit, raised) : null
  const hasRoom = memory && limit?.limitKiB ? (world.memory.headroom?.KiB ?? 0) > limit.limitKiB / 2 : true
  const name = fullName(workload)
  const whose = limit ? whoseLimit(workload, limit, isOfPod, say) : ''
  return [
    {
      do: raised
        ? say(
            `Raise ${whose}${hasRoom ? '' : ' (not before the node has room for it)'}; it dies by its own limit and not for want of memory on the node, so neither cordon nor reboot helps`,
            `调大${whose}${hasRoom ? '' : '（先确认节点有余量）'}；它因自身限额被杀，节点并不缺内存，封锁或重启节点无济于事`,
          )
        : say(
            `Look at what ${name} holds before it dies: it dies by its own limit and not for want of memory on the node`,
            `查看 ${name} 被杀前占用了什么：它因自身限额被杀，节点并不缺内存`,
          ),
      command,
      expectKiB: null,
    },
  ]
}

function whoseLimit(workload: Workload, { level, path }: AlertLimit, isOfPod: boolean, say: Say): string {
  const name = fullName(workload)
  if (isOfPod) return say(`the limit of the pod of ${name}`, ` ${name} 所在 Pod 的限额`)
  const slice = level === 'slice' ? path?.split('/').at(-1) : undefined
  return say(`the limit of ${cut(slice ?? name)}`, ` ${cut(slice ?? name)} 的限额`)
}

/** Something else than the kernel ended it, as far as can be told. */
function whoEnded({ say }: Scene): Action {
  return {
    do: say(
      'See who ended it: killers in user space write to the journal, evictions to the events of the cluster',
      '查看是谁结束了它：用户态的 OOM 守护进程写 journal，驱逐写入集群事件',
    ),
    command: 'journalctl --unit=systemd-oomd --unit=earlyoom --unit=kubelet --since=-15min',
    expectKiB: null,
  }
}

function lookAtAgent({ say, verdict }: Scene): Action {
  const isVictim = verdict?.facts.isNextVictim === true
  return {
    do: isVictim
      ? say(
          'Protect the agent: run it by its own unit or DaemonSet (oom_score_adj -999), then see what doctor says',
          '保护代理：用它自带的 unit 或 DaemonSet 运行（oom_score_adj -999），然后查看 doctor 的结果',
        )
      : say('See what the agent can and cannot see here', '查看代理在本机能看到什么、看不到什么'),
    command: 'oomloop doctor',
    expectKiB: null,
  }
}

function afterwards({ say, host, isKubernetes, isNodeWide }: Scene): Action[] {
  if (!isKubernetes || !isNodeWide) return []
  return [
    {
      do: say('If the node was cordoned: open it again once the cause is mended', '若曾封锁节点：修复原因后再解除'),
      command: uncordon(host),
      expectKiB: null,
    },
  ]
}
