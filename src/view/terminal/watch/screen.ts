import { words } from '../../deliver/format/words.ts'
import type { Locale, Severity, Verdict } from '../../types.ts'
import { type Paint, severityTints } from '../paint.ts'
import { clockText, dayText, percentText, secondsText, sizeText } from '../quantities.ts'
import { cellsOf, fitted, harmless } from '../terminal-cells.ts'
import { workloadLabel } from '../workload-label.ts'
import { meter, sparkline } from './sparkline.ts'
import { latelyBlock, loopsBlock, nextBlock } from './watch-blocks.ts'
import type { WatchView } from './watch-view.ts'
import { type WatchWords, watchWords } from './watch-words.ts'

export interface ScreenOptions {
  readonly columns: number
  readonly rows: number
  readonly paint: Paint
  readonly isUnicode: boolean
  readonly locale: Locale
}

/** What the blocks of a screen are drawn with. */
export interface BlockOptions extends ScreenOptions {
  readonly say: WatchWords
  readonly now: number
}

/** From here on what was said lately has a column of its own. */
const wideColumns = 140

/** One screen, exactly as many lines as there are rows, none wider than the columns. */
export function watchScreen(view: WatchView, options: ScreenOptions): readonly string[] {
  const say = watchWords(options.locale)
  const isWide = options.columns >= wideColumns
  const left = isWide ? Math.max(80, Math.floor(options.columns * 0.55)) : options.columns
  const block: BlockOptions = { ...options, columns: left, say, now: view.world.now }
  const top = [
    header(view, { ...block, columns: options.columns }),
    banner(view, { ...block, columns: options.columns }),
    '',
  ]
  const foot = footer(view, { ...block, columns: options.columns })
  const room = Math.max(0, options.rows - top.length - 1)

  const figures = [...headroomLines(view, block), ...stallLines(view, block), forecastLine(view, block), '']
  // What is left is shared: victims first, then loops; lately takes the rest.
  const spare = Math.max(0, room - figures.length)
  const lately = isWide ? 0 : 3
  const loops = loopsBlock(view, block, Math.max(2, Math.min(10, Math.floor((spare - lately) / 4))))
  const victims = nextBlock(view, block, Math.max(1, Math.min(14, spare - loops.length - lately - 4)))
  const main = [...figures, ...victims, '', ...loops, '']
  const body = isWide
    ? beside(main, latelyBlock(view, { ...block, columns: options.columns - left - 3 }, room), left, room)
    : [...main, ...latelyBlock(view, block, Math.max(0, room - main.length))]
  const lines = [...top, ...body.slice(0, room)]
  const filling = Array.from({ length: Math.max(0, options.rows - 1 - lines.length) }, () => '')
  const screen = [...lines, ...filling, foot].slice(0, options.rows)
  // Below the promised size there is no colour, and what does not fit is cut.
  return options.columns < 60 ? screen.map(line => fitted(unpainted(line), options.columns)) : screen
}

function header({ world, replay }: WatchView, { columns, paint, say, now }: BlockOptions): string {
  const { name, kernel, memTotalKiB } = world.host
  const total = memTotalKiB ?? world.memory.latest?.meminfo.MemTotal ?? null
  const facts = [
    harmless(name === 'unknown' ? '?' : name, 60),
    total === null ? '' : sizeText(total),
    kernel === 'unknown' ? '' : harmless(kernel, 40),
  ].filter(Boolean)
  const how = replay ? say.replay(harmless(replay.name, 40), `${replay.speed}`) : say.live
  const clock = now === 0 ? '' : `${dayText(now)} ${clockText(now)} UTC`
  const right = fitted(clock, Math.min(columns, cellsOf(clock)))
  const left = fitted(`oomloop  ${facts.join('  ')}  ${how}`, Math.max(0, columns - cellsOf(right) - 2))
  return `${paint(left.slice(0, 7), 'bold')}${left.slice(7)}  ${right}`
}

const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }

/** The gravest of what is firing, in one line. */
function banner({ verdicts }: WatchView, { columns, paint, say, now, locale }: BlockOptions): string {
  const [worst, ...others] = verdicts.toSorted((a, b) => rank[b.severity] - rank[a.severity] || a.since - b.since)
  if (!worst) return paint(fitted(say.quiet, columns), 'green')
  const chat = words[locale]
  const signs = worst.signs.map(({ sign }) => chat.sign[sign]).join(', ')
  const text = [
    `${chat.severity[worst.severity]}: ${chat.type[worst.type]}${subjectText(worst)}`,
    say.since(clockText(worst.since), secondsText(Math.max(0, (now - worst.since) / 1000), locale)),
    signs,
    others.length > 0 ? say.more(others.length) : '',
  ]
  return paint(fitted(text.filter(Boolean).join(' · '), columns), severityTints[worst.severity])
}

