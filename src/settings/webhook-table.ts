import { formatNames } from '../deliver/format/formats.ts'
import { locales } from '../text/messages/catalogues.ts'
import { verdictTypes } from '../verdicts/verdicts.ts'
import { settingsTable } from './table.ts'

/** What a key of a webhook's entry takes. */
type WebhookKeyKind =
  | 'text'
  | 'url'
  | 'urls'
  /** A file whose text is the value. */
  | 'text-file'
  /** An environment variable that has the value. */
  | 'variable'
  /** A file that is read when it is needed. */
  | 'path'
  | 'choice'
  | 'choices'
  | 'matchers'
  | 'labels'
  | 'headers'
  | 'mentions'
  | 'zone'
  | 'duration'

export interface WebhookKeyRow {
  readonly kind: WebhookKeyKind
  readonly choices?: readonly string[]
}

/** Every key of an entry of `webhooks`, one row each: its check, schema and docs follow; its help is `settings.webhookHelp`. */
export const webhookTable = {
  name: { kind: 'text' },
  url: { kind: 'url' },
  urls: { kind: 'urls' },
  urlFile: { kind: 'text-file' },
  urlEnv: { kind: 'variable' },
  format: { kind: 'choice', choices: formatNames },
  secretFile: { kind: 'text-file' },
  secretEnv: { kind: 'variable' },
  routingKeyFile: { kind: 'text-file' },
  routingKeyEnv: { kind: 'variable' },
  minSeverity: { kind: 'choice', choices: settingsTable.minSeverity.choices },
  types: { kind: 'choices', choices: verdictTypes },
  grouping: { kind: 'choice', choices: ['none', 'incident'] },
  labels: { kind: 'matchers' },
  podLabels: { kind: 'labels' },
  mentions: { kind: 'mentions' },
  headers: { kind: 'headers' },
  template: { kind: 'text-file' },
  prefix: { kind: 'text' },
  locale: { kind: 'choice', choices: locales },
  timeZone: { kind: 'zone' },
  timeout: { kind: 'duration' },
  caFile: { kind: 'path' },
  certFile: { kind: 'path' },
  keyFile: { kind: 'path' },
  tokenFile: { kind: 'path' },
} as const satisfies Record<string, WebhookKeyRow>

export type WebhookKey = keyof typeof webhookTable

export const webhookKeys = Object.keys(webhookTable) as WebhookKey[]
