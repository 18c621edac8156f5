/** Writes docs/samples/: outputs as a user sees them, in every language. `node scripts/samples.ts`, part of `generate`. */
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { AgentStatus } from '../src/agent/agent-status.ts'
import { commands } from '../src/cli/commands.ts'
import { commandText, overviewText } from '../src/cli/help.ts'
import { terminalText } from '../src/deliver/format/terminal.ts'
import { openReplaySource } from '../src/input/playback/replay.ts'
import { createPipeline } from '../src/pipeline.ts'
import { defaultCoreSettings } from '../src/settings/core-settings.ts'
import { createPaint } from '../src/text/ansi-colour.ts'
import { type Locale, locales, messagesOf } from '../src/text/messages/catalogues.ts'
import type { Alert, AlertType } from '../src/types.ts'
import { verdictTypes } from '../src/verdicts/verdicts.ts'
import { inLocale } from '../src/view/terminal/in-locale.ts'
import { statusText } from '../src/view/terminal/status-text.ts'
import { watchScreen } from '../src/view/terminal/watch/screen.ts'
import { createWatchKeeper } from '../src/view/terminal/watch/view.ts'
import { type HostTree, writeHostTree } from '../test/support/host-tree.ts'

const root = resolve(import.meta.dirname, '..')
export const samplesFolder = join(root, 'docs/samples')

/** Every sample by the name of its file. */
export async function makeSamples(): Promise<Readonly<Record<string, string>>> {
  const samples: Record<string, string> = {}
  for (const locale of locales) {
    const add = (name: string, text: string): void => {
      samples[`${name}.${locale}.txt`] = `${text.trimEnd()}\n`
    }
    const run = (...args: readonly string[]): string => oomloop(locale, args)
    add('replay', run('replay', '--year', '2026', '--tz', 'UTC', 'fixtures/incident/messages.log'))
    add('doctor', doctor(locale))
    add('help', help(locale))
    add('status', status(locale))
    add('notify', notify(locale))
    add('alerts', await alerts(locale))
    add('watch', await watch(locale))
  }
  return samples
}

function help(locale: Locale): string {
  const shown = commands.filter(({ name }) => ['run', 'replay', 'doctor'].includes(name))
  return [overviewText(commands, locale), ...shown.map(command => commandText(command, locale))].join('\n\n')
}

function oomloop(locale: Locale, args: readonly string[]): string {
  const { stdout } = spawnSync(process.execPath, ['src/main.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      OOMLOOP_LOCALE: locale,
      LANG: locale === 'zh-CN' ? 'zh_CN.UTF-8' : 'C.UTF-8',
      TZ: 'UTC',
    },
  })
  return stdout
}

function doctor(locale: Locale): string {
  const host = writeHostTree(JSON.parse(readFileSync(join(root, 'fixtures/doctor/primed.json'), 'utf8')) as HostTree)
  const text = oomloop(locale, ['doctor', '--root', host])
  rmSync(host, { recursive: true, force: true })
  return text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/, '2026-03-02 10:00:00 UTC')
}

/** A test notification where nothing listens. */
function notify(locale: Locale): string {
  const text = oomloop(locale, ['notify', '--test', '--webhook', 'http://127.0.0.1:9/hook'])
  return text
    .replace(/\d+ bytes/, '2070 bytes')
    .replace(/\d+ 字节/, '2070 字节')
    .replace(/\d+ (ms|毫秒)/, '3 $1')
}

/** An agent with an open loop, a source that is down and alerts that wait. */
function status(locale: Locale): string {
  const { status: found, now } = JSON.parse(readFileSync(join(root, 'fixtures/status/loop.json'), 'utf8')) as {
    readonly status: AgentStatus
    readonly now: string
  }
  const { input, agent, units } = messagesOf(locale)
  const why: Readonly<Record<string, string>> = {
    kmsg: input.kmsg.woken,
    pressure: input.noPsi,
    'state-directory': agent.stateDirectoryRefuses({ path: '/var/lib/oomloop', why: units.systemErrors.ENOSPC }),
  }
  const sources = found.sources.map(source => ({ ...source, why: why[source.name]! }))
  return statusText(
    { ...found, sources },
    { now: Date.parse(now), locale, timeZone: locale === 'zh-CN' ? 'Asia/Shanghai' : 'UTC' },
  )
}

/** One alert of every type, as the terminal shows it. */
async function alerts(locale: Locale): Promise<string> {
  const texts = await Promise.all(
    verdictTypes.map(async type => {
      const alert = await firstAlert(type, locale)
      return terminalText(alert, { locale, timeZone: 'UTC', colour: false })
    }),
  )
  return texts.join('\n\n')
}

/** The first critical alert of a type, or the first one where a type has no critical alerts. */
async function firstAlert(type: AlertType, locale: Locale): Promise<Alert> {
  const expected = globSync('fixtures/scenarios/*.alerts.json', { cwd: root }).sort()
  const isOfType = (alert: Alert): boolean => alert.type === type && alert.status === 'firing'
  for (const severity of ['critical', 'warning']) {
    for (const file of expected) {
      const text = readFileSync(join(root, file), 'utf8')
      if (!text.includes(`"type":"${type}"`) || !text.includes(`"severity":"${severity}"`)) continue
      const [recording] = globSync(`fixtures/scenarios/${basename(file, '.alerts.json')}.jsonl{,.gz}`, { cwd: root })
      for await (const alert of alertsOf(join(root, recording!), locale))
        if (isOfType(alert) && alert.severity === severity && alert.actions.length > 0) return alert
    }
  }
  throw new Error(`no scenario has an alert of type ${type}`)
}

async function* alertsOf(file: string, locale: Locale): AsyncGenerator<Alert> {
  const pipeline = createPipeline()
  for await (const observation of inLocale(openReplaySource([file], { settings: defaultCoreSettings }), locale))
    yield* pipeline.observe(observation)
}

async function watch(locale: Locale): Promise<string> {
  const file = join(root, 'fixtures/scenarios/twelve-minute-leaker-of-the-node.jsonl.gz')
  const keeper = createWatchKeeper()
  const pipeline = createPipeline({ onEvent: keeper.event })
  for await (const observation of inLocale(openReplaySource([file], { settings: defaultCoreSettings }), locale)) {
    if (observation.kind === 'end' || (observation.at ?? 0) > Date.parse('2026-03-02T10:30:00Z')) break
    for (const alert of pipeline.observe(observation)) keeper.alert(alert)
  }
  const view = {
    world: pipeline.world(),
    verdicts: pipeline.verdicts(),
    forecast: null,
    recent: keeper.recent(),
    stalls: keeper.stalls(),
    replay: { name: basename(file), speed: 10, state: 'running' as const },
  }
  const screen = watchScreen(view, {
    columns: 80,
    rows: 24,
    locale,
    paint: createPaint(false),
    isUnicode: true,
    zone: 'UTC',
  })
  return screen.map(line => line.trimEnd()).join('\n')
}

if (import.meta.main) {
  const samples = await makeSamples()
  mkdirSync(samplesFolder, { recursive: true })
  for (const [name, text] of Object.entries(samples)) writeFileSync(join(samplesFolder, name), text)
  console.log(`${Object.keys(samples).length} samples written to docs/samples`)
}
