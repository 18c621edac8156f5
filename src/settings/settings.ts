import type { CoreSettings, SettingFields } from '../types.ts'
import type { SettingKey } from './table.ts'

/** The effective settings: file, environment and flags over the defaults of the table. Secrets are resolved. */
export type Settings = SettingFields & {
  /** The part that the pure core decides by; it is recorded. */
  readonly core: CoreSettings
  /** Every setting as it was checked, by its key, for printing and for comparing. */
  readonly values: Readonly<Record<SettingKey, unknown>>
  /** The settings file that was read; null where there is none. */
  readonly file: string | null
}
