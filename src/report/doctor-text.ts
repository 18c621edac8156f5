import type { BlindSpot } from '../diagnose/blind-spots.ts'
import type { Examination } from '../diagnose/explain.ts'
import { nameOfKey } from '../diagnose/names.ts'
import { createSay, percentText, type Say, sizeText } from '../say.ts'
import type { Headroom, HostFacts, Locale, NextVictim, Unowned } from '../types.ts'

/** How the agent that runs on this host is; null: none runs. */
export interface AgentFitness {
  readonly pid: number
  readonly version: string
  /** Its last word, ISO 8601. */
  readonly at: string
  readonly ageSeconds: number
  readonly oomScoreAdj: number | null
  /** What is missing of its protection, in sentences. */
  readonly problems: readonly string[]
  readonly longestGapMs: number
}

/** What doctor has found: the JSON that it prints, and what its text is made of. */
export interface DoctorReport {
  readonly at: string
  readonly node: HostFacts
  readonly headroom: Headroom | null
  readonly isPrimed: boolean
  /** The code of what to change first; null: nothing. */
  readonly changeFirst: string | null
  readonly examination: Examination
  readonly blindSpots: readonly BlindSpot[]
  readonly agent: AgentFitness | null
  /** A host that runs, and no capture or folder of files. */
  readonly isLive: boolean
  readonly hasFindings: boolean
}

/** The report for people: the verdict, what to change in order, and what it rests on. */
export function doctorText(report: DoctorReport, locale: Locale): string {
  const say = createSay(locale)
  return [
    ...head(report, say),
    '',
    ...toChange(report, say),
    ...nodeTable(report, say),
    '',
    ...victimsTable(report.examination.nextVictims, say),
    '',
    ...agentTable(report, say),
  ].join('\n')
}

function head({ node, at, isPrimed, hasFindings, examination, changeFirst }: DoctorReport, say: Say): string[] {
  const memory = node.memTotalKiB === null ? '' : `, ${sizeText(node.memTotalKiB)}`
  const verdict = isPrimed
    ? say(
        '!! This node is primed for an OOM loop: the first kill would free next to nothing, and be followed by the next.',
        '!! 本节点随时可能陷入 OOM 循环：第一次杀进程几乎不释放内存，随后还会继续杀。',
      )
    : hasFindings
      ? say(
          '!  This node is not primed, but there is something to mend.',
          '!  本节点尚未处于危险边缘，但有需要修正之处。',
        )
      : say('ok This node is well, and there is nothing to mend.', 'ok 本节点状态良好，无需修正。')
  const first = examination.diagnosis.find(({ code }) => code === changeFirst)
  return [
    `${node.name}: ${node.os}, Linux ${node.kernel}${memory}; ${at}`,
    '',
    verdict,
    ...(first ? wrapped(say(`Change first: ${first.remedy}`, `首先修改：${first.remedy}`), '   ') : []),
  ]
}

function toChange({ examination }: DoctorReport, say: Say): string[] {
  const { diagnosis, toMend } = examination
  if (diagnosis.length === 0) return []
  const entry = (index: number): string[] => {
    const { code, why, evidence, remedy } = diagnosis[index]!
    return [
      `${String(index + 1).padStart(2)}. ${code}`,
      ...wrapped(`${why}${say('.', '。')}`, '    '),
      ...wrapped(evidence, '    '),
      ...wrapped(remedy, '    → '),
    ]
  }
  const indexes = diagnosis.map((_, index) => index)
  const mend = indexes.filter(index => index < toMend)
  const advice = indexes.filter(index => index >= toMend)
  return [
    ...(mend.length > 0 ? [say('TO MEND, the first first', '需要修正（按先后）'), ...mend.flatMap(entry), ''] : []),
    ...(advice.length > 0 ? [say('ADVICE', '建议'), ...advice.flatMap(entry), ''] : []),
  ]
}

function nodeTable({ headroom, examination, node }: DoctorReport, say: Say): string[] {
  const { spare, reservedKiB, allocatableKiB, evictionKiB, holders, growers, unownedKiB } = examination
  const rows: [string, string][] = []
  rows.push([
    say('headroom', '余量'),
    headroom
      ? say(
          `${sizeText(headroom.KiB)} (${percentText(headroom.ratio)}), the least: ${headroom.of}`,
          `${sizeText(headroom.KiB)}（${percentText(headroom.ratio)}），最紧：${headroom.of}`,
        )
      : say('not known', '未知'),
  ])
  if (spare) {
    const name = nameOfKey(spare.pod.workload.key)
    rows.push([
      say('spare', '余裕'),
      say(
        `${sizeText(spare.KiB)} once the pod of ${name} (${sizeText(spare.pod.KiB)}) takes ${sizeText(spare.needKiB)} more to end`,
        `${sizeText(spare.KiB)}（${name} 的 Pod 占 ${sizeText(spare.pod.KiB)}，终止时可能再需 ${sizeText(spare.needKiB)}）`,
      ),
    ])
  }
  if (reservedKiB !== null) {
    const eviction =
      evictionKiB === null
        ? ''
        : evictionKiB === 0
          ? say(', eviction off', '，驱逐关闭')
          : say(`, eviction below ${sizeText(evictionKiB)}`, `，低于 ${sizeText(evictionKiB)} 驱逐`)
    const left =
      allocatableKiB === null
        ? ''
        : say(`, ${sizeText(allocatableKiB)} for pods`, `，Pod 可用 ${sizeText(allocatableKiB)}`)
    rows.push([say('reserved', '预留'), `${sizeText(reservedKiB)}${eviction}${left}`])
  }
  if (node.kubelet) rows.push([say('kubelet', 'kubelet'), node.kubelet.source])
  for (const [index, { workload, KiB, changeKiB, habitRatio }] of holders.entries()) {
    const change = changeKiB ? `, ${changeKiB > 0 ? '+' : ''}${sizeText(changeKiB)}` : ''
    const habit = habitRatio ? say(`, ${habitRatio} times its habit`, `，为常态的 ${habitRatio} 倍`) : ''
    rows.push([
      index === 0 ? say('hold most', '占用最多') : '',
      `${sizeText(KiB).padStart(9)}  ${nameOfKey(workload)}${change}${habit}`,
    ])
  }
  for (const [index, { workload, changeKiB }] of growers.entries())
    rows.push([
      index === 0 ? say('grow', '增长') : '',
      `${`+${sizeText(changeKiB ?? 0)}`.padStart(9)}  ${nameOfKey(workload)}`,
    ])
  if (unownedKiB) rows.push([say('unowned', '无主内存'), unownedText(unownedKiB, say)])
  return [say('NODE', '节点'), ...rows.map(([name, text]) => row(name, text))]
}

