import { existsSync, readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { OomloopError } from '../host/errors.ts'
import type { CoreSettings, Locale, Severity } from '../types.ts'
import { parseLabels, parseMute } from './rules.ts'
import type { Settings } from './settings.ts'
import { environmentOf, flagOf, type Setting, type SettingKey, settingKeys, settingsTable } from './table.ts'
import { parseAddress, parseDurationMs, parseSizeBytes } from './units.ts'
import { parseWebhooks } from './webhooks.ts'

/** Where a machine's settings are looked for when nothing else is said. */
export const defaultSettingsFile = '/etc/oomloop/oomloop.yaml'

export interface SettingsInput {
  /** --config FILE; undefined reads the default file if it exists. */
  readonly file?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Values of flags by setting key. */
  readonly flags: Readonly<Partial<Record<SettingKey, string | boolean>>>
  /** --webhook URL, as often as wanted. */
  readonly webhookUrls?: readonly string[]
  readonly webhookSecretFile?: string | undefined
  /** false: webhooks are left out, and what only they need is neither read nor missed: secrets, templates, variables. */
  readonly withWebhooks?: boolean
  /** Where the default file is. */
  readonly defaultFile?: string
}

/** What a command goes on without, if it says so: each is told in a sentence. Absent: it is an error. */
export interface Leniency {
  /** What a webhook needs and is to be found inside the service's unit only: its credentials, its environment. */
  readonly onUnchecked?: (sentence: string) => void
  /** The default settings file may not be read by whoever asks: defaults hold. */
  readonly onUnreadable?: (sentence: string) => void
}

/** Loads the effective settings; a flag beats the environment, which beats the file. Throws OOMLOOP_SETTINGS. */
export function loadSettings(input: SettingsInput, leniency: Leniency = {}): Settings {
  const { file, values } = readSettingsFile(input, leniency)
  const raw = Object.fromEntries(settingKeys.map(key => [key, pick(key, input, values)])) as Record<SettingKey, unknown>
  const minSeverity = raw.minSeverity as Severity
  const locale = raw.locale as Locale
  const runbooks = raw.runbooks as string | null
  const { environment, withWebhooks = true } = input
  const webhookContext = { environment, file, minSeverity, locale, runbooks, onUnchecked: leniency.onUnchecked }
  const fromFlags = (input.webhookUrls ?? environmentUrls(input.environment)).map(url => ({
    url,
    ...(input.webhookSecretFile ? { secretFile: input.webhookSecretFile } : {}),
  }))
  return {
    root: raw.root as string,
    stateDir: raw.stateDir as string,
    nodeName: (raw.nodeName as string | null) ?? input.environment.NODE_NAME ?? null,
    labels: parseLabels(values.labels, 'labels'),
    source: raw.source as Settings['source'],
    logFile: raw.logFile as string,
    webhooks: withWebhooks ? parseWebhooks(fromFlags.length > 0 ? fromFlags : values.webhooks, webhookContext) : [],
    minSeverity,
    locale,
    observe: raw.observe as boolean,
    heartbeatMs: raw.heartbeat as number,
    recordBytes: raw.recordSize as number,
    listen: raw.listen as string | null,
    protect: raw.protect as boolean,
    oneVoice: raw.oneVoice as boolean,
    logLevel: raw.logLevel as Settings['logLevel'],
    core: coreSettings(raw, values.mute, locale),
    values: { ...raw, labels: values.labels ?? null, mute: values.mute ?? null },
    file,
  }
}

function coreSettings(raw: Record<SettingKey, unknown>, mute: unknown, locale: Locale): CoreSettings {
  return {
    loopWindowMs: raw.loopWindow as number,
    ownLimitLoopWindowMs: raw.ownLimitLoopWindow as number,
    stormWindowMs: raw.stormWindow as number,
    stormEvents: raw.stormEvents as number,
    recoveryMs: raw.recovery as number,
    quietMs: raw.quiet as number,
    logQuietMs: raw.logQuiet as number,
    chronicMs: raw.chronic as number,
    mute: parseMute(mute),
    locale,
  }
}

function readSettingsFile(
  input: SettingsInput,
  { onUnreadable }: Leniency,
): { file: string | null; values: Record<string, unknown> } {
  const { defaultFile = defaultSettingsFile } = input
  const named = input.file ?? input.environment.OOMLOOP_CONFIG
  const file = named ?? defaultFile
  if (file === defaultFile && !existsSync(file)) return { file: null, values: {} }
  let values: unknown
  try {
    values = parseYaml(readFileSync(file, 'utf8')) ?? {}
  } catch (cause) {
    if (named === undefined && onUnreadable && (cause as NodeJS.ErrnoException).code === 'EACCES') {
      onUnreadable(`${file} may not be read by this user: defaults are taken`)
      return { file: null, values: {} }
    }
    throw broken(`cannot read the settings file ${file}: ${reason(cause)}`, cause)
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw broken(`the settings file ${file} must hold keys and values, as "stateDir: /var/lib/oomloop"`)
  for (const key of Object.keys(values)) if (!Object.hasOwn(settingsTable, key)) throw unknownKey(key, file)
  return { file, values: values as Record<string, unknown> }
}

/** The value of one setting, checked; where it came from is named in the error. */
function pick(key: SettingKey, input: SettingsInput, values: Record<string, unknown>): unknown {
  const row: Setting = settingsTable[key]
  if (row.fileOnly) return null
  const sources: [string, unknown][] = [
    [`--${flagOf(key)}`, input.flags[key]],
    [environmentOf(key), input.environment[environmentOf(key)]],
    [`${key} in the settings file`, values[key]],
  ]
  for (const [where, value] of sources) if (value !== undefined && value !== null) return check(row, value, where)
  return row.default === null ? null : check(row, row.default, key)
}

function check(row: Setting, value: unknown, where: string): unknown {
  const text = String(value)
  switch (row.kind) {
    case 'text':
    case 'path':
      if (typeof value === 'object' || text === '') throw wrong(where, text, 'a text')
      return text
    case 'address':
      if (!parseAddress(text)) throw wrong(where, text, 'ADDRESS:PORT, as 127.0.0.1:9465')
      return text
    case 'duration': {
      const ms = parseDurationMs(text)
      if (ms === undefined) throw wrong(where, text, 'a duration like 30s, 5m or 1h')
      const { min = '0', max = '365d', zeroIsOff = false } = row
      const isWithin = ms >= parseDurationMs(String(min))! && ms <= parseDurationMs(String(max))!
      if (!isWithin && !(zeroIsOff && ms === 0))
        throw wrong(where, text, `from ${min} to ${max}${zeroIsOff ? ', or 0: off' : ''}`)
      return ms
    }
    case 'size': {
      const bytes = parseSizeBytes(text)
      if (bytes === undefined) throw wrong(where, text, 'a size like 16MiB')
      return bytes
    }
    case 'count': {
      const count = Number(text)
      const { min = 0, max = 1e9 } = row
      if (!Number.isInteger(count) || count < Number(min) || count > Number(max))
        throw wrong(where, text, `a whole number from ${min} to ${max}`)
      return count
    }
    case 'boolean':
      if (value === true || text === 'true') return true
      if (value === false || text === 'false') return false
      throw wrong(where, text, 'true or false')
    case 'choice':
      if (row.choices?.includes(text)) return text
      throw wrong(where, text, `one of ${row.choices?.join(', ')}`)
    case 'map':
    case 'list':
      return value
  }
}

/** OOMLOOP_WEBHOOK holds one URL or several, parted by blanks. */
function environmentUrls(environment: SettingsInput['environment']): readonly string[] {
  return environment.OOMLOOP_WEBHOOK?.split(/\s+/).filter(Boolean) ?? []
}

function unknownKey(key: string, file: string): OomloopError {
  const near = settingKeys.find(known => known.toLowerCase().startsWith(key.toLowerCase().slice(0, 4)))
  const hint = near ? `; did you mean ${near}?` : `; known: ${settingKeys.join(', ')}`
  return broken(`unknown key ${JSON.stringify(key.slice(0, 60))} in ${file}${hint}`)
}

function wrong(where: string, text: string, wanted: string): OomloopError {
  return broken(`${where} is ${JSON.stringify(text.slice(0, 60))}, but must be ${wanted}`)
}

function broken(message: string, cause?: unknown): OomloopError {
  return new OomloopError('OOMLOOP_SETTINGS', message, { cause })
}

function reason(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]!
}
