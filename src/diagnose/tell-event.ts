import { durationText, percentText, sizeText } from '../say.ts'
import type { Verdict } from '../types.ts'
import { sizeOf } from './kill-sizes.ts'
import { shortName } from './names.ts'
import type { Scene } from './scene.ts'
import { cut, mustStay, type Part } from './sentence.ts'

/** What happens, and to whom. */
export function event(scene: Scene, verdict: Verdict): Part {
  return { worth: mustStay, texts: eventTexts(scene, verdict) }
}

function eventTexts(scene: Scene, verdict: Verdict): string[] {
  const { say, status } = scene
  const node = nodeName(scene)
  if (status === 'resolved') return overTexts(scene, verdict)
  switch (verdict.type) {
    case 'memory-exhaustion':
      return verdict.subject === 'node' ? exhaustion(scene, verdict) : endedOtherwise(scene, verdict)
    case 'respawn-loop':
      return loop(scene, verdict)
    case 'oom-storm': {
      const { events, kills, spanSeconds } = verdict.facts
      const last = victimOf(scene, verdict)
      const count = Number(kills ?? events ?? 0)
      const span = durationText(Math.max(1, Number(spanSeconds ?? 0)), say)
      return [
        say(
          `The kernel killed ${count} processes in ${span} on ${node}, last ${last.sized}`,
          `内核 ${span}内在${node}上杀死 ${count} 个进程，最后是 ${last.sized}`,
        ),
        say(
          `The kernel killed ${count} processes in ${span}, last ${last.name}`,
          `内核 ${span}内杀死 ${count} 个进程，最后是 ${last.name}`,
        ),
      ]
    }
    case 'node-daemon-killed': {
      const name = victimOf(scene, verdict).name
      return [
        say(`The kernel killed ${name}, without which ${node} cannot be run`, `内核杀死了${node}赖以运行的 ${name}`),
        say(`The kernel killed ${name}`, `内核杀死了 ${name}`),
      ]
    }
    case 'agent-impaired':
      return [impaired(scene, verdict)]
  }
}

function exhaustion(scene: Scene, verdict: Verdict): string[] {
  const { say, now } = scene
  const node = nodeName(scene)
  const left = leftText(scene)
  const signs = new Set(verdict.signs.map(({ sign }) => sign))
  if (verdict.kill && now - verdict.kill.at < 3_600_000) {
    const { name, sized } = victimOf(scene, verdict)
    const kills = Number(verdict.facts.nodeLevelKills ?? 1)
    const stalls = signs.has('stalling') ? say(' and stalls', '并已停顿') : ''
    const others = kills > 1 ? say(`, the last of ${kills}`, `（第 ${kills} 个）`) : ''
    return [
      say(
        `${node} is out of memory${stalls}: the kernel killed ${sized}${others}`,
        `${node}内存耗尽${stalls}：内核杀死了 ${sized}${others}`,
      ),
      say(`${node} is out of memory: the kernel killed ${name}`, `${node}内存耗尽：内核杀死了 ${name}`),
      say(`Out of memory: the kernel killed ${name}`, `内存耗尽：内核杀死了 ${name}`),
    ]
  }
  if (signs.has('not-ready-presumed')) {
    return [
      say(
        `${node} has stalled for want of memory for so long that it is presumably NotReady, or about to be${left}`,
        `${node}因内存不足停顿已久，推测已经或即将 NotReady${left}`,
      ),
      say(`${node} stalls for want of memory and is presumably NotReady`, `${node}因内存不足停顿，推测已 NotReady`),
    ]
  }
  if (signs.has('stalling')) {
    return [
      say(`${node} stalls for want of memory${left}`, `${node}因内存不足而停顿${left}`),
      say(`${node} stalls for want of memory`, `${node}因内存不足而停顿`),
    ]
  }
  if (signs.has('primed') && !signs.has('low-headroom')) {
    const next = scene.victims[0]
    const name = next ? shortName(next.of) : null
    return [
      say(
        `${node} is primed for an OOM loop${left}, and that is its habit${name ? `; ${name} would be killed first, come back and free nothing` : ''}`,
        `${node}一触即发${left}，且长期如此${name ? `；${name} 会首先被杀、再次启动、毫无释放` : ''}`,
      ),
      say(`${node} is primed for an OOM loop`, `${node}随时可能陷入 OOM 循环`),
    ]
  }
  return [
    say(`${node} is running out of memory${left}`, `${node}内存即将耗尽${left}`),
    say(`${node} is running out of memory`, `${node}内存即将耗尽`),
  ]
}

