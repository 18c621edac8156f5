import { alertTypes } from '../src/settings/rules.ts'
import { type Setting, settingsTable } from '../src/settings/table.ts'
import { formatNames, webhookKeys } from '../src/settings/webhooks.ts'

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
const alertType = { type: 'string', enum: alertTypes }
const severity = { type: 'string', enum: settingsTable.minSeverity.choices }
const locale = { type: 'string', enum: settingsTable.locale.choices }

/** The settings file as a schema, for editors and for those who make one by program. Made from the table of settings. */
export function settingsSchema(): Schema {
  return {
    type: ['object', 'null'],
    properties: Object.fromEntries(
      Object.entries(settingsTable as Record<string, Setting>).map(([key, row]) => [
        key,
        {
          description: row.help,
          ...orNull(valueSchema(key, row)),
          ...(row.default === null ? {} : { default: row.default }),
        },
      ]),
    ),
    additionalProperties: false,
  }
}

function valueSchema(key: string, row: Setting): Schema {
  switch (row.kind) {
    case 'address':
      return { type: 'string', pattern: ':\\d{1,5}$' }
    case 'text':
    case 'path':
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
      return { type: 'string', enum: row.choices }
    case 'map':
      return labels
    case 'list':
      return { type: 'array', items: key === 'webhooks' ? webhook() : muteRule }
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

const webhookValues: Partial<Record<keyof typeof webhookKeys, Schema>> = {
  urls: { type: 'array', items: { type: 'string' }, minItems: 1 },
  format: { type: 'string', enum: formatNames },
  minSeverity: severity,
  types: { type: 'array', items: alertType, minItems: 1 },
  labels,
  headers: labels,
  locale,
  timeout: duration,
}

function webhook(): Schema {
  const properties = Object.entries(webhookKeys).map(([key, help]) => [
    key,
    { description: help, ...(webhookValues[key as keyof typeof webhookKeys] ?? { type: 'string' }) },
  ])
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    anyOf: ['url', 'urls', 'urlFile', 'urlEnv'].map(key => ({ required: [key] })),
    additionalProperties: false,
  }
}
