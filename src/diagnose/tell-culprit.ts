import { durationText, sizeText } from '../say.ts'
import type { Finding } from './cause/finding.ts'
import { chiefGrower } from './growers.ts'
import type { Scene } from './scene.ts'
import type { Part } from './sentence.ts'

export function culprit(scene: Scene, findings: readonly Finding[]): Part {
  const { say, holders, ending, now, totalKiB, verdict, host } = scene
  const worth = 80
  const grown = ending.find(({ grewKiB }) => (grewKiB ?? 0) >= Math.max(16 * 1024, (totalKiB ?? 0) * 0.01))
  if (grown) {
    return {
      worth,
      texts: [
        say(
          `the terminating pod ${grown.pod} grew by ${sizeText(grown.grewKiB!)} in its grace period`,
          `正在终止的 Pod ${grown.pod} 在宽限期内增长 ${sizeText(grown.grewKiB!)}`,
        ),
        say(
          `the terminating pod ${grown.pod} grew by ${sizeText(grown.grewKiB!)}`,
          `正在终止的 Pod ${grown.pod} 增长 ${sizeText(grown.grewKiB!)}`,
        ),
        say(`the terminating pod ${grown.pod} grew`, `正在终止的 Pod ${grown.pod} 在增长`),
      ],
    }
  }
  if (findings[0]?.code === 'fragmentation') {
    return { worth, texts: [say('memory is free, but not in one piece', '内存并不缺，但不连续')] }
  }
  const grower = chiefGrower(scene)
  if (grower) {
    const since =
      grower.growingSince === null ? '' : durationText(Math.max(10, (now - grower.growingSince) / 1000), say)
    const by = sizeText(grower.changeKiB!)
    const isWhole = grower.changeKiB! >= grower.KiB * 0.97
    const isNew = grower.workload !== null && isWhole
    return {
      worth,
      texts: [
        isNew
          ? say(
              `${grower.name} has taken ${by}${since ? ` since its start ${since} ago` : ''}`,
              `${grower.name} ${since ? `${since}前启动，` : ''}已占用 ${by}`,
            )
          : say(
              `${grower.name} grew by ${by}${since ? ` in ${since}` : ''}${isWhole ? '' : ` to ${sizeText(grower.KiB)}`}`,
              `${grower.name} ${since ? `${since}内` : ''}增长 ${by}${isWhole ? '' : `，达到 ${sizeText(grower.KiB)}`}`,
            ),
        isNew
          ? say(`${grower.name} has taken ${by}`, `${grower.name} 已占用 ${by}`)
          : say(`${grower.name} grew by ${by}`, `${grower.name} 增长 ${by}`),
      ],
    }
  }
  const holder = holders.find(({ workload }) => workload?.nodeDaemon !== true)
  if (!holder) return { worth, texts: [] }
  const isVictim = holder.key === verdict?.workload?.key || holder.key === verdict?.kill?.workload.key
  // Of a log that has named one victim so far it is not known that anybody holds more.
  if (isVictim && host.sight === 'log') return { worth, texts: [] }
  const held =
    holder.from === 'kill-line'
      ? say('held most before it was killed', '被杀前占用最多')
      : say('holds most', '占用最多')
  return {
    worth,
    texts: [
      `${holder.name} ${held}${say(` (${sizeText(holder.KiB)})`, `（${sizeText(holder.KiB)}）`)}`,
      `${holder.name} ${held}`,
    ],
  }
}
