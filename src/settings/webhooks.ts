import { addressOf, formatOfUrl } from '../deliver/format/formats.ts'
import { isZone } from '../text/local-time.ts'
import type { FormatName, Locale, Severity, WebhookSettings } from '../types.ts'
import { parseMatchers } from './matchers.ts'
import { nearest } from './problems.ts'
import { isMap, parseLabels, textOf } from './rules.ts'
import { existingFile, fromEnvironment, readText, type SecretsContext } from './secrets.ts'
import { settingsTable } from './table.ts'
import { parseDurationMs } from './units.ts'
import { type WebhookKey, type WebhookKeyRow, webhookKeys, webhookTable } from './webhook-table.ts'

const longestTimeoutMs = 3_600_000
const keysOfPagerDuty: readonly WebhookKey[] = ['routingKeyFile', 'routingKeyEnv', 'secretFile', 'secretEnv']

/** An entry whose keys exist and whose values are of their kind. */
type Entry = Readonly<Partial<Record<WebhookKey, unknown>>>

interface WebhookContext extends SecretsContext {
  /** Static labels: a matcher may ask for them. */
  readonly labels: Readonly<Record<string, string>>
  readonly minSeverity: Severity
  readonly locale: Locale
  readonly timeZone: string
  readonly runbooks: string | null
}

/** Reads the list of webhooks and resolves their secrets from files and environment. */
export function parseWebhooks(value: unknown, context: WebhookContext): readonly WebhookSettings[] {
  const { problems, runbooks } = context
  const { t } = problems
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) {
    problems.add(t.mustBeList({ where: 'webhooks' }))
    return []
  }
  if (runbooks !== null && !isHttp(runbooks)) problems.add(t.mustBeHttp({ where: 'runbooks' }))
  const webhooks = value.flatMap((entry, index) => parseWebhook(entry, t.webhook({ number: index + 1 }), context) ?? [])
  const names = new Map<string, number>()
  return webhooks.map(webhook => {
    const count = (names.get(webhook.name) ?? 0) + 1
    names.set(webhook.name, count)
    return count === 1 ? webhook : { ...webhook, name: `${webhook.name}-${count}` }
  })
}

function parseWebhook(value: unknown, where: string, context: WebhookContext): WebhookSettings | undefined {
  const { problems } = context
  const { t } = problems
  if (!isMap(value)) {
    problems.add(t.mustBeMap({ where }))
    return undefined
  }
  const entry = knownKeys(value, where, context)
  const urls = parseUrls(entry, where, context)
  const text = (key: WebhookKey) => (entry[key] === undefined ? undefined : String(entry[key]))
  const secret = secretOf(entry, 'secretFile', 'secretEnv', where, context)
  if (text('format') === 'pagerduty' && !keysOfPagerDuty.some(key => entry[key] !== undefined))
    problems.add(t.needsRoutingKey({ where }))
  const routingKey = secretOf(entry, 'routingKeyFile', 'routingKeyEnv', where, context)
  const path = (key: 'caFile' | 'certFile' | 'keyFile') =>
    entry[key] === undefined ? undefined : existingFile(String(entry[key]), `${where}: ${key}`, context)
  const types = entry.types as WebhookSettings['types']
  const minSeverity = (text('minSeverity') ?? context.minSeverity) as Severity
  const template =
    entry.template === undefined ? undefined : readText(String(entry.template), `${where}: template`, context)
  const [first] = urls
  if (first === undefined) return undefined
  const guessed = formatOfUrl(first)
  return {
    name: text('name') ?? new URL(first).host,
    urls,
    format: (text('format') ?? guessed ?? 'generic') as FormatName,
    minSeverity,
    locale: (text('locale') ?? context.locale) as Locale,
    timeZone: text('timeZone') ?? context.timeZone,
    timeoutMs: parseDurationMs(text('timeout') ?? '10s') ?? 10_000,
    ...defined({
      isFormatGuessed: entry.format === undefined && guessed !== undefined ? true : undefined,
      runbooks: context.runbooks ?? undefined,
      secret,
      routingKey,
      grouping: entry.grouping as WebhookSettings['grouping'],
      types,
      labels:
        entry.labels === undefined
          ? undefined
          : parseMatchers(entry.labels, { where, types, minSeverity, staticLabels: context.labels, problems }),
      podLabels: entry.podLabels as WebhookSettings['podLabels'],
      mentions: entry.mentions as WebhookSettings['mentions'],
      headers: entry.headers === undefined ? undefined : parseHeaders(entry.headers, where, context),
      template,
      prefix: text('prefix'),
      caFile: path('caFile'),
      certFile: path('certFile'),
      keyFile: path('keyFile'),
      // Not checked, because kubelet mounts and replaces it while the agent runs.
      tokenFile: text('tokenFile'),
    }),
  }
}

