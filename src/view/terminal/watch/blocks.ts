import type { Verdict } from '../../types.ts'
import { severityTints } from '../paint.ts'
import { clockText, secondsText, sizeText } from '../quantities.ts'
import { cellsOf, fitted, harmless } from '../terminal-cells.ts'
import { workloadLabel } from '../workload-label.ts'
import { wrapped } from '../wrap.ts'
import type { BlockOptions } from './watch-screen.ts'
import type { Recent, WatchView } from './watch-view.ts'

/** Whom the kernel would choose now, in its own order; `rows` of them at most. */
export function nextBlock({ world }: WatchView, options: BlockOptions, rows: number): string[] {
  const { say, paint, columns } = options
  const candidates = world.identity.candidates(rows)
  const isWide = columns >= 100
  const processWidth = 15 // the kernel keeps no more of a name
  const rest = Math.max(8, columns - 6 - 6 - 10 - 9 - processWidth - 2 - 1 - cellsOf(say.back) - 1)
  const row = (cells: readonly [string, string, string, string, string, string, string]) =>
    `${fitted(cells[0], 6, 'right')}${fitted(cells[1], 6, 'right')}${fitted(cells[2], 10, 'right')}${fitted(cells[3], 9, 'right')}  ${fitted(cells[4], processWidth)} ${fitted(cells[5], rest)} ${cells[6]}`
  const head = row([say.score, say.adj, say.holds, say.pid, say.process, say.workload, say.back])
  const answer = (value: boolean | null) => (value === null ? '?' : value ? say.yes : say.no)
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
  if (lines.length === 0) return [paint(say.next, 'bold'), paint(say.nobody, 'dim')]
  return [paint(say.next, 'bold'), paint(head, 'dim'), ...lines]
}

/** Every loop with the time until its next kill, if it keeps its period. */
export function loopsBlock({ verdicts }: WatchView, options: BlockOptions, rows: number): string[] {
  const { say, paint, columns } = options
  const loops = verdicts.filter(verdict => verdict.loop !== null).toSorted((a, b) => dueAt(a) - dueAt(b))
  if (loops.length === 0) return [paint(say.loops, 'bold'), paint(say.noLoops, 'dim')]
  const shown = loops.slice(0, Math.max(1, rows - 1))
  const lines = shown.map(verdict => {
    const figures = loopFigures(verdict, options)
    const name = verdict.workload ? workloadLabel(verdict.workload).name : verdict.subject
    const due = countdown(verdict, options)
    const nameWidth = Math.max(10, columns - cellsOf(figures) - cellsOf(due.text) - 4)
    return `${fitted(harmless(name, 120), nameWidth)}  ${figures}  ${paint(due.text, due.isDue ? 'red' : 'yellow')}`
  })
  const more = loops.length - shown.length
  return [paint(say.loops, 'bold'), ...lines, ...(more > 0 ? [paint(say.more(more), 'dim')] : [])]
}

function loopFigures({ loop }: Verdict, { say, locale }: BlockOptions): string {
  const { kills, medianPeriodSeconds, yieldKiB } = loop!
  return [
    say.kills(kills),
    medianPeriodSeconds === null ? '' : say.every(secondsText(medianPeriodSeconds, locale)),
    yieldKiB === null ? '' : say.yields(sizeText(yieldKiB)),
  ]
    .filter(Boolean)
    .join('  ')
}

function dueAt({ loop }: Verdict): number {
  return loop!.medianPeriodSeconds === null
    ? Number.POSITIVE_INFINITY
    : loop!.lastKillAt + loop!.medianPeriodSeconds * 1000
}

function countdown(verdict: Verdict, { now, say, locale }: BlockOptions): { text: string; isDue: boolean } {
  const at = dueAt(verdict)
  if (!Number.isFinite(at)) return { text: '', isDue: false }
  const seconds = Math.round((at - now) / 1000)
  return seconds >= 0
    ? { text: say.nextKill(secondsText(seconds, locale)), isDue: seconds <= 5 }
    : { text: say.due(secondsText(-seconds, locale)), isDue: true }
}

/** The latest kills and alerts, as many as there is room for; what was said is broken into lines. */
export function latelyBlock({ recent }: WatchView, options: BlockOptions, rows: number): string[] {
  const { say, paint } = options
  if (rows < 2) return []
  if (recent.length === 0) return [paint(say.lately, 'bold'), paint(say.nothingYet, 'dim')]
  const lines: string[] = []
  for (const one of recent.toReversed()) {
    const its = recentLines(one, options)
    if (lines.length + its.length > rows - 1) {
      // The newest is shown in any case, and no more of it than there is room for.
      if (lines.length === 0) lines.push(...its.slice(0, rows - 1))
      break
    }
    lines.unshift(...its)
  }
  return [paint(say.lately, 'bold'), ...lines]
}

function recentLines(one: Recent, { columns, rows, paint, say }: BlockOptions): string[] {
  const clock = `${clockText(one.at)}  `
  const room = Math.max(10, columns - clock.length)
  if (one.kind === 'kill') {
    const held = one.heldKiB === null ? '' : `, ${sizeText(one.heldKiB)}`
    return [`${clock}${paint(fitted(say.killed(one.name, one.pid, held), room), 'red')}`]
  }
  // On a small screen the news is a line each, so that there is more than one.
  const lines = rows < 34 ? [one.text] : wrapped(one.text, room)
  return lines.map(
    (text, index) =>
      `${index === 0 ? clock : ' '.repeat(clock.length)}${paint(fitted(text, room), severityTints[one.severity])}`,
  )
}
