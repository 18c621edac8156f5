// biome-ignore-all lint/suspicious/noExplicitAny: bodies of many shapes
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { webhookProblems } from '../../src/deliver/check-webhooks.ts'
import { loadFormat } from '../../src/deliver/format/load-format.ts'
import { loadSettings } from '../../src/settings/load.ts'
import type { Alert } from '../../src/types.ts'
import { alertOf } from './samples.ts'

const docs = readFileSync(resolve(import.meta.dirname, '../../docs/recipes.md'), 'utf8')
const recipes = new Map(
  docs
    .split(/^## /m)
    .slice(1)
    .map(part => {
      const [name] = part.split('\n')
      const block = (kind: string) => new RegExp(`\`\`\`${kind}\\n([\\s\\S]*?)\\n\`\`\`\\n`).exec(`${part}\n`)?.[1]
      return [name!, { yaml: block('yaml')!, template: block('handlebars') }] as const
    }),
)

/** Address and secrets as the comments of the recipe show them. */
const files: Readonly<Record<string, string>> = {
  'telegram-url': 'https://api.telegram.org/bot123456:ABC/sendMessage',
  'ntfy-token': 'Bearer tk_123',
  'google-chat-url': 'https://chat.googleapis.com/v1/spaces/AAA/messages?key=k&token=t',
  'mattermost-url': 'https://mattermost.example.com/hooks/abc',
  'opsgenie-key': 'GenieKey 01234567',
  'oncall-url': 'https://oncall.example.com/integrations/v1/formatted_webhook/abc/',
  'mailgun-url': 'https://api:KEY@api.mailgun.net/v3/example.com/messages',
}

interface Sent {
  readonly path: string
  readonly host: string
  readonly type: string
  readonly authorization: string
  readonly body: any
}

/** What each receiver documents that it takes; true, or what is wrong. */
const contracts: Readonly<Record<string, (sent: Sent) => unknown>> = {
  Telegram: ({ host, path, body }) =>
    host === 'api.telegram.org' &&
    /^\/bot\d+:\w+\/sendMessage$/.test(path) &&
    /^(-?\d+|@\w+)$/.test(body.chat_id) &&
    typeof body.disable_notification === 'boolean' &&
    body.text.length > 0 &&
    body.text.length <= 4096,
  ntfy: ({ path, body, authorization }) =>
    path === '/' &&
    /^[-_A-Za-z0-9]{1,64}$/.test(body.topic) &&
    Buffer.byteLength(body.message) <= 4096 &&
    [1, 2, 3, 4, 5].includes(body.priority) &&
    body.tags.every((tag: unknown) => typeof tag === 'string') &&
    authorization === 'Bearer tk_123',
  'Google Chat': ({ path, body }) =>
    /^\/v1\/spaces\/\w+\/messages\?key=.+&token=.+$/.test(path) &&
    Object.keys(body).join() === 'text' &&
    Buffer.byteLength(body.text) <= 32_000,
  Mattermost: ({ path, body }) => /^\/hooks\/\w+$/.test(path) && body.text.length > 0 && body.text.length <= 16_383,
  Opsgenie: ({ path, body, authorization }) =>
    path === '/v2/alerts' &&
    /^GenieKey /.test(authorization) &&
    body.message.length <= 130 &&
    body.alias.length <= 512 &&
    body.description.length <= 15_000 &&
    /^P[1-5]$/.test(body.priority) &&
    body.tags.length <= 20,
  'Grafana OnCall': ({ path, body }) =>
    /^\/integrations\/v1\/formatted_webhook\/\w+\/$/.test(path) &&
    body.alert_uid.length > 0 &&
    body.title.length > 0 &&
    ['alerting', 'ok'].includes(body.state),
  'Email by a relay': ({ path, type, body }) =>
    path === '/v3/example.com/messages' &&
    type === 'application/x-www-form-urlencoded' &&
    ['from', 'to', 'subject', 'text'].every(key => body.get(key)?.length > 0),
}

async function sentBy(name: string, alert: Alert): Promise<Sent> {
  const { yaml, template } = recipes.get(name)!
  const folder = mkdtempSync(join(tmpdir(), 'oomloop-recipe-'))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  const [, templateFile] = /template: (\S+)/.exec(yaml)!
  writeFileSync(join(folder, templateFile!), template!)
  writeFileSync(join(folder, 'oomloop.yaml'), yaml)
  const { webhooks } = loadSettings({ file: join(folder, 'oomloop.yaml'), environment: {}, flags: {} })
  expect(await webhookProblems(webhooks, 'en')).toEqual([])
  const [webhook] = webhooks
  const { request } = await loadFormat('template')
  const made = request(alert, { webhook: webhook!, url: webhook!.urls[0]!, now: 0, notifiedSeverity: null })
  const { host, pathname, search } = new URL(made.url)
  const type = made.headers['content-type']!
  return {
    host,
    path: pathname + search,
    type,
    authorization: webhook!.headers?.authorization ?? '',
    body: type.includes('json') ? JSON.parse(made.body) : new URLSearchParams(made.body),
  }
}

const hostile = 'a "quoted" name\\ with <b>tags</b> & {{curly}} \n line =%26 ```'

describe.each(Object.keys(contracts))('the recipe for %s', name => {
  it.each([
    ['a firing alert', alertOf({ severity: 'critical' })],
    ['a resolved one', alertOf({ status: 'resolved', severity: 'warning', actions: [] })],
    ['hostile names', alertOf({ summary: hostile, subject: hostile, node: { ...alertOf().node, name: 'n-7' } })],
  ])('is taken by a receiver that follows its contract: %s', async (_, alert) => {
    const sent = await sentBy(name, alert)
    expect(contracts[name]!(sent)).toBe(true)
  })
})

it('every recipe has a test, but the one that sends nothing', () => {
  expect([...recipes.keys()].filter(name => !contracts[name])).toEqual(['Prometheus only'])
})

it('Grafana OnCall resolves what is resolved', async () => {
  expect((await sentBy('Grafana OnCall', alertOf())).body.state).toBe('alerting')
  expect((await sentBy('Grafana OnCall', alertOf({ status: 'resolved' }))).body.state).toBe('ok')
})
