import { describe, expect, it } from 'vitest'
import { forecastOf } from '../../src/detect/memory/forecast.ts'
import { openReplaySource } from '../../src/input/playback/replay.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import { createPaint } from '../../src/text/ansi-colour.ts'
import { cellsOf } from '../../src/text/cell-width.ts'
import type { Locale } from '../../src/types.ts'
import { watchScreen } from '../../src/view/terminal/watch/screen.ts'
import { createWatchKeeper, type WatchView } from '../../src/view/terminal/watch/view.ts'
import { candidatesRecording, hostileRecording } from './recordings.ts'
import { fileOf, fixture } from './replayed.ts'

/** The view at a moment of a recording. */
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
    forecast: forecastOf(pipeline.world()),
    recent: keeper.recent(),
    stalls: keeper.stalls(),
    nextStep: keeper.nextStep(),
    usage: pipeline.examine(),
    replay: { name: 'recording.jsonl', speed: 10, state: 'running' },
  }
}

const screenOf = (view: WatchView, columns: number, rows: number, locale: Locale = 'en') =>
  watchScreen(view, { columns, rows, locale, paint: createPaint(false), isUnicode: true, zone: 'UTC' })

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
  it('the next step at 80 columns ends with a whole sentence, and its command follows', async () => {
    const view = await viewAt(fixture('founding-incident.jsonl'), Number.POSITIVE_INFINITY)
    const lines = screenOf(view, 80, 24)
    const row = lines.findIndex(line => line.startsWith('Next step'))
    expect(lines[row]!.trimEnd()).toBe('Next step  Find the workload that runs java.')
    expect(lines[row + 1]).toMatch(/^ +\$ ps /)
  })

  it.each(sizes)('the live view fills exactly %i columns and %i rows', async (columns, rows) => {
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

  it('the live view counts down to the next kill of a loop, and shows by how much it is overdue', async () => {
    const file = fixture('twelve-minute-leaker-of-the-node.jsonl.gz')
    // Kills every 720 s from 10:12:00; the loop is known at the second, 10:24:00.
    const waiting = screenOf(await viewAt(file, '2026-03-02T10:30:00Z'), 120, 30)
    expect(waiting.find(line => line.startsWith('app '))).toMatch(
      /^app .*2 kills {2}every ~12m .*next kill in \dm(\d+s)?$/,
    )
    const { world, ...rest } = await viewAt(file, '2026-03-02T10:35:50Z')
    const late = screenOf({ ...rest, world: { ...world, now: Date.parse('2026-03-02T10:37:00Z') } }, 120, 30)
    expect(late.find(line => line.startsWith('app '))).toMatch(/overdue by \d+s$/)
  })

  it('the live view shows the next step and its whole command at 80x24, and expects the kill of the loop it shows', async () => {
    const view = await viewAt(fixture('twelve-minute-leaker-of-the-node.jsonl.gz'), '2026-03-02T10:30:00Z')
    const { nextStep } = view
    expect(nextStep).toMatchObject({ do: expect.stringMatching(/./) })
    for (const [locale, name] of [
      ['en', 'Next step'],
      ['zh-CN', '下一步'],
    ] as const) {
      const lines = screenOf(view, 80, 24, locale)
      const at = lines.findIndex(line => line.startsWith(name))
      expect(at).toBeGreaterThan(0)
      if (nextStep!.command !== null) {
        const shown = lines
          .slice(at + 1)
          .map(line => line.trim().replace(/^\$ /, ''))
          .join('')
        expect(shown.replaceAll(' ', '')).toContain(nextStep!.command.replaceAll(' ', ''))
      }
    }
    expect(screenOf(view, 80, 24).join('\n')).not.toContain('no kill expected')
  })

  it('the live view shows top consumers and the fastest growing side by side from 120 columns', async () => {
    const view = await viewAt(fixture('twelve-minute-leaker-of-the-node.jsonl.gz'), '2026-03-02T10:30:00Z')
    expect(view.usage!.holders.length).toBeGreaterThan(0)
    expect(screenOf(view, 120, 30).find(line => line.includes('TOP CONSUMERS'))).toMatch(
      /TOP CONSUMERS +FASTEST GROWING/,
    )
    expect(screenOf(view, 119, 40).join('\n')).not.toContain('TOP CONSUMERS')
  })

  it('the live view shows a source that is down instead of what it can no longer know', async () => {
    const view = await viewAt(fixture('healthy-swap.jsonl.gz'), Number.POSITIVE_INFINITY)
    const down = { ...view, downSources: [{ name: 'kmsg', why: 'permission denied' }] }
    expect(screenOf(down, 80, 24)[1]).toMatch(/^! source down: kmsg \(permission denied\) *$/)
    expect(screenOf(down, 80, 24, 'zh-CN')[1]).toMatch(/^! 数据源中断：kmsg/)
  })

  it('the live view of a healthy node shows that no alerts are firing', async () => {
    const lines = screenOf(await viewAt(fixture('healthy-swap.jsonl.gz'), Number.POSITIVE_INFINITY), 80, 24)
    expect(lines[1]).toMatch(/^No alerts are firing *$/)
    expect(lines.join('\n')).toMatch(/LOOPS\nnone\n/)
  })

  it('the live view lists the next victims in the order of the kernel', async () => {
    const view = await viewAt(fileOf('candidates.jsonl', candidatesRecording()), Number.POSITIVE_INFINITY)
    const lines = screenOf(view, 120, 30)
    const head = lines.findIndex(line => line.includes('NEXT OOM VICTIMS'))
    const names = lines.slice(head + 2, head + 5).map(line => / (size-\d+)/.exec(line)?.[1])
    expect(names).toEqual(['size-300', 'size-200', 'size-100'])
  })
})
