import { describe, expect, it, onTestFinished } from 'vitest'
import type { Alert } from '../../../src/types.ts'
import { startReceiver } from '../receiver.ts'
import { alertOf, startDelivery } from '../samples.ts'
import { type TargetAnswer, targets } from './targets.ts'
import { formatNames, webhookFor } from './webhooks.ts'

/** Sends one alert to a target and returns the outcome that delivery derived from the response. */
async function told(
  format: (typeof formatNames)[number],
  alert: Alert,
  answer?: TargetAnswer,
  locale: 'en' | 'zh-CN' = 'en',
) {
  const receiver = await startReceiver((request, response) => {
    const { status, headers, body } = answer ?? targets[format](request)
    response.writeHead(status, headers).end(body)
  })
  onTestFinished(() => receiver.close())
  const { delivery, events } = await startDelivery([webhookFor(format, receiver.url, { locale })])
  delivery.accept(alert)
  await expect.poll(() => events.length, { timeout: 5000, interval: 2 }).toBeGreaterThan(0)
  return { event: events[0]!, request: receiver.received[0]!, delivery }
}

/** As large as alerts get: every list full, every text as long as the sanitiser lets it be. */
function largest(): Alert {
  const text = '超长文本 '.repeat(400)
  const many = <T>(count: number, make: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, index) => make(index))
  return alertOf({
    summary: text,
    evidence: many(20, () => text),
    evidenceTotal: 4000,
    diagnosis: many(5, index => ({ code: `code-${index}`, evidence: text, why: text, remedy: text })),
    actions: many(5, () => ({ do: text, command: text, expectKiB: 1 })),
    members: many(10, index => ({ type: 'respawn-loop', subject: `${text}${index}`, severity: 'critical', kills: 9 })),
    membersTotal: 500,
    holders: many(5, () => ({ workload: text, KiB: 1, changeKiB: 1 })),
  })
}

describe.each(formatNames)('format %s', format => {
  it('is taken by its target', async () => {
    const { event } = await told(format, alertOf())
    expect(event).toMatchObject({ kind: 'delivered', attempt: 1 })
  })

  it('is taken in Chinese, and when it is over', async () => {
    const { event } = await told(format, alertOf({ status: 'resolved' }), undefined, 'zh-CN')
    expect(event.kind).toBe('delivered')
  })

  it("keeps its target's limit with the largest alert there is", async () => {
    const { event, request } = await told(format, largest())
    expect(event).toMatchObject({ kind: 'delivered' })
    expect(() => JSON.parse(request.body)).not.toThrow()
  })

  it.each<[string, TargetAnswer, string]>([
    ['500', { status: 500 }, 'retry'],
    ['429', { status: 429, headers: { 'retry-after': '60' } }, 'retry'],
    ['408', { status: 408 }, 'retry'],
    ['307', { status: 307, headers: { location: '/elsewhere' } }, 'retry'],
    ['403', { status: 403 }, 'give-up'],
  ])('judges %s', async (_name, answer, kind) => {
    const { event, delivery } = await told(format, alertOf(), answer)
    expect(event.kind).toBe(kind)
    expect(delivery.state().pending).toBe(kind === 'retry' ? 1 : 0)
    expect(delivery.state().perWebhook).toMatchObject([{ failed: 1, givenUp: kind === 'retry' ? 0 : 1 }])
  })
})

describe('a login page or a proxy that answers 200', () => {
  it.each(
    formatNames.flatMap(format =>
      ['<!DOCTYPE html><html><title>Sign in</title></html>', '\n<html lang="en"><body>ok</body></html>'].map(
        body => [format, body] as const,
      ),
    ),
  )('is not taken for a delivery by %s', async (format, body) => {
    const { event, delivery } = await told(format, alertOf(), {
      status: 200,
      headers: { 'content-type': 'text/html' },
      body,
    })
    expect(event.kind).toBe('retry')
    expect(delivery.state().pending).toBe(1)
  })

  it('but a short text that a server calls HTML is an answer', async () => {
    const { event } = await told('generic', alertOf(), {
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: 'ok',
    })
    expect(event.kind).toBe('delivered')
  })
})

describe('errors that a target hides behind 200, or says in its own way', () => {
  it.each<[(typeof formatNames)[number], TargetAnswer, string]>([
    ['slack', { status: 200, body: 'invalid_payload' }, 'give-up'],
    ['slack', { status: 404, body: 'no_service' }, 'give-up'],
    ['slack', { status: 410, body: 'channel_is_archived' }, 'give-up'],
    ['slack', { status: 500, body: 'rollup_error' }, 'retry'],
    ['teams', { status: 200, body: '1' }, 'delivered'],
    [
      'teams',
      {
        status: 200,
        body: 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429',
      },
      'retry',
    ],
    ['teams', { status: 200, body: 'Webhook message delivery failed with error: invalid card' }, 'give-up'],
    ['discord', { status: 404, body: '{"message":"Unknown Webhook","code":10015}' }, 'disable'],
    [
      'discord',
      { status: 429, body: '{"message":"You are being rate limited.","retry_after":0.65,"global":false}' },
      'retry',
    ],
    ['pagerduty', { status: 400, body: '{"status":"invalid event","errors":["x"]}' }, 'give-up'],
    ['feishu', { status: 200, body: '{"StatusCode":0,"StatusMessage":"success"}' }, 'delivered'],
    ['feishu', { status: 200, body: '{"code":11232,"msg":"frequency limited"}' }, 'retry'],
    ['feishu', { status: 200, body: '{"code":9499,"msg":"too many request"}' }, 'retry'],
    ['feishu', { status: 400, body: '{"code":9499,"msg":"Bad Request"}' }, 'give-up'],
    ['feishu', { status: 200, body: '{"code":19021,"msg":"sign match fail"}' }, 'give-up'],
    ['feishu', { status: 200, body: '{"code":19024,"msg":"Key Words Not Found"}' }, 'give-up'],
    ['feishu', { status: 200, body: '<html>maintenance</html>' }, 'retry'],
    ['dingtalk', { status: 200, body: '{"errcode":130101,"errmsg":"send too fast"}' }, 'retry'],
    ['dingtalk', { status: 200, body: '{"errcode":410100,"errmsg":"send too fast"}' }, 'retry'],
    ['dingtalk', { status: 200, body: '{"errcode":90018,"errmsg":"request too frequent"}' }, 'retry'],
    ['dingtalk', { status: 200, body: '{"errcode":310000,"errmsg":"sign not match"}' }, 'give-up'],
    ['dingtalk', { status: 200, body: '' }, 'retry'],
    ['wecom', { status: 200, body: '{"errcode":45009,"errmsg":"api freq out of limit"}' }, 'retry'],
    ['wecom', { status: 200, body: '{"errcode":-1,"errmsg":"system busy"}' }, 'retry'],
    ['wecom', { status: 200, body: '{"errcode":93000,"errmsg":"invalid webhook url"}' }, 'give-up'],
    ['alertmanager', { status: 400, body: '"start time must be before end time"' }, 'give-up'],
    ['alertmanager', { status: 500, body: '"storage"' }, 'retry'],
    ['cloudevents', { status: 415 }, 'give-up'],
    ['generic', { status: 410 }, 'disable'],
  ])('%s: %o is %s', async (format, answer, kind) => {
    const { event } = await told(format, alertOf(), answer)
    expect(event.kind).toBe(kind)
  })
})
