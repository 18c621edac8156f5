import { firstLeak } from '../../../detect/leak/first-leak.ts'
import { severityTints } from '../../../text/ansi-colour.ts'
import { cellsOf, fitted, harmless } from '../../../text/cell-width.ts'
import { messagesOf } from '../../../text/messages/catalogues.ts'
import { percentText, sizeChangeText, sizeText } from '../../../text/messages/format.ts'
import type { Severity, Verdict } from '../../../types.ts'
import { leakFacts } from '../../incident/leak-facts.ts'
import { clockText, timeText } from '../../incident/times.ts'
import { workloadLabel } from '../../incident/workload-label.ts'
import { downText } from '../down-text.ts'
import { loopsBlock, nextBlock, nextKillText, recentBlock } from './blocks.ts'
import type { BlockOptions, ScreenOptions } from './options.ts'
import { meter, sparkline } from './sparkline.ts'
import { hasUsage, usageBlock } from './usage.ts'
import type { WatchView } from './view.ts'

/** From this width on, recent kills and alerts have a column of their own. */
const wideColumns = 140

/** One screen, exactly as many lines as there are rows, none wider than the columns. */
export function watchScreen(view: WatchView, options: ScreenOptions): readonly string[] {
  const { watch: t, units, forecast } = messagesOf(options.locale)
  const isWide = options.columns >= wideColumns
  const left = isWide ? Math.max(80, Math.floor(options.columns * 0.55)) : options.columns
  const block: BlockOptions = {
    ...options,
    columns: left,
    screenColumns: options.columns,
    t,
    duration: units.duration,
    leak: forecast.leak,
    now: view.world.now,
  }
  const top = [
    header(view, { ...block, columns: options.columns }),
    banner(view, { ...block, columns: options.columns }),
    '',
  ]
  const foot = footer(view, { ...block, columns: options.columns })
  const room = Math.max(0, options.rows - top.length - 1)

  const figures = [
    ...headroomLines(view, block),
    ...stallLines(view, block),
    forecastLine(view, block),
    ...nextStepLines(view, block),
    '',
  ]
  // The remaining rows are shared: victims first, then loops; recent kills and alerts take the rest.
  const spare = Math.max(0, room - figures.length)
  const recentRows = isWide ? 0 : 3
  const loops = loopsBlock(view, block, Math.max(2, Math.min(10, Math.floor((spare - recentRows) / 4))))
  const forVictims = spare - loops.length - recentRows - 4
  // Top consumers come before the many next victims.
  const usageRows = hasUsage(view, block) ? Math.max(0, Math.min(7, forVictims - 5)) : 0
  const victims = nextBlock(view, block, Math.max(1, Math.min(14, forVictims - usageRows)))
  const usage = usageBlock(view, block, usageRows)
  const main = [...figures, ...victims, '', ...usage, ...loops, '']
  const body = isWide
    ? beside(main, recentBlock(view, { ...block, columns: options.columns - left - 3 }, room), left, room)
    : [...main, ...recentBlock(view, block, Math.max(0, room - main.length))]
  const lines = [...top, ...body.slice(0, room)]
  const filling = Array.from({ length: Math.max(0, options.rows - 1 - lines.length) }, () => '')
  const screen = [...lines, ...filling, foot].slice(0, options.rows)
  // Below the promised size there is no colour, and what does not fit is cut.
  return options.columns < 60 ? screen.map(line => fitted(unpainted(line), options.columns)) : screen
}

function header({ world, replay }: WatchView, { columns, paint, t, now, zone }: BlockOptions): string {
  const { name, kernel, memTotalKiB } = world.host
  const total = memTotalKiB ?? world.memory.latest?.meminfo.MemTotal ?? null
  const facts = [
    harmless(name === 'unknown' ? '?' : name, 60),
    total === null ? '' : sizeText(total),
    kernel === 'unknown' ? '' : harmless(kernel, 40),
  ].filter(Boolean)
  const how = replay ? t.replay({ name: harmless(replay.name, 40), speed: replay.speed }) : t.live
  const clock = now === 0 ? '' : timeText(now, zone)
  const right = fitted(clock, Math.min(columns, cellsOf(clock)))
  const left = fitted(`oomloop  ${facts.join('  ')}  ${how}`, Math.max(0, columns - cellsOf(right) - 2))
  return `${paint(left.slice(0, 7), 'bold')}${left.slice(7)}  ${right}`
}

