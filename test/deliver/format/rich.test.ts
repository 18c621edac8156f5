// biome-ignore-all lint/suspicious/noExplicitAny: bodies of many shapes
import { describe, expect, it } from 'vitest'
import { loadFormat } from '../../../src/deliver/format/load-format.ts'
import { testAlert } from '../../../src/deliver/test/example-alert.ts'
import type { Alert, FormatName, WebhookSettings } from '../../../src/types.ts'
import { alertOf } from '../samples.ts'
import { webhookFor } from './webhooks.ts'

const alert = alertOf({
  summary: 'shop/web is in an OOM-kill loop on node-7: 3 kills, about 45s apart.',
  actions: [
    { do: 'Cordon node-7', command: 'kubectl cordon node-7', expectKiB: null },
    { do: 'Delete pod shop/java-1', command: 'kubectl -n shop delete pod java-1', expectKiB: 298_000 },
  ],
})

async function bodyOf(format: FormatName, of: Alert, fields: Partial<WebhookSettings> = {}): Promise<any> {
  const webhook = webhookFor(format, 'http://127.0.0.1:9', fields)
  const { request } = await loadFormat(format)
  return JSON.parse(request(of, { webhook, url: webhook.urls[0]!, now: Date.now(), notifiedSeverity: null }).body)
}

/** The texts without the escapes of Discord. */
function shown(body: any): string {
  return JSON.stringify(body).replaceAll('\\\\', '')
}

const chats = ['slack', 'teams', 'discord', 'feishu', 'dingtalk', 'wecom', 'pagerduty'] as const

describe('the first screen of a phone', () => {
  it.each(chats)(
    'of %s has severity, summary, and the next step with its command before everything else',
    async format => {
      const text = shown(await bodyOf(format, alert))
      const order = ['OOM-kill loop on node-7: 3 kills', 'Cordon node-7', 'kubectl cordon node-7'].map(piece =>
        text.indexOf(piece),
      )
      expect(order.every(at => at >= 0)).toBe(true)
      expect(order).toEqual(order.toSorted((a, b) => a - b))
      for (const later of ['Workload', 'Cause', 'Incident']) expect(text.indexOf(later)).toBeGreaterThan(order[2]!)
      if (format !== 'pagerduty') expect(text).toContain('CRITICAL')
    },
  )
})

describe('mentions', () => {
  const mentions = { critical: ['@all', '12345678901234567', 'U012ABC', 'ou_abc', 'li.si@example.com', '13800000000'] }
  it.each<[FormatName, string]>([
    ['slack', '{"type":"broadcast","range":"channel"}'],
    ['slack', '{"type":"user","user_id":"U012ABC"}'],
    ['teams', '{"type":"mention","text":"<at>li.si@example.com</at>"'],
    ['discord', '"content":"@everyone <@12345678901234567>'],
    ['discord', '"allowed_mentions":{"parse":["everyone"],"users":["12345678901234567","13800000000"]}'],
    ['feishu', '<at id=all></at>'],
    ['feishu', '<at id=ou_abc></at>'],
    ['feishu', '<at email=li.si@example.com></at>'],
    ['dingtalk', '"isAtAll":true'],
    ['dingtalk', '"atMobiles":["12345678901234567","13800000000"]'],
    ['wecom', '<@all>'],
    ['pagerduty', '"cc":"@all'],
  ])('in the way of %s: %s', async (format, wanted) => {
    expect(JSON.stringify(await bodyOf(format, alert, { mentions }))).toContain(wanted)
  })

  it.each(chats)('%s mentions no one for another severity, a resolved alert or a test', async format => {
    const quiet = [
      { ...alert, severity: 'warning' as const },
      { ...alert, status: 'resolved' as const },
      testAlert(0, { name: 'node-7' }, 'en'),
    ]
    for (const one of quiet) {
      const text = JSON.stringify(await bodyOf(format, one, { mentions }))
      expect(text).not.toMatch(/broadcast|"mention"|@everyone|<at |isAtAll":true|<@|"cc"/)
    }
  })
})

describe('notify --test', () => {
  it.each(chats)('%s says TEST in the title, and in the body that nothing has happened', async format => {
    const en = JSON.stringify(await bodyOf(format, testAlert(0, { name: 'node-7' }, 'en')))
    expect(en).toContain('TEST')
    expect(en).toMatch(/nothing (was killed|has happened)/)
    expect(en).not.toMatch(/CRITICAL|"critical"/)
    const zh = JSON.stringify(await bodyOf(format, testAlert(0, { name: 'node-7' }, 'zh-CN'), { locale: 'zh-CN' }))
    expect(zh).toContain('测试')
  })

  it('Alertmanager gets a name and a severity of their own, and PagerDuty an info', async () => {
    const [posted] = await bodyOf('alertmanager', testAlert(0, { name: 'node-7' }, 'en'))
    expect(posted.labels).toMatchObject({ alertname: 'OomloopTest', severity: 'none' })
    const { payload } = await bodyOf('pagerduty', testAlert(0, { name: 'node-7' }, 'en'))
    expect(payload).toMatchObject({ severity: 'info', summary: expect.stringMatching(/^TEST: /) })
  })
})

it.each(chats)('%s writes times in the zone of the webhook', async format => {
  const at = '2026-11-23T20:00:00.000Z'
  const text = shown(await bodyOf(format, { ...alert, startsAt: at }, { timeZone: 'Asia/Shanghai' }))
  expect(text).toContain('2026-11-24 04:00:00 +08:00')
})
