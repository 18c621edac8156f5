import type { FormatName, WebhookSettings } from '../../../src/types.ts'
import { webhookOf } from '../samples.ts'
import { secrets } from './targets.ts'

export { formatNames } from '../../../src/deliver/format/formats.ts'

/** A webhook of each format with all that its target asks for. */
export function webhookFor(format: FormatName, origin: string, fields: Partial<WebhookSettings> = {}): WebhookSettings {
  const extra: Partial<Record<FormatName, Partial<WebhookSettings> & { path?: string }>> = {
    generic: { secret: secrets.standard },
    cloudevents: { secret: secrets.standard },
    pagerduty: { routingKey: secrets.routingKey },
    feishu: { secret: secrets.feishu },
    dingtalk: { secret: secrets.dingtalk, prefix: 'oomloop-keyword', path: '/robot/send?access_token=token' },
    template: {
      secret: secrets.standard,
      template:
        '{"title":"{{type}} on {{node.name}}","text":"{{summary}}","loop":{{json loop}},"who":{{json subject}} }',
    },
  }
  const { path = '', ...settings } = extra[format] ?? {}
  return webhookOf(`${origin}${path}`, { name: format, format, ...settings, ...fields })
}