const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }

/** The most severe of what is firing, in one line. */
function banner(view: WatchView, { columns, paint, t, now, locale, zone, duration }: BlockOptions): string {
  const { verdicts, downSources = [] } = view
  // The screen is then out of date.
  const [down] = downSources
  if (down) return paint(fitted(`! ${downText(down, messagesOf(locale))}`, columns), 'red')
  const [worst, ...others] = verdicts.toSorted((a, b) => rank[b.severity] - rank[a.severity] || a.since - b.since)
  if (!worst) return paint(fitted(t.quiet, columns), 'green')
  const { chat, report, verdicts: names } = messagesOf(locale)
  const signs = worst.signs.map(({ sign }) => chat.sign[sign]).join(chat.comma)
  const text = [
    report.alert({
      severity: chat.severity[worst.severity],
      summary: `${names[worst.type].name}${subjectText(worst)}`,
    }),
    t.since({ clock: clockText(worst.since, zone), duration: duration(Math.max(0, (now - worst.since) / 1000)) }),
    signs,
    others.length > 0 ? t.more({ count: others.length }) : '',
  ]
  return paint(fitted(text.filter(Boolean).join(' · '), columns), severityTints[worst.severity])
}

function subjectText({ workload }: Verdict): string {
  return workload ? ` ${harmless(workloadLabel(workload).name, 40)}` : ''
}

const spanMs = 15 * 60_000

function headroomLines({ world }: WatchView, options: BlockOptions): string[] {
  const { columns, t, paint, isUnicode, now } = options
  const { headroom, history } = world.memory
  if (!headroom) return [line(t.headroom, t.unknown, options), '']
  const slope = headroom.slopeKiBPerSecond
  const text = [
    fitted(sizeText(headroom.KiB), 9, 'right'),
    fitted(percentText(headroom.ratio), 6, 'right'),
    slope === null || Math.abs(slope) < 1 ? '' : t.perSecond({ size: sizeChangeText(slope) }),
    t.limitedBy[headroom.of],
  ]
  const tint = headroom.ratio < 0.05 ? 'red' : headroom.ratio < 0.12 ? 'yellow' : 'green'
  const width = Math.min(30, Math.max(8, columns - 60))
  const points = history().map(({ at, headroomKiB }) => ({ at, value: headroomKiB }))
  const most = points.reduce((most, { value }) => Math.max(most, value), 1)
  const curve = sparkline(points, { now, spanMs, width: columns - 12, most, worst: 'least', isUnicode })
  const textRoom = columns - 12 - width
  return [
    `${fitted(t.headroom, 10)} ${paint(meter(headroom.ratio, width, isUnicode), tint)} ${fitted(text.filter(Boolean).join('  '), textRoom)}`,
    `${paint(fitted(t.span, 10), 'dim')} ${paint(curve, tint)}`,
  ]
}

function stallLines({ world, stalls }: WatchView, options: BlockOptions): string[] {
  const { columns, t, paint, isUnicode, now } = options
  const { stall, latest } = world.memory
  const load = latest?.load1 === undefined ? '' : `${t.load} ${latest.load1}`
  if (!stall) return [line(t.stall, [t.unknown, load].filter(Boolean).join('   '), options), '']
  const worst = Math.max(stall.memoryFullRatio ?? 0, stall.ioFullRatio ?? 0)
  const tint = worst > 0.5 ? 'red' : worst > 0.1 ? 'yellow' : 'green'
  const text = `${t.memoryFull} ${percentText(stall.memoryFullRatio)}   ${t.ioFull} ${percentText(stall.ioFullRatio)}   ${load}`
  const points = stalls.map(({ at, ratio }) => ({ at, value: ratio }))
  const curve = sparkline(points, { now, spanMs, width: columns - 12, most: 1, worst: 'greatest', isUnicode })
  return [line(t.stall, text, options), `${paint(fitted(t.span, 10), 'dim')} ${paint(curve, tint)}`]
}

