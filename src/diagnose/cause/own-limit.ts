import { durationText, quantity, sizeText } from '../../say.ts'
import type { AttributedKill } from '../../types.ts'
import { raiseLimit } from '../commands.ts'
import { sizeOf } from '../kill-sizes.ts'
import { isShared } from '../limit.ts'
import { fullName } from '../names.ts'
import type { Scene } from '../scene.ts'
import type { FindCause } from './finding.ts'

/** A workload runs into its own limit: because it leaks, or because the limit is less than it needs. */
export const ownLimitTooLow: FindCause = scene => {
  const { say, verdict, limit } = scene
  const kill = verdict?.kill
  if (!kill || kill.nodeLevel || limit?.scope !== 'memcg') return null
  const kind = kindOf(kill, scene)
  const limitKiB = limit.limitKiB
  const name = fullName(kill.workload)
  const growth = kill.growthKiBPerSecond ?? null
  const lifetime = verdict.loop?.lastLifetimeSeconds ?? (kill.bornAt === null ? null : (kill.at - kill.bornAt) / 1000)
  const held = sizeOf(kill.kill)
  const isOfPod = isShared(limit, kill.workload, scene.world)
  const ofWhom = isOfPod ? ' of its pod' : limit.level === 'slice' ? ' of its slice' : ''
  const facts = [
    limitKiB === null
      ? ''
      : say(`limit${ofWhom} ${sizeText(limitKiB)}`, `${isOfPod ? 'Pod ' : ''}限额 ${sizeText(limitKiB)}`),
    held === null ? '' : say(`the victim held ${sizeText(held)}`, `被杀进程占用 ${sizeText(held)}`),
    lifetime === null ? '' : say(`lived ${durationText(lifetime, say)}`, `存活 ${durationText(lifetime, say)}`),
    growth === null || growth <= 0 ? '' : say(`grew ${sizeText(growth)} a second`, `每秒增长 ${sizeText(growth)}`),
  ].filter(Boolean)
  const raised = limitKiB === null ? null : quantity(limitKiB * 1.5)
  return {
    code: kind === 'leak' ? 'own-limit-leak' : 'own-limit-too-low',
    weight: 100,
    evidence: `${name}${say(': ', '：')}${facts.join(say(', ', '，'))}`,
    why:
      kind === 'leak'
        ? say(
            'It grows steadily until it dies: a larger limit only puts the next death off; the growth is what to find',
            '它持续增长直到被杀：调大限额只会推迟下一次，需要找到增长的原因',
          )
        : kind === 'size'
          ? say(
              'It dies soon after it starts: its limit is less than it needs to work at all',
              '启动后很快被杀：限额小于它正常工作所需',
            )
          : say(
              'It reaches its own limit; the rest of the node is not short of memory',
              '它触及自己的限额，节点其余部分并不缺内存',
            ),
    remedy: remedyOf(scene, kill, kind, raised),
  }
}

type Kind = 'leak' | 'size' | 'unknown'

function kindOf({ growthKiBPerSecond, kill, bornAt, at }: AttributedKill, { verdict, limit }: Scene): Kind {
  const seconds = verdict?.loop?.lastLifetimeSeconds ?? (bornAt === null ? null : (at - bornAt) / 1000)
  if (seconds === null) return 'unknown'
  // Programs have what they start with within a minute.
  if (seconds < 60) return 'size'
  const size = limit?.limitKiB ?? sizeOf(kill)
  if (growthKiBPerSecond == null || size === null) return 'unknown'
  // Grown for most of its life, rather than in one step at its end or its beginning.
  return growthKiBPerSecond * seconds >= size * 0.3 ? 'leak' : 'unknown'
}

function remedyOf(
  { say, limit, world }: Scene,
  { workload }: AttributedKill,
  kind: Kind,
  raised: string | null,
): string {
  if (limit && isShared(limit, workload, world)) {
    return say(
      'all containers of the pod and its volumes in memory share that limit: bound an emptyDir of medium Memory by sizeLimit, or raise the pod’s limits together',
      '该限额由 Pod 的全部容器和内存卷共享：用 sizeLimit 限制 medium 为 Memory 的 emptyDir，或一并调大 Pod 的限额',
    )
  }
  const command = raised && limit && raiseLimit(workload, limit, raised)
  // Without a command it is for whoever keeps the limit: a pod's manifest, or what made the cgroup.
  const byHand =
    workload.podUid === null ? say(`to ${raised}`, `到 ${raised}`) : `resources: {limits: {memory: ${raised}}}`
  const raise = raised ? (command ?? byHand) : ''
  const colon = raise && say(': ', '： ')
  if (kind !== 'leak') return `${say('raise its limit', '调大限额')}${colon}${raise}`
  const find = say(
    'find the growth (heap dump or profile at half the limit)',
    '查找增长原因（在限额一半时做 heap dump 或 profile）',
  )
  return raise ? `${find}${say('; to gain time meanwhile', '；期间可先争取时间')}${colon}${raise}` : find
}
