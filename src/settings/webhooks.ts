import { existsSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import { OomloopError } from '../host/errors.ts'
import type { FormatName, Locale, Severity, WebhookSettings } from '../types.ts'
import { parseAlertType, parseLabels, textOf } from './rules.ts'
import { parseDurationMs } from './units.ts'

export const formatNames: readonly FormatName[] = [
  'generic',
  'cloudevents',
  'alertmanager',
  'slack',
  'teams',
  'discord',
  'pagerduty',
  'feishu',
  'dingtalk',
  'wecom',
  'template',
]

/** What one entry of `webhooks` may say: name → help. docs/settings.md is made from here. */
export const webhookKeys = {
  name: 'name in logs and status (default: the host of the URL)',
  url: 'where to post',
  urls: 'several, where each member of a cluster must get every alert (Alertmanager)',
  urlFile: 'file that holds the URL, where the URL is a secret',
  urlEnv: 'environment variable that holds the URL',
  format: `one of ${formatNames.join(', ')} (default generic)`,
  secretFile:
    "file that holds the signing secret or the robot's secret; relative to $CREDENTIALS_DIRECTORY under systemd",
  secretEnv: 'environment variable that holds it',
  routingKeyFile: "file that holds PagerDuty's routing key",
  routingKeyEnv: 'environment variable that holds it',
  minSeverity: 'least severity that is sent here (default: the setting minSeverity)',
  types: 'only these alert types',
  labels: 'only alerts whose labels have these values',
  headers: 'further request headers; the value `file:PATH` or `env:NAME` is resolved',
  template: 'path of a Handlebars template, for format template',
  prefix: "text that a robot's keyword check wants in every message",
  locale: 'language of the text here (default: the setting locale)',
  timeout: 'limit of one attempt, from connecting to the end of the answer (default 10s)',
  caFile: 'PEM file of certificate authorities to trust',
  certFile: 'PEM file of the client certificate',
  keyFile: "PEM file of the client certificate's key",
} as const

/** Whose values are lists or maps. */
const structuredKeys: ReadonlySet<string> = new Set(['urls', 'types', 'labels', 'headers'])

const longestTimeoutMs = 3_600_000

type WebhookKey = keyof typeof webhookKeys

const keysOfPagerDuty: readonly WebhookKey[] = ['routingKeyFile', 'routingKeyEnv', 'secretFile', 'secretEnv']
type Entry = Partial<Record<WebhookKey, unknown>>

export interface WebhookContext {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The settings file, for relative paths; null where there is none. */
  readonly file: string | null
  readonly minSeverity: Severity
  readonly locale: Locale
  readonly runbooks: string | null
  /** Told of what cannot be found here but may be inside the service's unit; absent: that is an error. */
  readonly onUnchecked?: ((sentence: string) => void) | undefined
}

/** Reads the list of webhooks and resolves their secrets from files and environment. Throws OOMLOOP_SETTINGS. */
export function parseWebhooks(value: unknown, context: WebhookContext): readonly WebhookSettings[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw broken('webhooks must be a list')
  const { runbooks } = context
  if (runbooks !== null && !isHttp(runbooks)) throw broken('runbooks must begin with http:// or https://')
  const webhooks = value.map((entry, index) => parseWebhook(entry, `webhook ${index + 1}`, context))
  const names = new Map<string, number>()
  return webhooks.map(webhook => {
    const count = (names.get(webhook.name) ?? 0) + 1
    names.set(webhook.name, count)
    return count === 1 ? webhook : { ...webhook, name: `${webhook.name}-${count}` }
  })
}

function parseWebhook(entry: unknown, where: string, context: WebhookContext): WebhookSettings {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) throw broken(`${where} must be a map`)
  for (const key of Object.keys(entry)) {
    if (key === 'secret' || key === 'routingKey')
      throw broken(`${where}: a secret does not belong in the settings file; use ${key}File or ${key}Env`)
    if (!Object.hasOwn(webhookKeys, key)) throw broken(`${where} has an unknown key "${key.slice(0, 60)}"`)
  }
  // A key that is left empty is not given.
  const given: Entry = Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null))
  for (const [key, value] of Object.entries(given)) if (!structuredKeys.has(key)) textOf(value, `${where}: ${key}`)
  const urls = parseUrls(given, where, context)
  const timeoutMs = parseDurationMs(String(given.timeout ?? '10s'))
  if (!timeoutMs || timeoutMs > longestTimeoutMs)
    throw broken(`${where}: timeout must be a duration like 10s, of at most 1h`)
  const secret = secretOf(given.secretFile, given.secretEnv, `${where}: secret`, context)
  if (given.format === 'pagerduty' && !keysOfPagerDuty.some(key => given[key] !== undefined))
    throw broken(`${where}: PagerDuty needs a routing key: name it with routingKeyFile or routingKeyEnv`)
  const routingKey = secretOf(given.routingKeyFile, given.routingKeyEnv, `${where}: routing key`, context)
  const path = (key: 'caFile' | 'certFile' | 'keyFile') =>
    given[key] === undefined ? undefined : fileOf(String(given[key]), `${where}: ${key}`, context)
  return {
    name: given.name === undefined ? new URL(urls[0]!).host : String(given.name),
    urls,
    format: choice(formatNames, given.format ?? 'generic', `${where}: format`),
    minSeverity: choice(
      ['info', 'warning', 'critical'] as const,
      given.minSeverity ?? context.minSeverity,
      `${where}: minSeverity`,
    ),
    locale: choice(['en', 'zh-CN'] as const, given.locale ?? context.locale, `${where}: locale`),
    timeoutMs,
    ...defined({
      runbooks: context.runbooks ?? undefined,
      secret,
      routingKey,
      types: given.types === undefined ? undefined : parseTypes(given.types, where),
      labels: given.labels === undefined ? undefined : parseLabels(given.labels, `${where}: labels`),
      headers: given.headers === undefined ? undefined : parseHeaders(given.headers, where, context),
      template:
        given.template === undefined ? undefined : readText(String(given.template), `${where}: template`, context),
      prefix: given.prefix === undefined ? undefined : String(given.prefix),
      caFile: path('caFile'),
      certFile: path('certFile'),
      keyFile: path('keyFile'),
    }),
  }
}

