import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { essence, judge } from './scenarios/judge.ts'
import { type ExpectedAlert, record } from './scenarios/scenario.ts'
import { scenarios } from './scenarios/scenarios.ts'

const folder = resolve(import.meta.dirname, '../fixtures/scenarios')

interface Fixture {
  readonly title: string
  readonly quiet: boolean
  readonly alerts: readonly ExpectedAlert[]
}

const names = globSync('*.alerts.json', { cwd: folder })
  .map(file => file.replace(/\.alerts\.json$/, ''))
  .sort()

describe('scenarios', () => {
  it('are at least fifty, half of them quiet', () => {
    const quiet = names.filter(name => read(name).quiet)
    expect(names.length).toBeGreaterThanOrEqual(50)
    expect(quiet.length).toBeGreaterThanOrEqual(names.length * 0.45)
  })

  it.each(names)('%s gives the alerts expected, and no other', name => {
    const { title, quiet, alerts: expected } = read(name)
    const { alerts, notes } = judge(name, recordingOf(name))
    expect(alerts.map(essence), title).toEqual(expected)
    expect(notes.filter(note => !note.includes('clock'))).toEqual([])
    if (quiet) {
      expect(alerts.filter(({ severity }) => severity === 'critical')).toEqual([])
      expect(alerts.filter(({ type, severity }) => type === 'respawn-loop' && severity !== 'info')).toEqual([])
    }
  })

  it.each(names)('%s gives the same alerts, byte for byte, when it is replayed again', name => {
    const text = recordingOf(name)
    expect(judge(name, text).alerts).toEqual(judge(name, text).alerts)
  })

  it('scenario fixtures are identical to the output of their generators', () => {
    expect(names).toEqual(scenarios.map(({ name }) => name).sort())
    for (const scenario of scenarios) {
      expect(recordingOf(scenario.name) === record(scenario), `${scenario.name}: run scripts/scenarios.ts`).toBe(true)
      expect(read(scenario.name).alerts).toEqual(scenario.alerts)
    }
  })
})

function read(name: string): Fixture {
  return JSON.parse(readFileSync(join(folder, `${name}.alerts.json`), 'utf8')) as Fixture
}

function recordingOf(name: string): string {
  const [file] = globSync(`${name}.jsonl{,.gz}`, { cwd: folder })
  const bytes = readFileSync(join(folder, file!))
  return file!.endsWith('.gz') ? gunzipSync(bytes).toString('utf8') : bytes.toString('utf8')
}
