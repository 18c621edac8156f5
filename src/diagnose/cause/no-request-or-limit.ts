import { listText, quantity, sizeText } from '../../say.ts'
import { setResources } from '../commands.ts'
import { fullName } from '../names.ts'
import type { Scene, Victim } from '../scene.ts'
import type { FindCause } from './finding.ts'

/** The kernel's first victims are workloads without request or limit: it takes them for their rank, not their size. */
export const noRequestOrLimit: FindCause = scene => {
  const { say, isNodeWide, victims } = scene
  if (!isNodeWide) return null
  // Only who comes before any larger one for its rank: once there are none but BestEffort pods left, size decides.
  const first = victims.slice(0, 5).filter(victim => victim.of.podUid !== null && isBestEffort(victim))
  const killed = killedBestEffort(scene)
  const named = first[0] ?? killed
  if (!named) return null
  const { of: workload, rssKiB } = named
  const names = [...new Set([...(killed ? [killed] : []), ...first].map(victim => fullName(victim.of)))]
  const request = quantity(Math.max(rssKiB, 16 * 1024) * 1.25)
  const limit = quantity(Math.max(rssKiB, 32 * 1024) * 2)
  return {
    code: 'no-request-or-limit',
    // On a node with memory to spare it is advice: nearly every node has such a pod.
    weight: killed ? 85 : isTight(scene) ? 70 : 50,
    evidence: say(
      `${listText(names, say)} ${names.length === 1 ? 'runs' : 'run'} without memory request and limit (BestEffort, oom_score_adj 1000); ${fullName(workload)} holds ${sizeText(rssKiB)}${share(named, scene)}`,
      `${listText(names, say)} 没有设置内存 request 与 limit（BestEffort，oom_score_adj 1000）；${fullName(workload)} 占用 ${sizeText(rssKiB)}${share(named, scene)}`,
    ),
    why: say(
      'The kernel kills by oom_score: these die first however little they hold, come back at once, and the memory stays as short as it was',
      '内核按 oom_score 选择：它们占用再少也先死，随即被重新拉起，内存依旧不足',
    ),
    remedy: [
      say('give it a request and a limit, however small its use:', '哪怕用量很小，也要给它设置 request 与 limit：'),
      setResources(workload, { requests: request, limits: limit }) ??
        `resources: {requests: {memory: ${request}}, limits: {memory: ${limit}}}`,
    ].join(' '),
  }
}

function isTight({ world }: Scene): boolean {
  return (world.memory.headroom?.ratio ?? 0) < 0.25
}

function isBestEffort({ of: workload, oomScoreAdj }: Victim): boolean {
  return workload.qos === 'BestEffort' || (workload.qos === null && oomScoreAdj === 1000)
}

/** The one that was killed, if it was such a one: it may not live at this moment. */
function killedBestEffort({ verdict, now }: Scene): Victim | null {
  const kill = verdict?.kill
  if (!kill?.nodeLevel || now - kill.at > 3_600_000 || kill.workload.qos !== 'BestEffort') return null
  const { kill: line, workload } = kill
  return {
    workload: workload.key,
    pid: line.pid,
    comm: line.comm ?? '',
    score: line.score ?? 0,
    oomScoreAdj: line.oomScoreAdj ?? 1000,
    rssKiB: (line.anonRssKiB ?? kill.lastRssKiB ?? 0) + (line.fileRssKiB ?? 0) + (line.shmemRssKiB ?? 0),
    respawns: null,
    regainsKiB: null,
    of: workload,
  }
}

function share({ rssKiB }: Victim, { totalKiB, say }: Scene): string {
  if (totalKiB === null || rssKiB <= 0) return ''
  const percent = (rssKiB / totalKiB) * 100
  return say(
    `, ${percent.toFixed(percent < 10 ? 1 : 0)} % of the node`,
    `，占节点 ${percent.toFixed(percent < 10 ? 1 : 0)} %`,
  )
}