function unownedText(unowned: Unowned, say: Say): string {
  const parts: [string, number | null][] = [
    ['slab', unowned.slab],
    [say('page tables', '页表'), unowned.pageTables],
    [say('tmpfs and shared', 'tmpfs 与共享'), unowned.shmem],
    [say('hugepages', '大页'), unowned.hugepages],
    [say('balloon', '气球'), unowned.balloon],
    [say('rest', '其余'), unowned.rest],
  ]
  const shown = parts.flatMap(([name, KiB]) => (KiB ? [`${name} ${sizeText(KiB)}`] : []))
  const owner = unowned.shmemOwner
    ? say(` (tmpfs of ${nameOfKey(unowned.shmemOwner)})`, `（tmpfs 属于 ${nameOfKey(unowned.shmemOwner)}）`)
    : ''
  return `${shown.join(', ')}${owner}`
}

function victimsTable(victims: readonly NextVictim[], say: Say): string[] {
  if (victims.length === 0)
    return [
      say('NEXT VICTIMS', '下一个受害者'),
      row('', say('none that the kernel could choose', '内核没有可选的进程')),
    ]
  const back = (respawns: boolean | null): string =>
    respawns === null ? '?' : respawns ? say('yes', '会') : say('no', '不会')
  return [
    say('NEXT VICTIMS, if the node ran out now', '若现在内存耗尽，依次被杀'),
    `  ${'score'.padStart(5)}  ${'adj'.padStart(5)}  ${say('holds', '占用').padStart(8)}  ${say('comes back', '会回来').padStart(10)}  ${say('frees', '释放').padStart(8)}  ${say('workload', '工作负载')}`,
    ...victims.map(
      ({ workload, score, oomScoreAdj, rssKiB, respawns, regainsKiB, pid }) =>
        `  ${String(score).padStart(5)}  ${String(oomScoreAdj).padStart(5)}  ${sizeText(rssKiB).padStart(8)}  ${back(respawns).padStart(10)}  ${(regainsKiB === null ? '?' : regainsKiB === 0 ? say('nothing', '无') : sizeText(regainsKiB)).padStart(8)}  ${nameOfKey(workload)} (pid ${pid})`,
    ),
  ]
}

function agentTable({ blindSpots, agent, isLive }: DoctorReport, say: Say): string[] {
  const fitness = agent
    ? [
        row(
          agent.ageSeconds > 60 ? say('! running', '! 运行') : say('running', '运行'),
          say(
            `oomloop ${agent.version}, pid ${agent.pid}, last word ${agent.ageSeconds} s ago, oom_score_adj ${agent.oomScoreAdj ?? '?'}`,
            `oomloop ${agent.version}，pid ${agent.pid}，${agent.ageSeconds} 秒前有消息，oom_score_adj ${agent.oomScoreAdj ?? '?'}`,
          ),
        ),
        ...agent.problems.flatMap(problem => wrapped(problem, `  ${say('! protection', '! 保护').padEnd(13)} `)),
      ]
    : !isLive
      ? []
      : [
          row(
            '- running',
            say('no agent runs here: start it with oomloop run', '本机没有运行代理：用 oomloop run 启动'),
          ),
        ]
  return [
    say('AGENT, and what it cannot see here', '代理，以及它在本机看不到的'),
    ...fitness,
    ...blindSpots.flatMap(({ code, what, toDo, isToMend }) => [
      `  ${isToMend ? '!' : '-'} ${code}`,
      ...wrapped(what, '      '),
      ...(toDo ? wrapped(toDo, '      → ') : []),
    ]),
  ]
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(13)} ${text}`
}

const width = 100

/** Breaks between words; what has none (a path, Chinese) stays as it is. */
function wrapped(text: string, prefix: string): string[] {
  const lines: string[] = []
  const indent = ' '.repeat(prefix.length)
  let line = prefix
  let isEmpty = true
  for (const word of text.split(/\s+/)) {
    if (!isEmpty && line.length + word.length + 1 > width) {
      lines.push(line)
      line = indent
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line]
}
