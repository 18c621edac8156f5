/* The settings, as types that follow from the table of settings. The glossary stands in ../types.ts. */

import type { SettingsTable } from '../settings/table.ts'
import type { Locale } from '../text/messages/catalogues.ts'
import type { AlertType } from './alert.ts'
import type { WebhookSettings } from './delivery.ts'

export type { Locale } from '../text/messages/catalogues.ts'

/** What the pure core decides by: the rows of the table that say `core`. */
export interface CoreSettings extends Fields<CoreKey> {
  /** Further languages that webhooks use: alerts carry their texts in these as well. */
  readonly otherLocales?: readonly Locale[]
}

/** Every setting of the table, loaded. */
export type SettingFields = Fields<keyof SettingsTable>

type CoreKey = { [K in keyof SettingsTable]: SettingsTable[K] extends { core: true } ? K : never }[keyof SettingsTable]

type Fields<Key extends keyof SettingsTable> = { readonly [K in Key as FieldName<K>]: ValueOf<SettingsTable[K]> }

/** Durations are in milliseconds and sizes in bytes, and say so: `quiet` → `quietMs`. */
type FieldName<K extends keyof SettingsTable> = SettingsTable[K]['kind'] extends 'duration'
  ? `${K}Ms`
  : SettingsTable[K]['kind'] extends 'size'
    ? `${K}Bytes`
    : K

type ValueOf<Row> = Row extends { kind: 'choice'; choices: readonly (infer Choice)[] }
  ? Choice
  : Row extends { kind: keyof Values }
    ? Values[Row['kind']]
    : Row extends { default: null }
      ? string | null
      : string

interface Values {
  /** IANA name; the host's where the setting is left out. */
  readonly zone: string
  readonly locale: Locale
  readonly duration: number
  readonly size: number
  readonly count: number
  readonly boolean: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly mute: readonly MuteRule[]
  readonly webhooks: readonly WebhookSettings[]
}

/** All conditions that are given must hold. `*` matches any run of characters. */
export interface MuteRule {
  readonly type?: AlertType
  readonly namespace?: string
  readonly workload?: string
  readonly labels?: Readonly<Record<string, string>>
}
