import { helpOf } from '../src/cli/flags.ts'
import { addressOf, formatNames } from '../src/deliver/format/formats.ts'
import { choicesOf, type Setting, type SettingKey, settingsTable } from '../src/settings/table.ts'
import { type WebhookKeyRow, webhookKeys, webhookTable } from '../src/settings/webhook-table.ts'
import { messagesOf } from '../src/text/messages/catalogues.ts'
import { verdictTypes } from '../src/verdicts/verdicts.ts'

type Schema = Record<string, unknown>

const duration = { type: 'string', pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$' }
const off = { enum: ['0', 0] }
const size = {
  anyOf: [
    { type: 'string', pattern: '^\\d+(B|KiB|MiB|GiB)?$' },
    { type: 'integer', minimum: 0 },
  ],
}
/** YAML reads `port: 9465` as a number; every scalar is taken as the text that it was written as. */
const text = { type: ['string', 'number', 'boolean'] }
const labels = { type: 'object', additionalProperties: text }
const alertType = { type: 'string', enum: verdictTypes }

/** The settings file as a schema, for editors and for programs that write it. Made from the table of settings. */
export function settingsSchema(): Schema {
  return {
    type: ['object', 'null'],
    properties: Object.fromEntries(
      Object.entries(settingsTable as Record<string, Setting>).map(([key, row]) => [
        key,
        {
          description: helpOf(key as SettingKey),
          ...orNull(valueSchema(row)),
          ...(row.default === null ? {} : { default: row.default }),
        },
      ]),
    ),
    additionalProperties: false,
  }
}

function valueSchema(row: Setting): Schema {
  switch (row.kind) {
    case 'address':
      return { type: 'string', pattern: ':\\d{1,5}$' }
    case 'text':
    case 'path':
    case 'zone':
      return { ...text, minLength: 1 }
    case 'duration':
      return row.zeroIsOff ? { anyOf: [duration, off] } : duration
    case 'size':
      return size
    case 'count':
      return { type: 'integer', minimum: row.min ?? 0, maximum: row.max ?? 1e9 }
    case 'boolean':
      return { type: 'boolean' }
    case 'choice':
    case 'locale':
      return { type: 'string', enum: choicesOf(row) }
    case 'labels':
      return labels
    case 'mute':
      return { type: 'array', items: muteRule }
    case 'webhooks':
      return { type: 'array', items: webhook() }
  }
}

/** A key without a value is as good as none. */
function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] }
}

const muteRule: Schema = {
  type: 'object',
  properties: { type: alertType, namespace: text, workload: text, labels },
  minProperties: 1,
  additionalProperties: false,
}

function webhookValue({ kind, choices }: WebhookKeyRow): Schema {
  switch (kind) {
    case 'urls':
      return { type: 'array', items: { type: 'string' }, minItems: 1 }
    case 'choice':
      return { type: 'string', enum: choices }
    case 'choices':
      return { type: 'array', items: { type: 'string', enum: choices }, minItems: 1 }
    case 'labels':
    case 'matchers':
    case 'headers':
      return labels
    case 'mentions':
      return mentions
    case 'duration':
      return duration
    default:
      return { type: 'string' }
  }
}

const mentions: Schema = {
  type: 'object',
  properties: Object.fromEntries(
    settingsTable.minSeverity.choices.map(severity => [
      severity,
      { type: 'array', items: { type: ['string', 'number'] } },
    ]),
  ),
  additionalProperties: false,
}

/** Formats that have an address of their own need no URL. */
const withAddress = formatNames.filter(name => addressOf(name) !== undefined)
const withoutUrl: readonly Schema[] =
  withAddress.length === 0 ? [] : [{ required: ['format'], properties: { format: { enum: withAddress } } }]

function webhook(): Schema {
  const properties = webhookKeys.map(key => [
    key,
    { description: messagesOf('en').settings.webhookHelp[key], ...webhookValue(webhookTable[key]) },
  ])
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    anyOf: [...['url', 'urls', 'urlFile', 'urlEnv'].map(key => ({ required: [key] })), ...withoutUrl],
    additionalProperties: false,
  }
}
