import { severityTints } from '../../../text/ansi-colour.ts'
import { cellsOf, fitted, harmless } from '../../../text/cell-width.ts'
import { sizeChangeText, sizeText } from '../../../text/messages/format.ts'
import { wrapped } from '../../../text/wrap.ts'
import type { Verdict } from '../../../types.ts'
import { clockText } from '../../incident/times.ts'
import { workloadLabel } from '../../incident/workload-label.ts'
import type { BlockOptions } from './options.ts'
import type { Recent, WatchView } from './view.ts'

/** The processes that the kernel would choose now, in its own order; at most `rows`. */
export function nextBlock({ world }: WatchView, options: BlockOptions, rows: number): string[] {
  const { t, paint, columns } = options
  const candidates = world.identity.candidates(rows)
  const isWide = columns >= 100
  const processWidth = 15 // the kernel keeps no more of a name
  const rest = Math.max(8, columns - 6 - 6 - 10 - 9 - processWidth - 2 - 1 - cellsOf(t.restarts) - 1)
  const row = (cells: readonly [string, string, string, string, string, string, string]) =>
    `${fitted(cells[0], 6, 'right')}${fitted(cells[1], 6, 'right')}${fitted(cells[2], 10, 'right')}${fitted(cells[3], 9, 'right')}  ${fitted(cells[4], processWidth)} ${fitted(cells[5], rest)} ${cells[6]}`
  const head = row([t.score, t.adj, t.uses, t.pid, t.process, t.workload, t.restarts])
  const answer = (value: boolean | null) => (value === null ? '?' : value ? t.yes : t.no)
  const lines = candidates.map(({ process, workload }) => {
    const { label, name, isNameOnly } = workloadLabel(workload)
    const short = workload.namespace === null ? name : `${workload.namespace}/${name}`
    return row([
      `${process.oomScore}`,
      `${process.oomScoreAdj}`,
      sizeText(process.rssKiB),
      `${process.pid}`,
      harmless(process.comm, 40),
      isNameOnly ? '' : harmless(isWide ? label : short, 160),
      answer(world.identity.respawns(workload)),
    ])
  })
  if (lines.length === 0) return [paint(t.next, 'bold'), paint(t.noProcesses, 'dim')]
  return [paint(t.next, 'bold'), paint(head, 'dim'), ...lines]
}

/** Every loop with the time until its next kill, assuming the same period. */
export function loopsBlock({ verdicts }: WatchView, options: BlockOptions, rows: number): string[] {
  const { t, paint, columns } = options
  const loops = verdicts.filter(verdict => verdict.loop !== null).toSorted((a, b) => dueAt(a) - dueAt(b))
  if (loops.length === 0) return [paint(t.loops, 'bold'), paint(t.noLoops, 'dim')]
  const shown = loops.slice(0, Math.max(1, rows - 1))
  const lines = shown.map(verdict => {
    const figures = loopFigures(verdict, options)
    const name = verdict.workload ? workloadLabel(verdict.workload).name : verdict.subject
    const due = countdown(verdict, options)
    const nameWidth = Math.max(10, columns - cellsOf(figures) - cellsOf(due.text) - 4)
    return `${fitted(harmless(name, 120), nameWidth)}  ${figures}  ${paint(due.text, due.isDue ? 'red' : 'yellow')}`
  })
  const more = loops.length - shown.length
  return [paint(t.loops, 'bold'), ...lines, ...(more > 0 ? [paint(t.more({ count: more }), 'dim')] : [])]
}

function loopFigures({ loop }: Verdict, { t, duration }: BlockOptions): string {
  const { kills, medianPeriodSeconds, yieldKiB } = loop!
  return [
    t.kills({ count: kills }),
    medianPeriodSeconds === null ? '' : t.every({ period: duration(medianPeriodSeconds) }),
    yieldKiB === null ? '' : t.perCycle({ size: sizeChangeText(yieldKiB) }),
  ]
    .filter(Boolean)
    .join('  ')
}

/** When the first of the loops kills next; empty where none does. */
export function nextKillText(verdicts: WatchView['verdicts'], options: BlockOptions): string {
  const [first] = verdicts.filter(verdict => verdict.loop !== null).toSorted((a, b) => dueAt(a) - dueAt(b))
  return first ? countdown(first, options).text : ''
}

function dueAt({ loop }: Verdict): number {
  return loop!.medianPeriodSeconds === null
    ? Number.POSITIVE_INFINITY
    : loop!.lastKillAt + loop!.medianPeriodSeconds * 1000
}

function countdown(verdict: Verdict, { now, t, duration }: BlockOptions): { text: string; isDue: boolean } {
  const at = dueAt(verdict)
  if (!Number.isFinite(at)) return { text: '', isDue: false }
  const seconds = Math.round((at - now) / 1000)
  return seconds >= 0
    ? { text: t.nextKill({ duration: duration(seconds) }), isDue: seconds <= 5 }
    : { text: t.overdue({ duration: duration(-seconds) }), isDue: true }
}

/** The latest kills and alerts, as many as fit; alerts are wrapped. */
export function recentBlock({ recent }: WatchView, options: BlockOptions, rows: number): string[] {
  const { t, paint } = options
  if (rows < 2) return []
  if (recent.length === 0) return [paint(t.recent, 'bold'), paint(t.nothingYet, 'dim')]
  const lines: string[] = []
  for (const one of recent.toReversed()) {
    const its = recentLines(one, options)
    if (lines.length + its.length > rows - 1) {
      // The newest one is always shown, cut to the available space.
      if (lines.length === 0) lines.push(...its.slice(0, rows - 1))
      break
    }
    lines.unshift(...its)
  }
  return [paint(t.recent, 'bold'), ...lines]
}

function recentLines(one: Recent, { columns, rows, paint, t, zone }: BlockOptions): string[] {
  const clock = `${clockText(one.at, zone)}  `
  const room = Math.max(10, columns - clock.length)
  if (one.kind === 'kill') {
    const size = one.usedKiB === null ? null : sizeText(one.usedKiB)
    return [`${clock}${paint(fitted(t.killed({ name: one.name, pid: one.pid, size }), room), 'red')}`]
  }
  // On a small screen the news is a line each, so that there is more than one.
  const lines = rows < 34 ? [one.text] : wrapped(one.text, room)
  return lines.map(
    (text, index) =>
      `${index === 0 ? clock : ' '.repeat(clock.length)}${paint(fitted(text, room), severityTints[one.severity])}`,
  )
}
