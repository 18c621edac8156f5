import { describe, expect, it } from 'vitest'
import { createForecast } from '../../src/detect/forecast.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { createPaint } from '../../src/report/paint.ts'
import { cellsOf } from '../../src/report/terminal-cells.ts'
import { watchScreen } from '../../src/report/watch/watch-screen.ts'
import { createWatchKeeper, type WatchView } from '../../src/report/watch/watch-view.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import { openReplaySource } from '../../src/source/replay.ts'
import type { Locale } from '../../src/types.ts'
import { candidatesRecording, hostileRecording } from './recordings.ts'
import { fileOf, fixture } from './replayed.ts'

/** What the view is made of when so much of a recording has happened. */
async function viewAt(file: string, at: string | number): Promise<WatchView> {
  const until = typeof at === 'string' ? Date.parse(at) : at
  const keeper = createWatchKeeper()
  const pipeline = createPipeline({ onEvent: keeper.event })
  for await (const observation of openReplaySource([file], { settings: defaultCoreSettings })) {
    if (observation.kind === 'end' || (observation.at !== null && observation.at > until)) break
    for (const alert of pipeline.observe(observation)) keeper.alert(alert)
  }
  return {
    world: pipeline.world(),
    verdicts: pipeline.verdicts(),
    forecast: createForecast().now(pipeline.world()),
    recent: keeper.recent(),
    stalls: keeper.stalls(),
    replay: { name: 'recording.jsonl', speed: 10, state: 'running' },
  }
}

const screenOf = (view: WatchView, columns: number, rows: number, locale: Locale = 'en') =>
  watchScreen(view, { columns, rows, locale, paint: createPaint(false), isUnicode: true })

const sizes = [
  [80, 24],
  [200, 50],
  [100, 30],
  [139, 60],
  [140, 24],
  [60, 12],
  [20, 4],
] as const

describe('the live view', () => {
  it.each(sizes)('fills %i columns and %i rows exactly, and never more', async (columns, rows) => {
    const hostile = await viewAt(fileOf('hostile.jsonl', hostileRecording()), Number.POSITIVE_INFINITY)
    const usual = await viewAt(fixture('limit-of-kubepods.jsonl.gz'), Number.POSITIVE_INFINITY)
    for (const view of [hostile, usual])
      for (const locale of ['en', 'zh-CN'] as const) {
        const lines = screenOf(view, columns, rows, locale)
        expect(lines).toHaveLength(rows)
        for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(columns)
        expect(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(lines.join(''))).toBe(false)
      }
  })

  it('counts down to the next kill of a loop, and says since when it is due', async () => {
    const file = fixture('twelve-minute-leaker-of-the-node.jsonl.gz')
    // Kills every 720 s from 10:12:00; the loop is known at the second, 10:24:00.
    const waiting = screenOf(await viewAt(file, '2026-03-02T10:30:00Z'), 120, 30)
    expect(waiting.find(line => line.includes('next kill in'))).toMatch(
      /^app .*2 kills {2}each 12 min .*next kill in \d min( \d+ s)?$/,
    )
    const { world, ...rest } = await viewAt(file, '2026-03-02T10:35:50Z')
    const late = screenOf({ ...rest, world: { ...world, now: Date.parse('2026-03-02T10:37:00Z') } }, 120, 30)
    expect(late.find(line => line.includes('due since'))).toMatch(/due since \d+ s$/)
  })

  it('says that it is quiet where nothing is firing', async () => {
    const lines = screenOf(await viewAt(fixture('healthy-swap.jsonl.gz'), Number.POSITIVE_INFINITY), 80, 24)
    expect(lines[1]).toMatch(/^quiet: nothing is firing *$/)
    expect(lines.join('\n')).toMatch(/LOOPS\nnone\n/)
  })

  it('lists the next victims in the order in which the kernel would choose them', async () => {
    const view = await viewAt(fileOf('candidates.jsonl', candidatesRecording()), Number.POSITIVE_INFINITY)
    const lines = screenOf(view, 120, 30)
    const head = lines.findIndex(line => line.includes('NEXT VICTIMS'))
    const names = lines.slice(head + 2, head + 5).map(line => / (size-\d+)/.exec(line)?.[1])
    expect(names).toEqual(['size-300', 'size-200', 'size-100'])
  })
})