/** The keys that exist, with values of their kind; everything else is a problem. */
function knownKeys(value: Readonly<Record<string, unknown>>, where: string, context: WebhookContext): Entry {
  const { problems } = context
  const { t } = problems
  const known: Partial<Record<WebhookKey, unknown>> = {}
  for (const [key, given] of Object.entries(value)) {
    if (key === 'secret' || key === 'routingKey') problems.add(t.secretInFile({ where, key }))
    else if (!Object.hasOwn(webhookTable, key)) {
      const near = nearest(key, webhookKeys) ?? null
      problems.add(t.unknownKeyIn({ where, key: JSON.stringify(key.slice(0, 60)), near, known: webhookKeys }))
    } else if (given !== null) {
      // A key that is left empty is not given.
      const kept = checkKey(key as WebhookKey, given, `${where}: ${key}`, context)
      if (kept !== undefined) known[key as WebhookKey] = kept
    }
  }
  return known
}

function checkKey(key: WebhookKey, value: unknown, where: string, { problems }: WebhookContext): unknown {
  const { t, add } = problems
  const row: WebhookKeyRow = webhookTable[key]
  const wrong = (mustBe: string): undefined =>
    add(t.wrongValue({ where, value: JSON.stringify(String(value).slice(0, 60)), mustBe })) as undefined
  switch (row.kind) {
    case 'choice':
      return row.choices!.includes(String(value)) ? String(value) : wrong(t.mustBe.choice({ choices: row.choices! }))
    case 'choices': {
      if (!Array.isArray(value) || value.length === 0) return add(t.mustBeListOf({ where, known: row.choices! }))
      const unknown = value.find(one => !row.choices!.includes(String(one)))
      if (unknown === undefined) return value.map(String)
      return add(t.noAlertType({ where, value: JSON.stringify(String(unknown)), known: row.choices! }))
    }
    case 'duration': {
      const ms = parseDurationMs(String(value))
      return ms && ms <= longestTimeoutMs ? value : wrong(t.mustBe.timeout)
    }
    case 'zone':
      return isZone(String(value)) ? String(value) : wrong(t.mustBe.zone)
    case 'mentions':
      return parseMentions(value, where, problems)
    case 'urls':
    case 'matchers':
    case 'headers':
      return value
    case 'labels':
      return parseLabels(value, where, problems)
    default:
      return textOf(value, where, problems)
  }
}

function parseMentions(value: unknown, where: string, problems: WebhookContext['problems']): unknown {
  const { choices } = settingsTable.minSeverity
  const isList = (names: unknown): boolean =>
    Array.isArray(names) && names.every(name => ['string', 'number'].includes(typeof name))
  const isFine =
    isMap(value) && Object.entries(value).every(([key, names]) => choices.some(one => one === key) && isList(names))
  if (!isFine) return problems.add(problems.t.mentionsAreWrong({ where, severities: choices }))
  return Object.fromEntries(Object.entries(value).map(([key, names]) => [key, (names as unknown[]).map(String)]))
}

function parseUrls(entry: Entry, where: string, context: WebhookContext): readonly string[] {
  const { problems } = context
  const { t } = problems
  const isHidden = entry.urlFile !== undefined || entry.urlEnv !== undefined
  if (isHidden) {
    const before = problems.count()
    const url = secretOf(entry, 'urlFile', 'urlEnv', where, context)
    if (url === undefined) return problems.count() > before ? [] : [uncheckedUrl]
    return checkUrls([url], where, context)
  }
  const own = entry.format === undefined ? undefined : addressOf(entry.format as FormatName)
  const named = Array.isArray(entry.urls) ? entry.urls.map(String) : entry.url ? [String(entry.url)] : []
  const urls = named.length === 0 && own !== undefined ? [own] : named
  if (urls.length === 0) problems.add(t.noUrl({ where }))
  return checkUrls(urls, where, context)
}

/** The URL may be a secret, so the error names its key and not its text. */
function checkUrls(urls: readonly string[], where: string, { problems }: WebhookContext): readonly string[] {
  if (urls.every(isHttp)) return urls
  problems.add(problems.t.urlMustBeHttp({ where }))
  return []
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
}

function parseHeaders(value: unknown, where: string, context: WebhookContext): Readonly<Record<string, string>> {
  const headers = parseLabels(value, `${where}: headers`, context.problems)
  const resolved = (name: string, text: string): string => {
    if (text.startsWith('file:')) return readText(text.slice(5), `${where}: ${name}`, context) ?? ''
    if (text.startsWith('env:')) return fromEnvironment(text.slice(4), `${where}: ${name}`, context) ?? ''
    return text
  }
  return Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, resolved(name, text)]))
}

function secretOf(
  entry: Entry,
  file: WebhookKey,
  variable: WebhookKey,
  where: string,
  context: WebhookContext,
): string | undefined {
  if (entry[file] !== undefined) return readText(String(entry[file]), `${where}: ${file}`, context)
  const name = entry[variable]
  return name === undefined ? undefined : fromEnvironment(String(name), `${where}: ${variable}`, context)
}

/** Placeholder for an address that is only known inside the service's unit. */
const uncheckedUrl = 'http://known-inside-the-unit.invalid/'

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}
