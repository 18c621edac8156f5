import type { LeakOutlook } from '../../detect/leak/first-leak.ts'
import { nameOfKey } from '../../diagnose/evidence/workload-names.ts'
import type { Examination } from '../../diagnose/explain.ts'
import type { BlindSpot } from '../../doctor/blind-spots.ts'
import { fitted } from '../../text/cell-width.ts'
import { localTimeText } from '../../text/local-time.ts'
import { type Messages, messagesOf } from '../../text/messages/catalogues.ts'
import { percentText, sizeChangeText, sizeText } from '../../text/messages/format.ts'
import { wrappedBehind } from '../../text/wrap.ts'
import type { Headroom, HostFacts, Locale, MachineFacts, NextVictim, UnaccountedMemory } from '../../types.ts'
import { leakFacts } from '../incident/leak-facts.ts'

/** State of the agent that runs on this host. */
export interface AgentFitness {
  readonly pid: number
  readonly version: string
  /** Last heartbeat, ISO 8601. */
  readonly at: string
  readonly ageSeconds: number
  readonly oomScoreAdj: number | null
  /** The missing parts of its protection, in sentences. */
  readonly problems: readonly string[]
  readonly longestGapMs: number
}

/** The findings of doctor: its JSON, and the source of its text. */
export interface DoctorReport {
  readonly at: string
  readonly node: HostFacts
  readonly headroom: Headroom | null
  readonly isPrimed: boolean
  /** The code of the cause to fix first; null: nothing to fix. */
  readonly changeFirst: string | null
  readonly examination: Examination
  /** The leak that would use up the node first, as the agent that runs here (or the capture) has seen it; null: none. */
  readonly leak: LeakOutlook | null
  readonly blindSpots: readonly BlindSpot[]
  readonly agent: AgentFitness | null
  /** Whether an agent runs is not for this user to see. */
  readonly isAgentHidden?: boolean
  /** Of a live host; null for a capture. */
  readonly machine: MachineFacts | null
  /** A running host instead of a capture or a folder of files. */
  readonly isLive: boolean
  readonly hasFindings: boolean
}

/** The report for people: the result, what to fix in order, and the figures. */
export function doctorText(
  report: DoctorReport,
  { locale, timeZone }: { readonly locale: Locale; readonly timeZone: string },
): string {
  const t = messagesOf(locale)
  return [
    ...head(report, t.doctor, timeZone),
    '',
    ...causes(report, t.doctor),
    ...nodeTable(report, t),
    '',
    ...victimsTable(report.examination.nextVictims, t.doctor),
    '',
    ...agentTable(report, t),
    ...(report.machine ? ['', ...machineLines(report.machine, t)] : []),
  ].join('\n')
}

/** What the machine is, in a few lines: what a bug report needs. */
function machineLines(machine: MachineFacts, { doctor, units }: Messages): string[] {
  const { model, hypervisor, virtual, cpu, cores, sockets, memoryModules, distribution, swapDevices, runtimes } =
    machine
  const t = doctor.machine
  const row = (name: string, text: string) => (text === '' ? [] : [`  ${fitted(name, 14)}${text}`])
  return [
    t.title({ isContainer: machine.askedFrom === 'container' }),
    ...row(t.model, [model ?? '', virtual ? (hypervisor ?? t.virtual) : ''].filter(Boolean).join(', ')),
    ...row(t.cpu, cpu ? t.cpuText({ cpu, cores: cores ?? 0, sockets: sockets ?? 0 }) : ''),
    ...row(t.memory, units.list(memoryModules ?? [], 8)),
    ...row(t.distribution, distribution ?? ''),
    ...row(
      t.swap,
      units.list(
        swapDevices.map(({ name, KiB }) => `${name} ${sizeText(KiB)}`),
        8,
      ) || t.none,
    ),
    ...row(t.runtime, units.list(runtimes, 8) || t.none),
  ]
}

type DoctorMessages = Messages['doctor']

function head(
  { node, at, isPrimed, hasFindings, examination, changeFirst }: DoctorReport,
  t: DoctorMessages,
  timeZone: string,
): string[] {
  const restarts = examination.nextVictims[0]?.respawns === true
  const memory = node.memTotalKiB === null ? '' : `, ${sizeText(node.memTotalKiB)}`
  const verdict = isPrimed ? t.verdict.atRisk({ restarts }) : hasFindings ? t.verdict.issues : t.verdict.fine
  const first = examination.diagnosis.find(({ code }) => code === changeFirst)
  return [
    `${node.name}: ${node.os}, Linux ${node.kernel}${memory}; ${localTimeText(at, timeZone)}`,
    '',
    ...wrappedBehind('', verdict, width),
    ...(first ? wrappedBehind('   ', t.fixFirst({ remedy: first.remedy }), width) : []),
  ]
}

function causes({ examination }: DoctorReport, t: DoctorMessages): string[] {
  const { diagnosis, toFix } = examination
  const entry = (index: number): string[] => {
    const { code, why, evidence, remedy } = diagnosis[index]!
    return [
      `${String(index + 1).padStart(2)}. ${code}`,
      ...wrappedBehind('    ', why, width),
      ...wrappedBehind('    ', evidence, width),
      ...wrappedBehind('    → ', remedy, width),
    ]
  }
  const indexes = diagnosis.map((_, index) => index)
  const fix = indexes.filter(index => index < toFix)
  const advice = indexes.filter(index => index >= toFix)
  return [
    ...(fix.length > 0 ? [t.title.fix, ...fix.flatMap(entry), ''] : []),
    ...(advice.length > 0 ? [t.title.advice, ...advice.flatMap(entry), ''] : []),
  ]
}