function loop(scene: Scene, verdict: Verdict): string[] {
  const { say, limit } = scene
  const node = nodeName(scene)
  const { name } = victimOf(scene, verdict)
  const kills = verdict.loop?.kills ?? 2
  const period = verdict.loop?.medianPeriodSeconds
  const every =
    period == null ? '' : say(`, one each ${durationText(period, say)}`, `，间隔约 ${durationText(period, say)}`)
  const held = victimOf(scene, verdict).KiB
  if (verdict.loop?.nodeLevel) {
    const size = held === null ? '' : say(` (${sizeText(held)})`, `（${sizeText(held)}）`)
    return [
      say(
        `${name}${size} is killed again and again on ${node} (${kills} times${every}) and comes back, so nothing is gained`,
        `${name}${size || ' '}在${node}上反复被杀又重启（${kills} 次${every}），毫无收益`,
      ),
      say(
        `${name} is killed again and again on ${node} (${kills} times), and nothing is gained`,
        `${name} 在${node}上反复被杀（${kills} 次），毫无收益`,
      ),
      say(`${name} is killed again and again`, `${name} 反复被杀`),
    ]
  }
  const of = limit?.limitKiB ? say(` of ${sizeText(limit.limitKiB)}`, ` ${sizeText(limit.limitKiB)}`) : ''
  return [
    say(
      `${name} runs into its own limit${of} again and again on ${node} (killed ${kills} times${every})`,
      `${name} 在${node}上反复触及自身限额${of}（被杀 ${kills} 次${every}）`,
    ),
    say(
      `${name} runs into its own limit again and again (killed ${kills} times)`,
      `${name} 反复触及自身限额（被杀 ${kills} 次）`,
    ),
  ]
}

function endedOtherwise(scene: Scene, verdict: Verdict): string[] {
  const { say } = scene
  const name = verdict.workload ? shortName(verdict.workload) : verdict.subject
  const rss = Number(verdict.facts.rssKiB ?? 0)
  return [
    say(
      `${name} (${sizeText(rss)}) ended while ${nodeName(scene)} stalled, and the kernel did not kill it: likely systemd-oomd, earlyoom, an eviction or a person`,
      `${name}（${sizeText(rss)}）在${nodeName(scene)}停顿时结束，且不是内核所杀：可能是 systemd-oomd、earlyoom、驱逐或人工操作`,
    ),
    say(
      `${name} ended while the node stalled, and the kernel did not kill it`,
      `${name} 在节点停顿时结束，且不是内核所杀`,
    ),
  ]
}

function impaired({ say, host }: Scene, { facts }: Verdict): string {
  const what = [
    facts.blindSources ? say(`it cannot read ${facts.blindSources} any more`, `无法再读取 ${facts.blindSources}`) : '',
    facts.lostRecords
      ? say(`it lost ${facts.lostRecords} records of the kernel's log`, `丢失了 ${facts.lostRecords} 条内核日志`)
      : '',
    facts.isNextVictim ? say('it is itself among the next to be killed', '它自己就在下一批受害者之中') : '',
  ].filter(Boolean)
  return say(
    `oomloop on ${host.name.slice(0, 60)} is impaired: ${what.join(', ')}`,
    `${host.name.slice(0, 60)} 上的 oomloop 受损：${what.join('，')}`,
  )
}

function overTexts(scene: Scene, verdict: Verdict): string[] {
  const { say } = scene
  const node = nodeName(scene)
  if (verdict.type === 'agent-impaired')
    return [say(`oomloop on ${node} sees everything again`, `${node}上的 oomloop 已恢复`)]
  if (verdict.type === 'respawn-loop') {
    const { name } = victimOf(scene, verdict)
    const kills = verdict.loop?.kills ?? 2
    return [
      say(
        `${name} is not killed any more on ${node}, after ${kills} kills`,
        `${name} 在${node}上不再被杀，此前共被杀 ${kills} 次`,
      ),
      say(`${name} is not killed any more`, `${name} 不再被杀`),
    ]
  }
  if (verdict.subject !== 'node') {
    const name = verdict.workload ? shortName(verdict.workload) : verdict.subject
    return [say(`${name} has not been ended again on ${node}`, `${name} 未再次在${node}上被结束`)]
  }
  const left = leftText(scene)
  return [say(`${node} has come round${left}`, `${node}已恢复${left}`), say(`${node} has come round`, `${node}已恢复`)]
}

function victimOf(scene: Scene, { kill, workload: subject }: Verdict) {
  const { say } = scene
  const workload = (kill && scene.killSizes.ownerOf(kill.kill.pid)) ?? kill?.workload ?? subject
  const name = workload ? shortName(workload) : say('a process', '某进程')
  const KiB = kill ? (sizeOf(kill.kill) ?? kill.lastRssKiB) : null
  return { name, KiB, sized: KiB === null ? name : say(`${name} (${sizeText(KiB)})`, `${name}（${sizeText(KiB)}）`) }
}

function leftText({ say, memory, world }: Scene): string {
  const headroom = memory ? world.memory.headroom : null
  if (!headroom) return ''
  const of = headroom.of === 'kubepods' ? say(' for pods', '（供 Pod 使用）') : ''
  return say(
    `, ${sizeText(headroom.KiB)} left${of} (${percentText(headroom.ratio)})`,
    `，剩余 ${sizeText(headroom.KiB)}${of}（${percentText(headroom.ratio)}）`,
  )
}

function nodeName({ host, say }: Scene): string {
  if (host.name === 'unknown') return say('this node', '本节点')
  // In Chinese a name in Latin letters stands between blanks, and a Chinese word does not.
  return say(`node ${cut(host.name)}`, `节点 ${cut(host.name)} `)
}