function forecastLine({ forecast, verdicts }: WatchView, options: BlockOptions): string {
  const { t, duration } = options
  const range = (name: string, seconds: readonly [number, number] | null | undefined) =>
    seconds
      ? `${name} ${seconds[1] === 0 ? t.now : t.range({ soonest: duration(seconds[0]), latest: duration(seconds[1]) })}`
      : ''
  const leak = firstLeak(verdicts)
  const text = [
    range(t.firstKill, forecast?.firstKillSeconds),
    range(t.notReady, forecast?.notReadySeconds),
    leak ? options.leak(leakFacts(leak)) : '',
  ]
  return line(t.forecast, text.filter(Boolean).join(' · ') || nextKillText(verdicts, options) || t.noForecast, options)
}

/** The next step, with its command in full so that it can be copied. */
function nextStepLines({ nextStep }: WatchView, options: BlockOptions): string[] {
  const { columns, paint, t } = options
  if (!nextStep) return []
  const room = Math.max(10, columns - 13)
  const command = nextStep.command === null ? '' : harmless(nextStep.command, 600)
  const rows = continuedLines(command, room)
  return [
    line(t.nextStep, wholeSentences(harmless(nextStep.do, 400), columns - 11), options),
    ...rows.map((row, index) => `${' '.repeat(11)}${paint(`${index === 0 ? '$ ' : '  '}${row}`, 'cyan')}`),
  ]
}

/** As many sentences as fit; the first one in any case. */
function wholeSentences(text: string, columns: number): string {
  const sentences = text.split(/(?<=\.) |(?<=。)/)
  const gap = text.includes('。') ? '' : ' '
  let shown = sentences[0]!
  for (const sentence of sentences.slice(1)) {
    const longer = `${shown}${gap}${sentence}`
    if (cellsOf(longer) > columns) break
    shown = longer
  }
  return shown
}

/** A command over several lines as a shell takes it: broken between words, with a backslash at the end of each but the last. */
function continuedLines(command: string, room: number): readonly string[] {
  const words = command.match(/(?:'[^']*'|"[^"]*"|[^\s])+/g) ?? []
  const lines: string[] = []
  for (const word of words) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`
    if (lines.length === 0 || cellsOf(longer) > room - 2) lines.push(word)
    else lines[lines.length - 1] = longer
  }
  return lines.map((text, index) => (index < lines.length - 1 ? `${text} \\` : text))
}

function line(name: string, text: string, { columns }: BlockOptions): string {
  return `${fitted(name, 10)} ${fitted(text, Math.max(0, columns - 11))}`
}

function footer({ replay, agent }: WatchView, { columns, paint, t, duration }: BlockOptions): string {
  const keys = [`q ${t.quit}`, ...(replay ? [`␣ ${t.pause}`, `+/− ${t.speed}`] : [])].join('   ')
  const state =
    replay?.state === 'paused'
      ? t.paused
      : replay?.state === 'ended'
        ? t.ended
        : agent === undefined
          ? ''
          : agent === null
            ? t.noAgent
            : agent === 'hidden'
              ? t.agentHidden
              : t.agent({ ...agent, age: duration(agent.ageSeconds) })
  const right = harmless(state, 60)
  return paint(`${fitted(keys, Math.max(0, columns - cellsOf(right) - 1))} ${right}`, 'dim')
}

function beside(left: readonly string[], right: readonly string[], width: number, rows: number): string[] {
  return Array.from({ length: rows }, (_, row) => `${padded(left[row] ?? '', width)} │ ${right[row] ?? ''}`)
}

/** As `fitted`, for a line that is painted already and no wider than that. */
function padded(text: string, width: number): string {
  const cells = cellsOf(unpainted(text))
  return text + ' '.repeat(Math.max(0, width - cells))
}

function unpainted(text: string): string {
  return text.replace(/\u001b\[\d+m/g, '')
}
