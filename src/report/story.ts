import { words } from '../deliver/format/words.ts'
import type { Alert, AttributedKill, CoreEvent, Locale, Verdict, World } from '../types.ts'
import { createChronicle } from './chronicle.ts'
import { type Digest, digest } from './digest.ts'
import { type Paint, severityTints } from './paint.ts'
import { clockText, dateText, dayText, secondsText, sizeText } from './quantities.ts'
import { sentences } from './sentences.ts'
import { type StoryWords, storyWords } from './story-words.ts'
import { harmless } from './terminal-cells.ts'
import { workloadLabel } from './workload-label.ts'
import { wrapped } from './wrap.ts'

export interface Story {
  readonly event: (event: CoreEvent, world: World) => void
  readonly alert: (alert: Alert) => void
  /** `verdicts`: those that are firing at the end; `notes`: what a person should know about what was read. */
  readonly end: (verdicts: readonly Verdict[], notes: readonly string[]) => void
}

export interface StoryOptions {
  readonly out: (line: string) => void
  readonly paint: Paint
  readonly locale: Locale
  readonly width: number
}

/**
 * Tells a replay as it goes, a line for each kill and what was said of it; and at the end, where the eye of someone at a
 * terminal is, what it adds up to and what to do.
 */
export function createStory(options: StoryOptions): Story {
  const { out, paint, locale, width } = options
  const say = storyWords(locale)
  const chronicle = createChronicle()
  const print = createPrinter(options)
  const repeated = createRepeats((count, until) => print.line(until, say.more(count, clockText(until)), 'dim'))

  return {
    event: (event, world) => {
      chronicle.event(event, world)
      if (event.kind === 'start') repeated.end()
      if (event.kind !== 'kill' || !repeated.isFirst(event.kill)) return
      print.line(event.kill.at, killText(event.kill, say), event.kill.nodeLevel ? 'red' : 'yellow')
    },
    alert: alert => {
      repeated.end()
      chronicle.alerts([alert])
      const tint = severityTints[alert.status === 'resolved' ? 'over' : alert.severity]
      const head = alert.status === 'resolved' ? words[locale].over : words[locale].severity[alert.severity]
      const notes = alert.notes.map(note => words[locale].note[note]).join('; ')
      print.said(Date.parse(alert.at), { head, tint, text: harmless(alert.summary, 500), notes })
    },
    end: (verdicts, notes) => {
      repeated.end()
      const told = chronicle.finish(verdicts)
      const sum = digest(told)
      const title = (text: string) => out(`\n${paint(text, 'bold')}`)
      const paragraph = (text: string, indent = '  ') => {
        const [first, ...more] = wrapped(text, width - indent.length)
        out(`${indent}${first}`)
        for (const line of more) out(`${' '.repeat(indent.length)}${line}`)
      }
      title(say.what)
      for (const sentence of sentences(sum, told, locale)) paragraph(harmless(sentence, 600))
      if (sum.causes.length > 0) title(say.why)
      for (const cause of sum.causes.slice(0, mostCauses)) {
        paragraph(`${harmless(cause.why, 400)} (${harmless(cause.evidence, 400)})`, '  - ')
        paragraph(`${say.remedy}${harmless(cause.remedy, 400)}`, '    ')
      }
      if (sum.causes.length > mostCauses) paragraph(say.moreCauses(sum.causes.length - mostCauses), '  - ')
      if (sum.actions.length > 0) title(sum.overAt === null ? say.toDo : say.wasToDo)
      tellActions(sum, { paragraph, out, paint, say })
      title(say.coverage)
      for (const { coverage } of told.runs.slice(0, 20)) {
        const { counted, seen, attributed, lostRecords } = coverage
        const check = counted === null ? say.noCounter : say.counted(counted)
        paragraph(`${check} ${say.seen(seen, attributed, lostRecords)}`)
      }
      const earlier = told.kills.filter(({ isEstimated }) => isEstimated).length
      if (earlier > 0 && told.runs.some(({ coverage }) => coverage.counted !== null)) paragraph(say.earlier(earlier))
      for (const note of notes) paragraph(harmless(note, 300))
      if (sum.kind !== 'quiet') paragraph(say.page)
    },
  }
}