function nodeTable(report: DoctorReport, { doctor: t, forecast, units: { list } }: Messages): string[] {
  const { headroom, examination, leak, node } = report
  const { spare, holders, growers, unownedKiB } = examination
  const rows: [string, string][] = [[t.row.headroom, headroom ? headroomText(headroom, t) : t.unknown]]
  if (spare) {
    const pod = nameOfKey(spare.pod.workload.key)
    const sizes = { size: sizeText(spare.KiB), podSize: sizeText(spare.pod.KiB), need: sizeText(spare.needKiB) }
    rows.push([t.row.spare, t.spare({ pod, ...sizes })])
  }
  if (examination.reservedKiB !== null) rows.push([t.row.reserved, reservedText(examination, t)])
  if (node.kubelet) rows.push([t.row.kubelet, node.kubelet.source])
  for (const [index, { workload, KiB, changeKiB, habitRatio }] of holders.entries()) {
    const change = changeKiB ? `, ${sizeChangeText(changeKiB)}` : ''
    const baseline = habitRatio ? `, ${t.timesBaseline({ ratio: habitRatio })}` : ''
    const text = `${sizeText(KiB).padStart(9)}  ${nameOfKey(workload)}${change}${baseline}`
    rows.push([index === 0 ? t.row.topConsumers : '', text])
  }
  for (const [index, { workload, changeKiB }] of growers.entries()) {
    const text = `${sizeChangeText(changeKiB ?? 0).padStart(9)}  ${nameOfKey(workload)}`
    rows.push([index === 0 ? t.row.growing : '', text])
  }
  if (leak) rows.push([t.row.leak, forecast.leak(leakFacts(leak))])
  if (unownedKiB) rows.push([t.row.unaccounted, unaccountedText(unownedKiB, t, list)])
  return [t.title.node, ...rows.map(([name, text]) => row(name, text))]
}

function headroomText({ KiB, ratio, of }: Headroom, t: DoctorMessages): string {
  return t.headroom({ size: sizeText(KiB), percent: percentText(ratio), of: t.headroomOf[of] })
}

function reservedText({ reservedKiB, evictionKiB, allocatableKiB }: Examination, t: DoctorMessages): string {
  const eviction =
    evictionKiB === null ? '' : evictionKiB === 0 ? t.evictionOff : t.evictionBelow({ size: sizeText(evictionKiB) })
  const allocatable = allocatableKiB === null ? '' : t.allocatable({ size: sizeText(allocatableKiB) })
  return t.reserved({ size: sizeText(reservedKiB), eviction, allocatable })
}

function unaccountedText(unaccounted: UnaccountedMemory, t: DoctorMessages, list: Messages['units']['list']): string {
  const names = Object.entries(t.unaccountedPart) as [keyof DoctorMessages['unaccountedPart'], string][]
  const shown = names.flatMap(([part, name]) => (unaccounted[part] ? [`${name} ${sizeText(unaccounted[part])}`] : []))
  const owner = unaccounted.shmemOwner ? [t.tmpfsOf({ owner: nameOfKey(unaccounted.shmemOwner) })] : []
  return list([...shown, ...owner], 9)
}

function victimsTable(victims: readonly NextVictim[], t: DoctorMessages): string[] {
  if (victims.length === 0) return [t.title.nextVictims, row('', t.noVictims)]
  const answer = (restarts: boolean | null): string => (restarts === null ? '?' : restarts ? t.yes : t.no)
  const line = (cells: readonly [string, string, string, string, string, string]) =>
    `  ${cells
      .slice(0, 5)
      .map((cell, index) => fitted(cell, victimColumns[index]!, 'right'))
      .join('  ')}  ${cells[5]}`
  const { score, adj, uses, restarts, frees, workload } = t.victim
  return [
    t.title.nextVictims,
    line([score, adj, uses, restarts, frees, workload]),
    ...victims.map(its =>
      line([
        String(its.score),
        String(its.oomScoreAdj),
        sizeText(its.rssKiB),
        answer(its.respawns),
        its.respawns ? t.freesNothing : sizeText(its.regainsKiB),
        `${nameOfKey(its.workload)} (pid ${its.pid})`,
      ]),
    ),
  ]
}

const victimColumns = [6, 5, 8, 8, 12]

function agentTable(
  { blindSpots, agent, isAgentHidden, isLive }: DoctorReport,
  { doctor: t, units }: Messages,
): string[] {
  return [
    t.title.agent,
    ...(agent
      ? agentLines(agent, t, units)
      : isLive
        ? [row(`- ${t.row.running}`, isAgentHidden ? t.agentHidden : t.noAgent)]
        : []),
    ...blindSpots.flatMap(({ code, what, toDo, isToFix }) => [
      `  ${isToFix ? '!' : '-'} ${code}`,
      ...wrappedBehind('      ', what, width),
      ...(toDo ? wrappedBehind('      → ', toDo, width) : []),
    ]),
  ]
}

function agentLines(agent: AgentFitness, t: DoctorMessages, { duration }: Messages['units']): string[] {
  const { version, pid, ageSeconds, oomScoreAdj, problems } = agent
  const age = duration(Math.max(1, ageSeconds))
  const name = ageSeconds > 60 ? `! ${t.row.running}` : t.row.running
  return [
    row(name, t.agent({ version, pid, age, adj: `${oomScoreAdj ?? '?'}` })),
    ...problems.flatMap(problem => wrappedBehind(`  ${fitted(`! ${t.row.protection}`, nameWidth)} `, problem, width)),
  ]
}

const width = 100
const nameWidth = 14

function row(name: string, text: string): string {
  return `  ${fitted(name, nameWidth)} ${text}`
}
