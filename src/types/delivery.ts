/* Webhooks as the settings name them. The glossary stands in ../types.ts. */

import type { FormatName } from '../deliver/format/formats.ts'
import type { Locale } from '../text/messages/catalogues.ts'
import type { AlertType, Severity } from './alert.ts'

export type { FormatName } from '../deliver/format/formats.ts'

/** Grouping of notifications: every alert on its own, or one conversation per incident. */
export type Grouping = 'none' | 'incident'

/** One webhook as the settings name it; secrets are resolved (from file or environment) before they get here. */
export interface WebhookSettings {
  readonly name: string
  /** Where to post; several for the members of an Alertmanager cluster. */
  readonly urls: readonly string[]
  readonly format: FormatName
  /** Absent: what fits the format. */
  readonly grouping?: Grouping
  /** The settings name no format: it follows from the host or the path. */
  readonly isFormatGuessed?: boolean
  readonly secret?: string
  readonly minSeverity: Severity
  readonly types?: readonly AlertType[]
  /** Only alerts that match: what they are about, or static labels. `*` matches any run of characters. */
  readonly labels?: Readonly<Record<string, string>>
  /** Only alerts about a pod that has these labels, as far as the runtime's files on the node know them (CRI-O). */
  readonly podLabels?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly template?: string
  /** Prefix that a robot's keyword check wants. */
  readonly prefix?: string
  readonly routingKey?: string
  readonly locale: Locale
  /** Zone of the times in texts for people; absent: UTC. */
  readonly timeZone?: string
  /** Whom a message mentions, by severity, as the target names them; `@all` is everyone in the channel. */
  readonly mentions?: Readonly<Partial<Record<Severity, readonly string[]>>>
  /** Address of the operator's runbook; `#TYPE` is added. */
  readonly runbooks?: string
  /** One attempt, from connecting to the end of the answer. */
  readonly timeoutMs: number
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  /** File with the bearer token for the Kubernetes API server; read for each request. */
  readonly tokenFile?: string
}
