import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { helpOf } from '../../src/cli/flags.ts'
import { loadSettings } from '../../src/settings/load.ts'
import { printSettings } from '../../src/settings/print.ts'
import { settingKeys, settingsTable } from '../../src/settings/table.ts'
import { locales, messagesOf } from '../../src/text/messages/catalogues.ts'

const directory = mkdtempSync(join(tmpdir(), 'oomloop-settings-'))
let files = 0

function fileWith(text: string): string {
  const path = join(directory, `settings-${files++}.yaml`)
  writeFileSync(path, text)
  return path
}

function load(
  text: string,
  extra: Partial<Parameters<typeof loadSettings>[0]> = {},
  onUnchecked?: (sentence: string) => void,
) {
  return loadSettings({ file: fileWith(text), environment: {}, flags: {}, ...extra }, onUnchecked && { onUnchecked })
}

describe('settings', () => {
  it('a flag beats the environment, which beats the file, which beats the default', () => {
    const environment = { OOMLOOP_LOOP_WINDOW: '20m' }
    expect(load('').core.loopWindowMs).toBe(3_600_000)
    expect(load('loopWindow: 30m').core.loopWindowMs).toBe(1_800_000)
    expect(load('loopWindow: 30m', { environment }).core.loopWindowMs).toBe(1_200_000)
    expect(load('loopWindow: 30m', { environment, flags: { loopWindow: '10m' } }).core.loopWindowMs).toBe(600_000)
  })

  it.each([
    ['loopWindw: 30m', /unknown key "loopWindw".*did you mean loopWindow/],
    ['loopWindow: soon', /loopWindow in the settings file is "soon", but must be a duration/],
    ['stormEvents: 1', /whole number from 2/],
    ['chronic: 0', /chronic in the settings file is "0", but must be from 10m to 30d/],
    ['quiet: 1ms', /from 1s to 7d/],
    ['heartbeat: 30d', /from 1s to 7d, or 0: off/],
    ['heartbeat: 5ms', /from 1s to 7d, or 0: off/],
    ['webhooks: [{url: "http://x", timeout: 30d}]', /at most 1h/],
    ['listen: foo', /ADDRESS:PORT/],
    ['listen: 127.0.0.1:99999', /ADDRESS:PORT/],
    ['constructor: 1', /unknown key "constructor"/],
    ['observe: perhaps', /true or false/],
    ['source: eventlog', /one of auto, kmsg, file, journal/],
    ['- a list', /must contain keys and values/],
    ['stateDir: [', /cannot read the settings file/],
    ['webhooks: [{url: "ftp://x"}]', /webhook 1: the URL must begin with http/],
    ['webhooks: [{url: "http://x", secret: "whsec_abc"}]', /secret does not belong in the settings file/],
    ['webhooks: [{url: "http://x", secretEnv: "NOT_SET"}]', /environment variable NOT_SET is not set/],
    ['webhooks: [{url: "http://x", types: ["kaboom"]}]', /is not an alert type/],
    ['webhooks: [{url: "http://x", types: oom-storm}]', /webhook 1: types must be a list of memory-exhaustion/],
    ['webhooks: [{url: "http://x", types: []}]', /types must be a list of/],
    ['webhooks: [{url: "http://x", secretFile: /dev/null}]', /webhook 1: secretFile: \/dev\/null is empty/],
    ['webhooks: [{url: "http://x", format: pagerduty}]', /webhook 1: PagerDuty needs a routing key/],
    ['webhooks: [{url: "http://x", constructor: 1}]', /unknown key "constructor"/],
    ['webhooks: [{url: "http://x", name: {a: b}}]', /webhook 1: name must be a text/],
    ['webhooks: [{url: "http://x", labels: {a: [b]}}]', /webhook 1: labels: a must be a text/],
    ['labels: {a: {b: c}}', /labels: a must be a text/],
    ['mute: [{namespace: [a]}]', /mute rule 1: namespace must be a text/],
    ['mute: [{}]', /must name at least one of/],
    ['mute: [{typ: "oom-storm"}]', /unknown key "typ"/],
  ])('%s is refused with a message that says what to fix', (text, message) => {
    expect(() => load(text)).toThrow(message)
  })

  it('every duration has bounds, and its timers fit into what a timer can hold', () => {
    for (const key of settingKeys.filter(key => settingsTable[key].kind === 'duration')) {
      expect(() => load(`${key}: 365d`)).toThrow(`${key} in the settings file`)
      if (key === 'heartbeat') expect(load('heartbeat: 0').heartbeatMs).toBe(0)
      else expect(() => load(`${key}: 0`)).toThrow(`${key} in the settings file`)
    }
    expect(load('heartbeat: 7d').heartbeatMs).toBeLessThan(2 ** 31)
  })

  it('a settings file that is named and missing is an error, a default one that is missing is none', () => {
    expect(() => loadSettings({ file: '/nowhere/x.yaml', environment: {}, flags: {} })).toThrow(/cannot read/)
    expect(loadSettings({ environment: {}, flags: {} }).file).toBeNull()
  })

  it.skipIf(process.getuid?.() !== 0)('a default file that may not be read: defaults, for who asks for that', () => {
    const defaultFile = fileWith('stormEvents: 7')
    chmodSync(directory, 0o755)
    chmodSync(defaultFile, 0o600)
    const told: string[] = []
    const onUnreadable = (sentence: string) => void told.push(sentence)
    process.seteuid!(65_534)
    try {
      const input = { environment: {}, flags: {}, defaultFile }
      expect(loadSettings(input, { onUnreadable })).toMatchObject({ file: null, core: { stormEvents: 3 } })
      expect(told).toEqual([`this user cannot read ${defaultFile}; using the defaults`])
      expect(() => loadSettings(input)).toThrow(/cannot read the settings file/)
      // One that is named is meant.
      for (const named of [{ file: defaultFile }, { environment: { OOMLOOP_CONFIG: defaultFile } }])
        expect(() => loadSettings({ ...input, ...named }, { onUnreadable })).toThrow(/cannot read the settings file/)
    } finally {
      process.seteuid!(0)
    }
  })

  it('a key of a webhook that is left empty is not given', () => {
    const [webhook] = load('webhooks:\n  - url: http://x\n    timeout:\n    format:\n    types:\n').webhooks
    expect(webhook).toMatchObject({ timeoutMs: 10_000, format: 'generic' })
    expect(webhook).not.toHaveProperty('types')
  })

  it('what the unit passes to the service is a warning outside the unit, and an error where it is missing', () => {
    const text = `webhooks:
  - { url: "http://x", secretFile: webhook-secret, caFile: ca.pem, headers: { authorization: "env:TOKEN" } }
  - { urlEnv: HOOK, secretFile: /nowhere/secret }`
    const unitFolders = [mkdtempSync(join(tmpdir(), 'oomloop-unit-'))]
    mkdirSync(join(unitFolders[0]!, 'oomloop.service.d'))
    writeFileSync(
      join(unitFolders[0]!, 'oomloop.service.d/secrets.conf'),
      '[Service]\nLoadCredential=webhook-secret:/etc/x\nLoadCredential=ca.pem:/etc/ca\nEnvironment="TOKEN=x" HOOK=y\n',
    )
    const unchecked = (inside: Record<string, string> = {}) => {
      const told: string[] = []
      const settings = () =>
        load(text.replace(', secretFile: /nowhere/secret', ''), { environment: inside, unitFolders }, sentence =>
          told.push(sentence),
        )
      return { told, webhooks: settings().webhooks }
    }
    const { told, webhooks } = unchecked()
    expect(told.map(sentence => sentence.split(':')[1])).toEqual([
      ' secretFile',
      ' authorization',
      ' caFile',
      ' urlEnv',
    ])
    for (const sentence of told) expect(sentence).toContain('can only be checked inside the unit')
    expect(webhooks[0]).not.toHaveProperty('secret')
    // Inside it is missed, and so is everywhere what has an absolute path.
    expect(() => unchecked({ CREDENTIALS_DIRECTORY: '/nowhere' })).toThrow('cannot read /nowhere/webhook-secret')
    expect(() => load(text, {}, () => {})).toThrow('cannot read /nowhere/secret')
    expect(() => load(text)).toThrow('webhook-secret')
  })

  it('secrets come from files and environment and are not printed', () => {
    const secretFile = fileWith('whsec_c2VjcmV0IG9mIHR3ZW50eS1mb3VyIGJ5dGVz\n')
    const settings = load(
      `webhooks:\n  - {url: "https://hooks.example/services/T0/B0/token", secretFile: ${secretFile}}\n  - {urlEnv: HOOK, headers: {authorization: "env:TOKEN"}}`,
      { environment: { HOOK: 'https://chat.example/very-secret', TOKEN: 'Bearer abc' } },
    )
    expect(settings.webhooks[0]?.secret).toMatch(/^whsec_/)
    expect(settings.webhooks[1]?.headers?.authorization).toBe('Bearer abc')
    const printed = printSettings(settings)
    expect(printed).toContain('https://hooks.example/<redacted>')
    expect(printed).not.toMatch(/whsec_|very-secret|Bearer|token/)
  })

  it('what config print prints can be read again and means the same', () => {
    const settings = load('loopWindow: 90m\nrecordSize: 32MiB\nlabels: {cluster: blue}\nmute: [{namespace: "ci-*"}]')
    const again = load(printSettings(settings))
    expect(again.core).toEqual(settings.core)
    expect(again.values).toEqual({ ...settings.values, webhooks: again.values.webhooks })
  })

  it('a setting that had another name is read under that name too, and the present one counts', () => {
    expect(load('oneVoice: false').singleInstance).toBe(false)
    expect(load('oneVoice: false\nsingleInstance: true').singleInstance).toBe(true)
    expect(load('', { environment: { OOMLOOP_ONE_VOICE: 'false' } }).singleInstance).toBe(false)
  })

  it('every setting has help, and a default that its own check accepts', () => {
    for (const locale of locales)
      expect(settingKeys.filter(key => helpOf(key, messagesOf(locale)).length < 8)).toEqual([])
    expect(() => loadSettings({ environment: {}, flags: {} })).not.toThrow()
  })
})
