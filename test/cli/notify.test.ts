import { describe, expect, it, onTestFinished } from 'vitest'
import { notify, notifyCommand } from '../../src/cli/notify.ts'
import type { Locale, WebhookSettings } from '../../src/types.ts'
import { type Answer, startReceiver } from '../deliver/receiver.ts'
import { webhookOf } from '../deliver/samples.ts'

const secret = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='

async function run(webhooks: readonly WebhookSettings[], dryRun = false, locale: Locale = 'en') {
  const lines: string[] = []
  const settings = { webhooks, nodeName: 'node-7', labels: { cluster: 'prod' }, locale }
  const code = await notify({ settings, dryRun, out: line => lines.push(line) })
  return { code, text: lines.join('\n') }
}

async function receiverFor(answer?: Answer) {
  const receiver = await startReceiver(answer)
  onTestFinished(() => receiver.close())
  return receiver
}

describe('oomloop notify', () => {
  it('sends a test through every webhook, in its format, and prints the response', async () => {
    const receiver = await receiverFor((_request, response) => response.end('ok'))
    const { code, text } = await run([
      webhookOf(`${receiver.url}/a`, { name: 'plain', secret }),
      webhookOf(`${receiver.url}/b`, { name: 'chat', format: 'slack' }),
    ])
    expect(code).toBe(0)
    expect(text).toMatch(
      /^plain\n {2}request .*generic, \d+ bytes to http:\/\/127.*\n {2}response {2}200 ok \(\d+ ms\)\n {2}result {4}accepted$/m,
    )
    expect(receiver.received.map(({ path }) => path)).toEqual(['/a', '/b'])
    expect(receiver.received[0]!.headers['webhook-signature']).toMatch(/^v1,/)
    expect(receiver.bodies()[0]).toMatchObject({ node: { name: 'node-7', labels: { cluster: 'prod' } } })
    expect(String(receiver.bodies()[0]!.summary)).toMatch(/This is a test/)
  })

  it('ends the test alert where the target would keep it open', async () => {
    const receiver = await receiverFor((_request, response) => response.writeHead(202).end('{"status":"success"}'))
    const routingKey = '0123456789abcdef0123456789abcdef'
    await run([webhookOf(receiver.url, { format: 'pagerduty', routingKey })])
    expect(receiver.bodies().map(({ event_action: action }) => action)).toEqual(['trigger', 'resolve'])
    expect(new Set(receiver.bodies().map(({ dedup_key: key }) => key)).size).toBe(1)
  })

  it.each<[number, string]>([
    [404, 'check the URL'],
    [401, 'check secret'],
    [302, 'redirects are not followed'],
    [413, 'too large'],
    [500, 'check its log'],
  ])('says how to fix %i, and exits 1', async (status, advice) => {
    const receiver = await receiverFor((_request, response) => response.writeHead(status).end())
    const { code, text } = await run([webhookOf(receiver.url)])
    expect(code).toBe(1)
    expect(text).toMatch(new RegExp(`fix .*${advice}`))
  })

  it('names in a few words what is wrong with TLS, and how to fix it', async () => {
    const receiver = await receiverFor()
    const { code, text } = await run([webhookOf(receiver.url.replace('http:', 'https:'))])
    expect(code).toBe(1)
    expect(text.split('\n').slice(2)).toEqual([
      expect.stringMatching(/^ {2}response {2}none: wrong version number \(\d+ ms\)$/),
      '  result    not accepted (an alert would be tried again): wrong version number',
      expect.stringMatching(/^ {2}fix {7}TLS failed: check that the URL uses https only where the receiver does/),
    ])
  })

  it('says how to fix a receiver that does not respond', async () => {
    const { code, text } = await run([
      webhookOf('http://127.0.0.1:1/', { name: 'closed' }),
      webhookOf('http://no-such-host.invalid/', { name: 'unknown' }),
    ])
    expect(code).toBe(1)
    expect(text).toMatch(/nothing listens there/)
    expect(text).toMatch(/host name cannot be resolved/)
  })

  it('says that a receiver without a complete response is too slow', async () => {
    const receiver = await receiverFor(() => {})
    const { text } = await run([webhookOf(receiver.url, { timeoutMs: 200 })])
    expect(text).toMatch(/none: no complete response within 200 ms/)
    expect(text).toMatch(/fix .*took too long/)
  })

  it.each<[string, Partial<WebhookSettings>, Answer]>([
    ['an HTML page', {}, (_request, response) => response.end('<html>')],
    ['a redirect', {}, (_request, response) => response.writeHead(302).end()],
    ['no response in time', { timeoutMs: 200 }, () => {}],
    ['a connection that is closed', {}, (_request, response) => response.destroy()],
    ['no result code', { format: 'wecom' }, (_request, response) => response.end('{}')],
    ['a DingTalk error', { format: 'dingtalk' }, (_request, response) => response.end('{"errcode":310000}')],
    ['a Feishu error', { format: 'feishu' }, (_request, response) => response.end('{"code":19024}')],
    ['a CloudEvents error', { format: 'cloudevents' }, (_request, response) => response.writeHead(415).end()],
  ])('a Chinese notification test has no English sentence where the failure is %s', async (_what, settings, answer) => {
    const receiver = await receiverFor(answer)
    const { code, text } = await run([webhookOf(receiver.url, { name: 'w', ...settings })], false, 'zh-CN')
    expect(code).toBe(1)
    expect(text.split('\n').slice(2).join('\n')).not.toMatch(/[a-z]+ [a-z]+ [a-z]+/)
  })

  it('a Chinese check of the settings names a header that cannot be set in Chinese', async () => {
    const webhook = webhookOf('http://127.0.0.1:1/', { headers: { te: 'trailers' } })
    await expect(run([webhook], false, 'zh-CN')).rejects.toThrow('此处不能设置请求头 te')
  })

  it('sends nothing in a dry run, and shows the request without any secret', async () => {
    const receiver = await receiverFor()
    const { code, text } = await run(
      [
        webhookOf(`${receiver.url}/services/T00SECRET/xyzzy12345?key=querysecret`, {
          secret,
          headers: { authorization: 'Bearer headersecret', 'x-team': 'teamsecret' },
        }),
        webhookOf('http://127.0.0.1:1/', {
          name: 'pager',
          format: 'pagerduty',
          routingKey: 'routingkeysecretroutingkeysecret',
        }),
        webhookOf(`${receiver.url}/robot?access_token=dingtokensecret`, {
          name: 'ding',
          format: 'dingtalk',
          secret: 'SECdingsecret',
        }),
      ],
      true,
    )
    expect(code).toBe(0)
    expect(receiver.received).toEqual([])
    expect(text).toContain(`POST ${receiver.url}/<redacted>`)
    expect(text).toContain('"version":1')
    expect(text).not.toMatch(/SECRET|secret(?!s)|xyzzy|AAECAwQF/)
  })

  it('shows no secret that the receiver echoes', async () => {
    const receiver = await receiverFor((request, response) => response.writeHead(400).end(`bad path ${request.path}`))
    const { text } = await run([webhookOf(`${receiver.url}/hooks/abcdefgh12345678`)])
    expect(text).not.toContain('abcdefgh12345678')
  })

  it('shows no part of one either, where the answer is longer than what is shown', async () => {
    const receiver = await receiverFor((request, response) =>
      response.writeHead(404).end(`${'x'.repeat(170)} Cannot POST ${request.path}`),
    )
    const { text } = await run([webhookOf(`${receiver.url}/hooks/abcdefgh12345678`)])
    expect(text).toContain('Cannot POST')
    expect(text).not.toContain('abcd')
  })

  it('takes a password that is no percent-encoding for what it is', async () => {
    const receiver = await receiverFor()
    const { code } = await run([webhookOf(receiver.url.replace('//', '//me:100%@'))])
    expect(code).toBe(0)
    expect(receiver.received[0]!.headers.authorization).toBe(`Basic ${Buffer.from('me:100%').toString('base64')}`)
  })

  it('needs --test or --dry-run, and a webhook', async () => {
    const input = {
      positionals: [],
      flags: {},
      settings: () => ({ webhooks: [] }) as never,
      out: () => {},
      err: () => {},
      locale: 'en' as const,
    }
    expect(() => notifyCommand(input)).toThrow(/--test/)
    await expect(async () => notifyCommand({ ...input, flags: { test: true } })).rejects.toThrow(
      /no webhook is configured/,
    )
  })
})
