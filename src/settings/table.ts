import { locales } from '../text/messages/catalogues.ts'

/**
 * Every setting, one row each. From the row follow its type (types/settings.ts), default, flag (`--loop-window`),
 * environment variable (`OOMLOOP_LOOP_WINDOW`), check, schema, `--help`, manual page and docs/settings.md. Its help
 * stands in the catalogues (`settings.help`).
 */
type SettingKind =
  | 'text'
  | 'path'
  | 'address'
  | 'zone'
  | 'duration'
  | 'size'
  | 'count'
  | 'boolean'
  | 'choice'
  | 'locale'
  | 'labels'
  | 'mute'
  | 'webhooks'

export interface Setting {
  readonly kind: SettingKind
  /** As it would be written in the settings file. */
  readonly default: string | number | boolean | null
  readonly choices?: readonly string[]
  /** Smallest and largest value, as they would be written in the settings file. */
  readonly min?: string | number
  readonly max?: string | number
  /** 0 is allowed below `min`, and switches it off. */
  readonly zeroIsOff?: boolean
  /** Used by the pure core: it is recorded, and takes effect on reload. */
  readonly core?: boolean
  /** Takes effect on SIGHUP; without it a restart is needed. Core settings always do. */
  readonly reload?: boolean
  /** false: it has neither flag nor environment variable, since its value is a map or a list. */
  readonly flag?: boolean
}

export const settingsTable = {
  root: { kind: 'path', default: '/' },
  stateDir: { kind: 'path', default: '/var/lib/oomloop' },
  nodeName: { kind: 'text', default: null },
  labels: { kind: 'labels', default: null, flag: false, reload: true },
  source: { kind: 'choice', default: 'auto', choices: ['auto', 'kmsg', 'file', 'journal'] },
  logFile: { kind: 'path', default: '/var/log/kern.log' },
  webhooks: { kind: 'webhooks', default: null, flag: false, reload: true },
  minSeverity: { kind: 'choice', default: 'warning', choices: ['info', 'warning', 'critical'], reload: true },
  locale: { kind: 'locale', default: 'en', core: true },
  timeZone: { kind: 'zone', default: null, core: true },
  runbooks: { kind: 'text', default: null, reload: true },
  observe: { kind: 'boolean', default: false, reload: true },
  mute: { kind: 'mute', default: null, flag: false, core: true },
  heartbeat: { kind: 'duration', default: '0', min: '1s', max: '7d', zeroIsOff: true, reload: true },
  loopWindow: { kind: 'duration', default: '1h', min: '1s', max: '7d', core: true },
  ownLimitLoopWindow: { kind: 'duration', default: '30m', min: '1s', max: '7d', core: true },
  stormWindow: { kind: 'duration', default: '5m', min: '1s', max: '1d', core: true },
  stormEvents: { kind: 'count', default: 3, min: 2, max: 1000, core: true },
  recovery: { kind: 'duration', default: '5m', min: '1s', max: '1d', core: true },
  quiet: { kind: 'duration', default: '10m', min: '1s', max: '7d', core: true },
  logQuiet: { kind: 'duration', default: '1h', min: '1s', max: '7d', core: true },
  chronic: { kind: 'duration', default: '1d', min: '10m', max: '30d', core: true },
  recordSize: { kind: 'size', default: '16MiB' },
  listen: { kind: 'address', default: null },
  output: { kind: 'choice', default: 'text', choices: ['text', 'json'] },
  protect: { kind: 'boolean', default: true },
  hold: { kind: 'choice', default: 'off', choices: ['off', 'suggest', 'on'], core: true },
  holdLimit: { kind: 'duration', default: '10m', min: '10s', max: '1h', core: true },
  singleInstance: { kind: 'boolean', default: true },
  logLevel: { kind: 'choice', default: 'info', choices: ['debug', 'info', 'warn', 'error'] },
} as const satisfies Record<string, Setting>

export type SettingsTable = typeof settingsTable
export type SettingKey = keyof SettingsTable

export const settingKeys = Object.keys(settingsTable) as SettingKey[]

/** The values that a row allows, where they are a list. */
export function choicesOf({ kind, choices }: Setting): readonly string[] | undefined {
  return kind === 'locale' ? locales : choices
}

/** Settings that have a flag and an environment variable. */
export const flagKeys: readonly SettingKey[] = settingKeys.filter(hasFlag)

export function hasFlag(key: SettingKey): boolean {
  return (settingsTable[key] as Setting).flag !== false
}

/** Does a changed value take effect on SIGHUP? */
export function reloads(key: SettingKey): boolean {
  const { core, reload }: Setting = settingsTable[key]
  return core === true || reload === true
}

/** The flag of a setting: `stateDir` → `state-dir`. */
export function flagOf(key: SettingKey): string {
  return key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}

/** The flag as it is written: a switch that is on by default can only be turned off. */
export function writtenFlagOf(key: SettingKey): string {
  return settingsTable[key].default === true ? `no-${flagOf(key)}` : flagOf(key)
}

/** The environment variable of a setting: `stateDir` → `OOMLOOP_STATE_DIR`. */
export function environmentOf(key: SettingKey): string {
  return `OOMLOOP_${key.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`
}

/** The field of the loaded settings: durations end in `Ms`, sizes in `Bytes`. */
export function fieldOf(key: SettingKey): string {
  const { kind } = settingsTable[key]
  return kind === 'duration' ? `${key}Ms` : kind === 'size' ? `${key}Bytes` : key
}
