import { globSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { makeSchemas, schemaFolder, schemaText } from '../scripts/schemas.ts'
import { bareAlert, exampleAlert } from '../src/deliver/test/example-alert.ts'
import { loadSettings } from '../src/settings/load.ts'
import { expectValid, expectValidLines, type SchemaName, whyInvalid } from './support/schema.ts'

const fixtures = resolve(import.meta.dirname, '../fixtures')

describe('published schemas', () => {
  it('are what the types say: else run scripts/schemas.ts', () => {
    const made = makeSchemas()
    expect(readdirSync(schemaFolder).sort()).toEqual(
      Object.keys(made)
        .map(name => `${name}.schema.json`)
        .sort(),
    )
    for (const [name, schema] of Object.entries(made))
      expect(readFileSync(join(schemaFolder, `${name}.schema.json`), 'utf8') === schemaText(schema), name).toBe(true)
  })

  it('take every recording among the fixtures', () => {
    const files = globSync('scenarios/*.jsonl{,.gz}', { cwd: fixtures })
    expect(files.length).toBeGreaterThanOrEqual(50)
    for (const file of files) {
      const bytes = readFileSync(join(fixtures, file))
      expectValidLines('recording', (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString())
    }
  })

  it('take every kill that is expected of a log among the fixtures', () => {
    const files = globSync('logs/*.kills.json', { cwd: fixtures })
    expect(files.length).toBeGreaterThanOrEqual(50)
    for (const file of files) {
      const { kills } = JSON.parse(readFileSync(join(fixtures, file), 'utf8'))
      // There, event is a number that counts; what is printed is a text.
      for (const kill of kills) expectValid('oom-kill', { ...kill, event: String(kill.event) })
    }
  })

  it('take the alerts that a test of webhooks sends', () => {
    expectValid('alert', exampleAlert(Date.UTC(2026, 5, 1), { labels: { cluster: 'blue' } }))
    expectValid('alert', bareAlert(Date.UTC(2026, 5, 1)))
  })

  const alert = exampleAlert(Date.UTC(2026, 5, 1))
  it.each<[SchemaName, object, RegExp]>([
    ['alert', { ...alert, version: 2 }, /version/],
    ['alert', { ...alert, at: 'yesterday' }, /date-time/],
    ['alert', { ...alert, severity: 'fatal' }, /severity/],
    ['alert', { ...alert, evidence: Array(21).fill('x') }, /more than 20/],
    ['alert', { ...alert, members: undefined }, /members/],
    ['alert', { ...alert, unpublished: 1 }, /unpublished/],
    ['recording', { kind: 'tick' }, /required/],
    ['recording', { kind: 'tick', at: -1 }, />= 0/],
    ['recording', { kind: 'processes', at: 1, seen: [{ startTicks: 1 }] }, /pid/],
    ['capture', { at: 1, files: { '/proc/meminfo': 7 } }, /string/],
  ])('refuse what is none: %s %#', (name, value, why) => {
    expect(whyInvalid(name, value)).toMatch(why)
  })
})

describe('the schema of the settings file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'oomloop-schema-'))
  const loads = (settings: unknown): boolean => {
    const file = join(directory, 'settings.yaml')
    writeFileSync(file, stringify(settings))
    try {
      loadSettings({ file, environment: { HOOK: 'https://a.example/b' }, flags: {} })
      return true
    } catch {
      return false
    }
  }

  it.each([
    {},
    null,
    { loopWindow: '30m', recordSize: '16MiB', stormEvents: 3, observe: true, listen: '127.0.0.1:9465' },
    { heartbeat: 0, recordSize: 0, nodeName: null, labels: { zone: 7 } },
    { source: 'journal', locale: 'zh-CN', logLevel: 'debug', minSeverity: 'info' },
    { mute: [{ namespace: 'ci-*' }, { type: 'oom-storm', labels: { team: 'x' } }] },
    { webhooks: [{ url: 'https://a.example/b', types: ['respawn-loop'], timeout: '2.5s', format: 'slack' }] },
    { webhooks: [{ urlEnv: 'HOOK', minSeverity: 'critical', headers: { 'x-team': 'a' }, prefix: 'alert' }] },
  ])('takes what is read without complaint: %j', settings => {
    expect([whyInvalid('settings', settings), loads(settings)]).toEqual([undefined, true])
  })

  it.each([
    { loopWindw: '30m' },
    { loopWindow: 'soon' },
    { loopWindow: 30 },
    { chronic: 0 },
    { listen: 'foo' },
    { recordSize: '16 MB' },
    { stormEvents: 1 },
    { stormEvents: 2.5 },
    { observe: 'perhaps' },
    { source: 'eventlog' },
    { stateDir: '' },
    { stateDir: ['/a'] },
    { labels: ['a'] },
    ['a list'],
    { mute: [{}] },
    { mute: [{ typ: 'oom-storm' }] },
    { mute: [{ type: 'kaboom' }] },
    { labels: { a: { b: 'c' } } },
    { webhooks: [{ url: 'https://a.example/b', types: 'respawn-loop' }] },
    { webhooks: [{ url: 'https://a.example/b', types: [] }] },
    { webhooks: {} },
    { webhooks: [{}] },
    { webhooks: [{ url: 'https://a.example/b', secret: 'x' }] },
    { webhooks: [{ url: 'https://a.example/b', format: 'pigeon' }] },
    { webhooks: [{ url: 'https://a.example/b', timeout: 'soon' }] },
    { webhooks: [{ url: 'https://a.example/b', colour: 'red' }] },
  ])('refuses what is refused when it is read: %j', settings => {
    expect([whyInvalid('settings', settings) === undefined, loads(settings)]).toEqual([false, false])
  })
})
