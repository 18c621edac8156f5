import { nameOfKey } from '../../diagnose/evidence/workload-names.ts'
import { type Paint, severityTints } from '../../text/ansi-colour.ts'
import { harmless } from '../../text/cell-width.ts'
import { type Messages, messagesOf } from '../../text/messages/catalogues.ts'
import { sizeText } from '../../text/messages/format.ts'
import { wrapped } from '../../text/wrap.ts'
import type { Alert, AttributedKill, CoreEvent, Locale, Verdict, World } from '../../types.ts'
import { type IncidentStats, incidentStats } from '../incident/incident-stats.ts'
import { sentences } from '../incident/sentences.ts'
import { createIncidentHistory } from '../incident/timeline-data.ts'
import { clockText, dateText, dayText, zoneText } from '../incident/times.ts'
import { workloadLabel } from '../incident/workload-label.ts'

export interface TextReport {
  readonly event: (event: CoreEvent, world: World) => void
  readonly alert: (alert: Alert) => void
  /** `verdicts`: those that are firing at the end; `notes`: what a person should know about what was read. */
  readonly end: (verdicts: readonly Verdict[], notes: readonly string[]) => void
}

interface TextReportOptions {
  readonly out: (line: string) => void
  readonly paint: Paint
  readonly locale: Locale
  /** On whose clocks the times are. */
  readonly zone: string
  readonly width: number
}

/**
 * Prints a line for each kill and alert during a replay. What happened and what to do comes at the end, where people at
 * a terminal look first.
 */
export function createTextReport(options: TextReportOptions): TextReport {
  const { out, paint, locale, width, zone } = options
  const messages = messagesOf(locale)
  const t = messages.report
  const history = createIncidentHistory(zone)
  const print = createPrinter(options)
  const repeated = createRepeats((count, until) =>
    print.line(until, t.moreKills({ count, until: clockText(until, zone) }), 'dim'),
  )

  return {
    event: (event, world) => {
      history.event(event, world)
      if (event.kind === 'start') repeated.end()
      if (event.kind !== 'kill' || !repeated.isFirst(event.kill)) return
      print.line(event.kill.at, killText(event.kill, t), event.kill.nodeLevel ? 'red' : 'yellow')
    },
    alert: alert => {
      repeated.end()
      history.alerts([alert])
      const tint = severityTints[alert.status === 'resolved' ? 'over' : alert.severity]
      const head = alert.status === 'resolved' ? messages.chat.over : messages.chat.severity[alert.severity]
      if (alert.notes.includes('open-end') && alert.status !== 'resolved') {
        // It has already been printed; the only news is that it is still open.
        const name = alert.subject === 'node' || !alert.workload ? null : nameOfKey(alert.workload.key)
        const open = t.stillOpen({ type: messages.verdicts[alert.type].name, name })
        print.line(Date.parse(alert.at), harmless(open, 300), tint)
        return
      }
      const notes = alert.notes.map(note => messages.chat.note[note])
      print.alert(Date.parse(alert.at), { head, tint, summary: harmless(alert.summary, 500), notes })
    },
    end: (verdicts, notes) => {
      repeated.end()
      const all = history.finish(verdicts)
      const sum = incidentStats(all)
      const title = (text: string) => out(`\n${paint(text, 'bold')}`)
      const paragraph = (text: string, indent = '  ') => {
        const [first, ...more] = wrapped(text, width - indent.length)
        out(`${indent}${first}`)
        for (const line of more) out(`${' '.repeat(indent.length)}${line}`)
      }
      title(t.title.happened)
      for (const sentence of sentences(sum, all, locale)) paragraph(harmless(sentence, 600))
      if (sum.causes.length > 0) title(t.title.causes)
      for (const cause of sum.causes.slice(0, mostCauses)) {
        paragraph(t.cause({ why: harmless(cause.why, 400), evidence: harmless(cause.evidence, 400) }), '  - ')
        paragraph(t.remedy({ remedy: harmless(cause.remedy, 400) }), '    ')
      }
      if (sum.causes.length > mostCauses) paragraph(t.moreCauses({ count: sum.causes.length - mostCauses }), '  - ')
      if (sum.actions.length > 0) title(sum.overAt === null ? t.title.actions : t.title.pastActions)
      printActions(sum, { paragraph, out, paint, t })
      title(t.title.coverage)
      for (const { coverage } of all.runs.slice(0, 20)) {
        const { counted, seen, attributed, lostRecords } = coverage
        const check = counted === null ? t.noCounter : t.counted({ count: counted })
        paragraph(`${check}${messages.units.sentenceGap}${t.seen({ seen, attributed, lost: lostRecords })}`)
      }
      const earlier = all.kills.filter(({ isEstimated }) => isEstimated).length
      if (earlier > 0 && all.runs.some(({ coverage }) => coverage.counted !== null))
        paragraph(t.earlier({ count: earlier }))
      for (const note of notes) paragraph(harmless(note, 300))
      if (sum.kind !== 'quiet') paragraph(t.page)
    },
  }
}

