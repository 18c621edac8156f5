import { stringify } from 'yaml'
import { type Messages, messagesOf } from '../text/messages/catalogues.ts'
import type { Settings } from './settings.ts'
import { type Setting, settingKeys, settingsTable } from './table.ts'
import { formatDuration, formatSize } from './units.ts'

/**
 * Prints the effective settings in the form of a settings file. URLs are reduced to their origin, and secrets are only
 * shown as present.
 */
export function printSettings(settings: Settings): string {
  const { config } = messagesOf(settings.locale).cli
  const shown = settingKeys.map(key => [
    key,
    key === 'webhooks' ? settings.webhooks.map(webhook => redact(webhook, config)) : written(key, settings),
  ])
  return `${config.effective({ file: settings.file })}\n${stringify(Object.fromEntries(shown))}`
}

function written(key: (typeof settingKeys)[number], settings: Settings): unknown {
  const row: Setting = settingsTable[key]
  const value = settings.values[key]
  if (row.kind === 'duration') return formatDuration(value as number)
  if (row.kind === 'size') return formatSize(value as number)
  return value
}

function redact(webhook: Settings['webhooks'][number], { characters }: Messages['cli']['config']): object {
  const { secret, routingKey, urls, headers, template, isFormatGuessed: _, ...rest } = webhook
  return {
    ...rest,
    urls: urls.map(url => `${new URL(url).origin}/<redacted>`),
    ...(secret ? { secret: '<redacted>' } : {}),
    ...(routingKey ? { routingKey: '<redacted>' } : {}),
    ...(headers ? { headers: Object.fromEntries(Object.keys(headers).map(name => [name, '<redacted>'])) } : {}),
    ...(template ? { template: characters({ count: template.length }) } : {}),
  }
}
