import { durationText, quantity, sizeText } from '../../say.ts'
import { setResources } from '../commands.ts'
import { chiefGrower } from '../growers.ts'
import type { FindCause } from './finding.ts'

/** One workload grows and takes the node with it. */
export const growingWorkload: FindCause = scene => {
  const { say, growers, isNodeWide, totalKiB, now, pods, verdict, world } = scene
  const grower = chiefGrower({ ...scene, growers: growers.filter(({ workload }) => workload !== null) })
  if (!isNodeWide || !grower?.workload || grower.changeKiB === null || totalKiB === null) return null
  // Before anything has happened: a pod that was started is none, what makes headroom go is.
  const emptyIn = world.memory.strain?.emptyInSeconds
  if (!verdict && (emptyIn == null || emptyIn[0] > 600)) return null
  const changeKiB = grower.changeKiB
  const { workload, KiB, habitKiB, habitRatio, growingSince } = grower
  const span = growingSince === null ? null : Math.max(10, (now - growingSince) / 1000)
  const limitKiB = pods.find(({ keys }) => keys.includes(grower.key))?.limitKiB
  const limit =
    limitKiB === null
      ? say(', and has no limit', '，且没有限额')
      : limitKiB === undefined
        ? ''
        : say(`, and may take ${sizeText(limitKiB)}`, `，限额 ${sizeText(limitKiB)}`)
  const usual =
    habitRatio !== null && habitRatio >= 1.2
      ? say(`; ${sizeText(habitKiB!)} is its habit of the last day`, `；其最近一天的常态为 ${sizeText(habitKiB!)}`)
      : ''
  const isNew = changeKiB >= KiB * 0.97
  const own = workload.podUid !== null ? quantity((habitKiB ?? KiB - changeKiB / 2) * 1.25) : null
  return {
    code: 'growing-workload',
    weight: 94,
    evidence: isNew
      ? say(
          `${grower.name} has taken ${sizeText(KiB)} since it was started${span === null ? '' : ` ${durationText(span, say)} ago`}${limit}${usual}`,
          `${grower.name} ${span === null ? '' : `${durationText(span, say)}前`}启动后已占用 ${sizeText(KiB)}${limit}${usual}`,
        )
      : say(
          `${grower.name} grew by ${sizeText(changeKiB)}${span === null ? '' : ` in ${durationText(span, say)}`} to ${sizeText(KiB)}${limit}${usual}`,
          `${grower.name} ${span === null ? '' : `在 ${durationText(span, say)}内`}增长 ${sizeText(changeKiB)}，达到 ${sizeText(KiB)}${limit}${usual}`,
        ),
    why: say(
      'This is where the memory goes; whoever is killed meanwhile only makes room for it',
      '内存正流向它；期间被杀的进程只是在给它腾地方',
    ),
    remedy: [
      say(
        'a limit makes it the one that dies of its own growth, instead of its neighbours:',
        '设置限额，让它因自己的增长被杀，而不是殃及邻居：',
      ),
      own === null
        ? `MemoryMax=${quantity(KiB).replace(/i$/, '')}`
        : (setResources(workload, { requests: own, limits: quantity(KiB) }) ??
          `resources: {requests: {memory: ${own}}, limits: {memory: ${quantity(KiB)}}}`),
    ].join(' '),
  }
}
