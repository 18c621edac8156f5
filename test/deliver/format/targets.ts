import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { FormatName } from '../../../src/types.ts'
import type { Received } from '../receiver.ts'

/** What a target answers; the real ones' contracts, as far as they can be known from outside. */
export interface TargetAnswer {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export const secrets = {
  standard: 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  dingtalk: 'SEC0123456789abcdef',
  feishu: 'testsecret',
  routingKey: '0123456789abcdef0123456789abcdef',
} as const

/** Each target in its own words: it checks what the real one checks and answers as the real one does. */
export const targets: Readonly<Record<FormatName, (request: Received) => TargetAnswer>> = {
  generic: request => verified(request) ?? { status: 204 },
  cloudevents: request => {
    if (!/^application\/cloudevents\+json/.test(request.headers['content-type'] ?? '')) return { status: 415 }
    const event = JSON.parse(request.body)
    const whole = event.specversion === '1.0' && event.id && event.source && /^[a-z]+(\.[a-z-]+)+$/.test(event.type)
    const names = Object.keys(event).every(name => /^[a-z0-9]+$/.test(name))
    return verified(request) ?? { status: whole && names && !Number.isNaN(Date.parse(event.time)) ? 202 : 400 }
  },
  alertmanager: request => {
    if (request.path !== '/api/v2/alerts') return { status: 404 }
    const alerts: { labels: Record<string, string>; startsAt: string; endsAt: string }[] = JSON.parse(request.body)
    const valid = alerts.every(
      ({ labels, startsAt, endsAt }) =>
        Object.entries(labels).every(
          ([name, value]) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && value.isWellFormed(),
        ) &&
        labels.alertname &&
        Date.parse(startsAt) <= Date.parse(endsAt),
    )
    return valid ? { status: 200 } : { status: 400, body: '"invalid label set"' }
  },
  slack: request => {
    const { text, blocks } = JSON.parse(request.body)
    if (!text) return { status: 400, body: 'no_text' }
    const sizes = (block: { type: string; text: { text: string } }) =>
      block.text.text.length > 0 && block.text.text.length <= (block.type === 'header' ? 150 : 3000)
    if (blocks.length > 50 || !blocks.every(sizes)) return { status: 400, body: 'invalid_blocks' }
    return { status: 200, body: 'ok' }
  },
  teams: request => {
    if (Buffer.byteLength(request.body) > 28 * 1024) return { status: 413 }
    const [attachment] = JSON.parse(request.body).attachments
    const isCard = attachment.contentType === 'application/vnd.microsoft.card.adaptive'
    return isCard && attachment.content.type === 'AdaptiveCard' ? { status: 202 } : { status: 400 }
  },
  discord: request => {
    const { content = '', embeds } = JSON.parse(request.body)
    const [{ title, description }] = embeds
    const fits = content.length <= 2000 && title.length <= 256 && description.length <= 4096
    return fits && title.length + description.length <= 6000 ? { status: 204 } : { status: 400, body: '{"code":50035}' }
  },
  pagerduty: request => {
    if (request.path !== '/v2/enqueue') return { status: 404 }
    if (Buffer.byteLength(request.body) > 512_000) return { status: 413 }
    const { routing_key: key, event_action: action, dedup_key: dedup, payload } = JSON.parse(request.body)
    const errors = [
      /^\w{32}$/.test(key) || 'routing_key',
      ['trigger', 'resolve'].includes(action) || 'event_action',
      (dedup.length > 0 && dedup.length <= 255) || 'dedup_key',
      (payload.summary.length > 0 && payload.summary.length <= 1024) || 'summary',
      payload.source.length > 0 || 'source',
      ['critical', 'error', 'warning', 'info'].includes(payload.severity) || 'severity',
    ].filter(error => error !== true)
    if (errors.length > 0) return { status: 400, body: JSON.stringify({ status: 'invalid event', errors }) }
    return { status: 202, body: JSON.stringify({ status: 'success', message: 'Event processed', dedup_key: dedup }) }
  },
  feishu: request => {
    if (Buffer.byteLength(request.body) > 20_000) return { status: 400, body: '{"code":9499,"msg":"Bad Request"}' }
    const { timestamp, sign, msg_type: type } = JSON.parse(request.body)
    const wanted = createHmac('sha256', `${timestamp}\n${secrets.feishu}`).update('').digest('base64')
    if (sign !== wanted || Math.abs(Date.now() / 1000 - timestamp) > 3600)
      return { status: 200, body: '{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}' }
    return { status: 200, body: type === 'post' ? '{"code":0,"msg":"success","data":{}}' : '{"code":9499,"msg":"x"}' }
  },
  dingtalk: request => {
    const { searchParams } = new URL(request.path, 'http://x')
    const timestamp = searchParams.get('timestamp') ?? ''
    const wanted = createHmac('sha256', secrets.dingtalk).update(`${timestamp}\n${secrets.dingtalk}`).digest('base64')
    const { text } = JSON.parse(request.body)
    if (searchParams.get('sign') !== wanted || searchParams.get('access_token') !== 'token')
      return { status: 200, body: '{"errcode":310000,"errmsg":"sign not match"}' }
    if (!text.content.includes('oomloop-keyword'))
      return { status: 200, body: '{"errcode":310000,"errmsg":"keywords not in content"}' }
    if (Buffer.byteLength(request.body) > 20_000) return { status: 200, body: '{"errcode":460101,"errmsg":"too long"}' }
    return { status: 200, body: '{"errcode":0,"errmsg":"ok"}' }
  },
  wecom: request => {
    const { msgtype, text } = JSON.parse(request.body)
    const fits = msgtype === 'text' && Buffer.byteLength(text.content) <= 2048 && text.content.length > 0
    return { status: 200, body: fits ? '{"errcode":0,"errmsg":"ok"}' : '{"errcode":40058,"errmsg":"invalid"}' }
  },
  template: request => verified(request) ?? { status: JSON.parse(request.body) ? 200 : 400 },
}

/** Verified by the library that the specification's authors publish. */
function verified(request: Received): TargetAnswer | undefined {
  try {
    new Webhook(secrets.standard).verify(request.body, request.headers as Record<string, string>)
    return undefined
  } catch (error) {
    return { status: 401, body: (error as Error).message }
  }
}