/** More are read by nobody at a terminal. */
const mostCauses = 4

function tellActions(
  { actions }: Digest,
  {
    paragraph,
    out,
    paint,
    say,
  }: Pick<StoryOptions, 'out' | 'paint'> & {
    readonly paragraph: (text: string, indent?: string) => void
    readonly say: StoryWords
  },
): void {
  for (const [index, action] of actions.entries()) {
    const expect = (action.expectKiB ?? 0) > 0 ? ` (${say.expect(sizeText(action.expectKiB))})` : ''
    paragraph(`${harmless(action.do, 400)}${expect}`, `  ${index + 1}. `)
    // A command is one line, however long: it is there to be copied.
    if (action.command !== null) out(paint(`       $ ${harmless(action.command, 600)}`, 'cyan'))
  }
}

function killText({ kill, workload }: AttributedKill, say: StoryWords): string {
  const { label, isNameOnly } = workloadLabel(workload)
  const heldKiB = kill.anonRssKiB === null ? null : kill.anonRssKiB + (kill.shmemRssKiB ?? 0)
  const comm = isNameOnly || label.includes(kill.comm ?? '') ? '' : (kill.comm ?? '')
  const facts = [
    isNameOnly ? say.nameOnly : comm,
    say.pid(kill.pid),
    heldKiB === null ? '' : say.held(sizeText(heldKiB)),
    kill.scope === 'memcg' && kill.oomMemcg !== null ? say.atLimit(kill.oomMemcg) : '',
  ]
  const name = isNameOnly ? (kill.comm ?? '?') : label
  return harmless(say.killed(harmless(name, 120), facts.filter(Boolean).join(', ')), 300)
}

/** Lines with the time in front; the day where it changes. */
function createPrinter({ out, paint, locale, width }: StoryOptions) {
  let day = ''
  let lastAt: number | null = null

  const stamp = (at: number): string => {
    if (dayText(at) !== day) {
      if (day !== '') out('')
      out(paint(`${dateText(at, locale)}, UTC`, 'bold'))
      lastAt = null
    }
    day = dayText(at)
    // Silence is part of a story.
    if (lastAt !== null && at - lastAt > 600_000)
      out(paint(`          ${storyWords(locale).quiet(secondsText((at - lastAt) / 1000, locale))}`, 'dim'))
    lastAt = Math.max(lastAt ?? at, at)
    return `${clockText(at)}  `
  }

  return {
    line: (at: number, text: string, tint: Parameters<Paint>[1]): void => {
      const front = stamp(at)
      const [first, ...more] = wrapped(text, width - front.length)
      out(`${front}${paint(first!, tint)}`)
      for (const line of more) out(`${' '.repeat(front.length)}${paint(line, tint)}`)
    },
    said: (
      at: number,
      { head, tint, text, notes }: { head: string; tint: Parameters<Paint>[1]; text: string; notes: string },
    ): void => {
      const front = stamp(at)
      const indent = ' '.repeat(front.length + 2)
      const lines = wrapped(`${head}: ${text}`, width - indent.length)
      out(`${front}${paint(`▌ ${head}`, tint)}${lines[0]!.slice(head.length)}`)
      for (const line of [...lines.slice(1), ...(notes === '' ? [] : wrapped(notes, width - indent.length))])
        out(`${' '.repeat(front.length)}${paint('▌', tint)} ${line}`)
    },
  }
}

/** Kills of one workload in a row are told once and counted: a loop of a thousand rounds is no thousand lines. */
function createRepeats(tell: (count: number, until: number) => void) {
  let workload: string | undefined
  let times = 0
  let count = 0
  let until = 0
  const end = (): void => {
    if (count > 0) tell(count, until)
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
      if (times <= toldOneByOne) return true
      count++
      until = kill.at
      return false
    },
  }
}

const toldOneByOne = 3