function parseUrls(given: Entry, where: string, context: WebhookContext): readonly string[] {
  const isHidden = given.urlFile !== undefined || given.urlEnv !== undefined
  const urls = isHidden
    ? [secretOf(given.urlFile, given.urlEnv, `${where}: URL`, context) ?? uncheckedUrl]
    : Array.isArray(given.urls)
      ? given.urls.map(String)
      : given.url
        ? [String(given.url)]
        : []
  if (urls.length === 0) throw broken(`${where} has no url`)
  for (const url of urls) {
    // The URL itself may be a secret: the error names its place, not its text.
    if (!isHttp(url)) throw broken(`${where}: the URL must begin with http:// or https:// and name a host`)
  }
  return urls
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
}

function parseTypes(value: unknown, where: string): WebhookSettings['types'] {
  if (!Array.isArray(value) || value.length === 0) throw broken(`${where}: types must be a list of alert types`)
  return value.map(type => parseAlertType(type, where))
}

function parseHeaders(value: unknown, where: string, context: WebhookContext): Readonly<Record<string, string>> {
  const headers = parseLabels(value, `${where}: headers`)
  const resolved = (name: string, text: string): string => {
    if (text.startsWith('file:')) return readText(text.slice(5), `${where}: header ${name}`, context) ?? ''
    if (text.startsWith('env:')) return fromEnvironment(text.slice(4), `${where}: header ${name}`, context) ?? ''
    return text
  }
  return Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, resolved(name, text)]))
}

function secretOf(file: unknown, name: unknown, what: string, context: WebhookContext): string | undefined {
  if (file !== undefined) return readText(String(file), what, context)
  return name === undefined ? undefined : fromEnvironment(String(name), what, context)
}

/** Stands for an address that is known inside the service's unit only. */
const uncheckedUrl = 'http://known-inside-the-unit.invalid/'

function fromEnvironment(name: string, what: string, { environment, onUnchecked }: WebhookContext): string | undefined {
  const value = environment[name]
  if (value) return value
  const sentence = `${what}: the environment variable ${name} is not set`
  if (value === '' || !onUnchecked) throw broken(sentence)
  onUnchecked(`${sentence} here: it can only be checked inside the unit`)
  return undefined
}

function readText(name: string, what: string, context: WebhookContext): string | undefined {
  const path = fileOf(name, what, context)
  if (path === undefined) return undefined
  let text: string
  try {
    text = readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw broken(`${what}: cannot read ${path}`, cause)
  }
  // An empty secret would sign nothing, and nobody would know.
  if (text === '') throw broken(`${what}: ${path} is empty`)
  return text
}

/** Where a file lies; undefined where it may be one of the unit's credentials, which nobody sees from outside. */
function fileOf(name: string, what: string, context: WebhookContext): string | undefined {
  const path = pathOf(name, context)
  const isOutside = !isAbsolute(name) && context.environment.CREDENTIALS_DIRECTORY === undefined
  if (!context.onUnchecked || !isOutside || existsSync(path)) return path
  context.onUnchecked(`${what}: there is no ${path}; as a credential, ${name} can only be checked inside the unit`)
  return undefined
}

/** systemd hands credentials over in a directory of its own; else a relative path lies beside the settings file. */
function pathOf(path: string, context: WebhookContext): string {
  const base = context.environment.CREDENTIALS_DIRECTORY ?? (context.file ? dirname(context.file) : '.')
  return resolve(base, path)
}

function choice<T extends string>(choices: readonly T[], value: unknown, where: string): T {
  const found = choices.find(name => name === value)
  if (!found) throw broken(`${where} must be one of ${choices.join(', ')}`)
  return found
}

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}

function broken(message: string, cause?: unknown): OomloopError {
  return new OomloopError('OOMLOOP_SETTINGS', message, { cause })
}
