import { durationText, sizeText } from '../say.ts'
import type { Verdict } from '../types.ts'
import type { Finding } from './cause/finding.ts'
import type { Relief } from './relief.ts'
import type { Scene } from './scene.ts'
import { compose, type Part } from './sentence.ts'
import { culprit } from './tell-culprit.ts'
import { event } from './tell-event.ts'
import { first } from './tell-first.ts'

/**
 * One sentence of at most 240 characters for whoever was woken by it: what happens and to whom, who eats the memory since
 * when, what comes next, what to do first. Where it gets too long the least worth goes: sizes and times before facts,
 * forecast before culprit; what happens and what to do stay.
 */
export function summaryOf(scene: Scene, relief: Relief | null, findings: readonly Finding[]): string {
  const { say, status, verdict } = scene
  if (!verdict) return ''
  const end = say('.', '。')
  if (status === 'resolved') return compose([event(scene, verdict), ...over(scene, verdict)], say('; ', '；'), end)
  if (verdict.type === 'agent-impaired')
    return compose([event(scene, verdict), agentAdvice(scene)], say('; ', '；'), end)
  const parts =
    verdict.subject === 'node' || scene.isNodeWide ? nodeParts(scene, relief, findings) : ownParts(scene, findings)
  return compose([event(scene, verdict), ...parts], say('; ', '；'), end)
}

function agentAdvice({ say }: Scene): Part {
  return {
    worth: 50,
    texts: [say('what happens there meanwhile may be told late or not at all', '期间发生的事可能迟报或漏报')],
  }
}

/** Who eats the memory, what comes, what to do. */
function nodeParts(scene: Scene, relief: Relief | null, findings: readonly Finding[]): Part[] {
  return [culprit(scene, findings), outlook(scene), first(scene, relief)]
}

function outlook(scene: Scene): Part {
  const { say, forecast, verdict, host } = scene
  const worth = 60
  const range = (seconds: readonly [number, number]) =>
    seconds[1] === 0
      ? say('now', '现在')
      : say(
          seconds[0] === 0 ? `within ${seconds[1]} s` : `in ${seconds[0]} to ${seconds[1]} s`,
          seconds[0] === 0 ? `${seconds[1]} 秒内` : `${seconds[0]} 至 ${seconds[1]} 秒内`,
        )
  const texts = [
    forecast?.notReadySeconds && forecast.notReadySeconds[1] > 0
      ? say(`NotReady expected ${range(forecast.notReadySeconds)}`, `预计 ${range(forecast.notReadySeconds)} NotReady`)
      : '',
    forecast?.firstKillSeconds && !verdict?.kill
      ? say(
          `first kill expected ${range(forecast.firstKillSeconds)}`,
          `预计 ${range(forecast.firstKillSeconds)}首次杀进程`,
        )
      : '',
  ].filter(Boolean)
  if (texts.length > 1) return { worth, texts: [texts.join(say(', ', '，')), texts[0]!] }
  if (texts.length === 1) return { worth, texts: [texts[0]!] }
  if (verdict?.type === 'respawn-loop') return { worth: 55, texts: [say('it will not end by itself', '不会自行停止')] }
  if (host.sight === 'log') return { worth: 40, texts: [] }
  return { worth, texts: [] }
}

function ownParts({ say, limit, memory, world }: Scene, findings: readonly Finding[]): Part[] {
  const headroom = memory ? world.memory.headroom : null
  const code = findings.find(({ code: each }) => each.startsWith('own-limit'))?.code
  const cause =
    code === 'own-limit-leak'
      ? say('it grows until it dies', '它持续增长直到被杀')
      : code === 'own-limit-too-low'
        ? say('its limit is less than it needs', '限额小于其所需')
        : ''
  const spare = headroom
    ? say(`the node itself has ${sizeText(headroom.KiB)} left`, `节点本身还剩 ${sizeText(headroom.KiB)}`)
    : ''
  return [
    { worth: 70, texts: [cause] },
    { worth: 60, texts: [spare] },
    {
      worth: 90,
      texts: [
        limit?.scope === 'memcg' ? say('first: raise its limit or find what it holds', '首先：调大限额或查明占用') : '',
      ],
    },
  ]
}

function over({ say, now }: Scene, verdict: Verdict): Part[] {
  if (verdict.type === 'agent-impaired') return []
  const seconds = Math.max(0, (now - verdict.since) / 1000)
  const kills = Number(verdict.facts.nodeLevelKills ?? 0)
  return [
    {
      worth: 50,
      texts: [
        say(
          `it took ${durationText(seconds, say)}${kills > 0 ? ` and cost ${kills} kills` : ''}`,
          `历时 ${durationText(seconds, say)}${kills > 0 ? `，被杀 ${kills} 个` : ''}`,
        ),
      ],
    },
  ]
}