function subjectText({ workload }: Verdict): string {
  return workload ? ` ${harmless(workloadLabel(workload).name, 40)}` : ''
}

const spanMs = 15 * 60_000

function headroomLines({ world }: WatchView, options: BlockOptions): string[] {
  const { columns, say, paint, isUnicode, now } = options
  const { headroom, history } = world.memory
  if (!headroom) return [line(say.headroom, say.unknown, options), '']
  const slope = headroom.slopeKiBPerSecond
  const text = [
    fitted(sizeText(headroom.KiB), 9, 'right'),
    fitted(percentText(headroom.ratio), 6, 'right'),
    slope === null || Math.abs(slope) < 1 ? '' : say.perSecond(`${slope > 0 ? '+' : ''}${sizeText(slope)}`),
    say.least[headroom.of],
  ]
  const tint = headroom.ratio < 0.05 ? 'red' : headroom.ratio < 0.12 ? 'yellow' : 'green'
  const width = Math.min(30, Math.max(8, columns - 60))
  const points = history().map(({ at, headroomKiB }) => ({ at, value: headroomKiB }))
  const most = points.reduce((most, { value }) => Math.max(most, value), 1)
  const curve = sparkline(points, { now, spanMs, width: columns - 12, most, worst: 'least', isUnicode })
  const textRoom = columns - 12 - width
  return [
    `${fitted(say.headroom, 10)} ${paint(meter(headroom.ratio, width, isUnicode), tint)} ${fitted(text.filter(Boolean).join('  '), textRoom)}`,
    `${paint(fitted(say.span, 10), 'dim')} ${paint(curve, tint)}`,
  ]
}

function stallLines({ world, stalls }: WatchView, options: BlockOptions): string[] {
  const { columns, say, paint, isUnicode, now } = options
  const { stall, latest } = world.memory
  const load = latest?.load1 === undefined ? '' : `${say.load} ${latest.load1}`
  if (!stall) return [line(say.stall, [say.unknown, load].filter(Boolean).join('   '), options), '']
  const worst = Math.max(stall.memoryFullRatio ?? 0, stall.ioFullRatio ?? 0)
  const tint = worst > 0.5 ? 'red' : worst > 0.1 ? 'yellow' : 'green'
  const text = `${say.memoryFull} ${percentText(stall.memoryFullRatio)}   ${say.ioFull} ${percentText(stall.ioFullRatio)}   ${load}`
  const points = stalls.map(({ at, ratio }) => ({ at, value: ratio }))
  const curve = sparkline(points, { now, spanMs, width: columns - 12, most: 1, worst: 'greatest', isUnicode })
  return [line(say.stall, text, options), `${paint(fitted(say.span, 10), 'dim')} ${paint(curve, tint)}`]
}

function forecastLine({ forecast }: WatchView, options: BlockOptions): string {
  const { say, locale } = options
  const range = (name: string, seconds: readonly [number, number] | null | undefined) =>
    seconds
      ? `${name} ${seconds[1] === 0 ? say.now : say.range(secondsText(seconds[0], locale), secondsText(seconds[1], locale))}`
      : ''
  const text = [range(say.firstKill, forecast?.firstKillSeconds), range(say.notReady, forecast?.notReadySeconds)]
  return line(say.forecast, text.filter(Boolean).join(' · ') || say.noForecast, options)
}

function line(name: string, text: string, { columns }: BlockOptions): string {
  return `${fitted(name, 10)} ${fitted(text, Math.max(0, columns - 11))}`
}

function footer({ replay, agent }: WatchView, { columns, paint, say }: BlockOptions): string {
  const keys = [`q ${say.quit}`, ...(replay ? [`␣ ${say.pause}`, `+/− ${say.speed}`] : [])].join('   ')
  const state =
    replay?.state === 'paused'
      ? say.paused
      : replay?.state === 'ended'
        ? say.ended
        : agent === undefined
          ? ''
          : agent === null
            ? say.noAgent
            : say.agent(agent)
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
