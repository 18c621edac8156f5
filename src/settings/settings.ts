import type { CoreSettings, Locale, Severity, WebhookSettings } from '../types.ts'
import type { SettingKey } from './table.ts'

/** The effective settings: file, environment and flags over the defaults of the table. Secrets are resolved. */
export interface Settings {
  readonly root: string
  readonly stateDir: string
  readonly nodeName: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly source: 'auto' | 'kmsg' | 'file' | 'journal'
  readonly logFile: string
  readonly webhooks: readonly WebhookSettings[]
  readonly minSeverity: Severity
  readonly locale: Locale
  readonly observe: boolean
  readonly heartbeatMs: number
  readonly recordBytes: number
  readonly listen: string | null
  readonly protect: boolean
  readonly oneVoice: boolean
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  /** The part that the pure core judges by; it is recorded. */
  readonly core: CoreSettings
  /** Every setting of the table as it came out, for printing. */
  readonly values: Readonly<Record<SettingKey, unknown>>
  /** The settings file that was read; null where there is none. */
  readonly file: string | null
}