/** More would be too long for a terminal. */
const mostCauses = 4

function printActions(
  { actions }: IncidentStats,
  {
    paragraph,
    out,
    paint,
    t,
  }: Pick<TextReportOptions, 'out' | 'paint'> & {
    readonly paragraph: (text: string, indent?: string) => void
    readonly t: Messages['report']
  },
): void {
  for (const [index, action] of actions.entries()) {
    const size = sizeText(action.expectKiB)
    // Most steps already contain what they free.
    const effect = (action.expectKiB ?? 0) > 0 && !action.do.includes(size) ? t.frees({ size }) : null
    paragraph(t.action({ text: harmless(action.do, 400), effect }), `  ${index + 1}. `)
    // A command is one line of any length, so that it can be copied.
    if (action.command !== null) out(paint(`       $ ${harmless(action.command, 600)}`, 'cyan'))
  }
}

function killText({ kill, workload, limitLevel }: AttributedKill, t: Messages['report']): string {
  const { label, isNameOnly } = workloadLabel(workload)
  const usedKiB = kill.anonRssKiB === null ? null : kill.anonRssKiB + (kill.shmemRssKiB ?? 0)
  const comm = isNameOnly || label.includes(kill.comm ?? '') ? '' : (kill.comm ?? '')
  const facts = [
    isNameOnly ? t.nameOnly : comm,
    t.pid({ pid: kill.pid }),
    usedKiB === null ? '' : t.used({ size: sizeText(usedKiB) }),
    kill.scope === 'memcg' && kill.oomMemcg !== null ? limitText(limitLevel, kill.oomMemcg, t) : '',
  ]
  const name = isNameOnly ? (kill.comm ?? '?') : label
  return harmless(t.killed({ name: harmless(name, 120), facts: facts.filter(Boolean).join(t.factSeparator) }), 300)
}

/** The path of a container's or pod's cgroup is long and names nothing that a reader knows. */
function limitText(level: AttributedKill['limitLevel'], path: string, t: Messages['report']): string {
  if (level === 'container') return t.atContainerLimit
  return level === 'pod' ? t.atPodLimit : t.atLimit({ path })
}

/** Lines with the time in front; the day where it changes. */
function createPrinter({ out, paint, locale, width, zone }: TextReportOptions) {
  const { units, report: t } = messagesOf(locale)
  let day: string | undefined
  let lastAt: number | null = null

  const stamp = (at: number): string => {
    if (dayText(at, zone) !== day) {
      if (day !== undefined) out('')
      const date = dateText(at, units.dateLocale, zone)
      out(
        paint(
          date !== null ? t.day({ date, zone: zoneText(at, zone) }) : at > 0 ? t.timesSinceBoot : t.noTimes,
          'bold',
        ),
      )
      lastAt = null
    }
    day = dayText(at, zone)
    if (lastAt !== null && at - lastAt > 600_000)
      out(paint(`          ${t.quiet({ duration: units.duration((at - lastAt) / 1000) })}`, 'dim'))
    lastAt = Math.max(lastAt ?? at, at)
    return `${clockText(at, zone)}  `
  }

  return {
    line: (at: number, text: string, tint: Parameters<Paint>[1]): void => {
      const front = stamp(at)
      const [first, ...more] = wrapped(text, width - front.length)
      out(`${front}${paint(first!, tint)}`)
      for (const line of more) out(`${' '.repeat(front.length)}${paint(line, tint)}`)
    },
    alert: (at: number, { head, tint, summary, notes }: AlertLines): void => {
      const front = stamp(at)
      const indent = ' '.repeat(front.length + 2)
      const lines = wrapped(t.alert({ severity: head, summary }), width - indent.length)
      out(`${front}${paint(`▌ ${head}`, tint)}${lines[0]!.slice(head.length)}`)
      for (const line of [...lines.slice(1), ...notes.flatMap(note => wrapped(note, width - indent.length))])
        out(`${' '.repeat(front.length)}${paint('▌', tint)} ${line}`)
    },
  }
}

interface AlertLines {
  readonly head: string
  readonly tint: Parameters<Paint>[1]
  readonly summary: string
  readonly notes: readonly string[]
}

/**
 * Further kills of one workload in a row are counted instead of printed, so that a loop of a thousand kills does not
 * print a thousand lines.
 */
function createRepeats(print: (count: number, until: number) => void) {
  let workload: string | undefined
  let times = 0
  let count = 0
  let until = 0
  const end = (): void => {
    if (count > 0) print(count, until)
    workload = undefined
    times = 0
    count = 0
  }
  return {
    end,
    isFirst: (kill: AttributedKill): boolean => {
      if (kill.workload.key !== workload) end()
      workload = kill.workload.key
      times++
      if (times <= printedOneByOne) return true
      count++
      until = kill.at
      return false
    },
  }
}

const printedOneByOne = 3
