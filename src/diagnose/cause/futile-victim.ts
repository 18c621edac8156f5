import { listText, sizeText } from '../../say.ts'
import { fullName, shortName } from '../names.ts'
import type { Scene } from '../scene.ts'
import type { FindCause } from './finding.ts'

/** The kernel kills who holds next to nothing and comes back, while who holds the memory lives on or is started again. */
export const futileVictim: FindCause = scene => {
  const { say, isNodeWide, killSizes, now, since, world, host } = scene
  if (!isNodeWide) return null
  const victims = killSizes.victims(now, Math.max(world.settings.loopWindowMs, now - since))
  const holder = largestOf(scene)
  if (victims.length === 0 || !holder) return null
  const futile = victims.filter(({ key, KiB }) => key !== holder.key && KiB < holder.KiB * 0.1)
  if (futile.length === 0) return null
  // The one that has died most often, then the one that died last.
  const [worst] = futile.toSorted((a, b) => b.kills - a.kills || b.at - a.at)
  const name = fullName(worst!.workload)
  const often = worst!.kills > 1 ? say(` ${worst!.kills} times`, ` ${worst!.kills} 次`) : ''
  const score =
    worst!.score !== null && worst!.score >= 1000 && worst!.oomScoreAdj === null
      ? say(
          `; its score of ${worst!.score} is what an oom_score_adj of about 1000 gives (a pod without request and limit)`,
          `；其得分 ${worst!.score} 约等于 oom_score_adj 1000（没有 request 与 limit 的 Pod）`,
        )
      : ''
  const others = futile.filter(victim => victim !== worst).map(({ workload }) => shortName(workload))
  const rest =
    others.length > 0
      ? say(`; as little gave ${listText(others, say)}`, `；同样徒劳的还有 ${listText(others, say)}`)
      : ''
  return {
    code: 'futile-victim',
    weight: host.sight === 'log' ? 99 : 78,
    evidence: say(
      `${name} was killed${often} and held ${sizeText(worst!.KiB)}; ${holder.name} holds ${sizeText(holder.KiB)}${holder.from === 'kill-line' ? ' (by its own kill line)' : ''}${score}${rest}`,
      `${name} 被杀${often}，只占用 ${sizeText(worst!.KiB)}；${holder.name} 占用 ${sizeText(holder.KiB)}${holder.from === 'kill-line' ? '（按其被杀时的日志）' : ''}${score}${rest}`,
    ),
    why: say(
      'The victim is not the culprit: its death frees next to nothing, and it is started again',
      '受害者不是元凶：它的死几乎不释放内存，而且会被重新拉起',
    ),
    remedy: say(
      `mend ${holder.name} (its limit, its number on this node), not ${shortName(worst!.workload)}; give ${shortName(worst!.workload)} a memory request and limit so that it is not the first to die`,
      `应处理 ${holder.name}（限额、在本节点的数量），而不是 ${shortName(worst!.workload)}；给 ${shortName(worst!.workload)} 设置内存 request 与 limit，使它不再首先被杀`,
    ),
  }
}

function largestOf({ holders }: Scene) {
  return holders.find(({ workload }) => workload?.nodeDaemon !== true)
}
