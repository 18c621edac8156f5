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
    if (request.body.length > 40_000 || blocks.length > 50 || !blocks.every(isSlackBlock))
      return { status: 400, body: 'invalid_blocks' }
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
    const [{ title, description, fields, footer }] = embeds as {
      title: string
      description: string
      fields: { name: string; value: string }[]
      footer?: { text: string }
    }[] as [never]
    const isField = ({ name, value }: { name: string; value: string }) =>
      name.length > 0 && name.length <= 256 && value.length > 0 && value.length <= 1024
    const list = fields as { name: string; value: string }[]
    const text = [
      title,
      description,
      (footer as { text: string } | undefined)?.text ?? '',
      ...list.flatMap(field => [field.name, field.value]),
    ]
    const fits =
      content.length <= 2000 &&
      (title as string).length <= 256 &&
      (description as string).length <= 4096 &&
      list.length <= 25 &&
      list.every(isField)
    return fits && text.join('').length <= 6000 ? { status: 204 } : { status: 400, body: '{"code":50035}' }
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
    const { timestamp, sign, msg_type: type, card } = JSON.parse(request.body)
    const wanted = createHmac('sha256', `${timestamp}\n${secrets.feishu}`).update('').digest('base64')
    if (sign !== wanted || Math.abs(Date.now() / 1000 - timestamp) > 3600)
      return { status: 200, body: '{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}' }
    const isCard =
      type === 'interactive' && card.header.title.content.length > 0 && card.elements.every(isFeishuElement)
    return { status: 200, body: isCard ? '{"code":0,"msg":"success","data":{}}' : '{"code":9499,"msg":"Bad Request"}' }
  },
  dingtalk: request => {
    const { searchParams } = new URL(request.path, 'http://x')
    const timestamp = searchParams.get('timestamp') ?? ''
    const wanted = createHmac('sha256', secrets.dingtalk).update(`${timestamp}\n${secrets.dingtalk}`).digest('base64')
    const { msgtype, markdown } = JSON.parse(request.body)
    if (searchParams.get('sign') !== wanted || searchParams.get('access_token') !== 'token')
      return { status: 200, body: '{"errcode":310000,"errmsg":"sign not match"}' }
    if (!markdown.text.includes('oomloop-keyword'))
      return { status: 200, body: '{"errcode":310000,"errmsg":"keywords not in content"}' }
    if (Buffer.byteLength(request.body) > 20_000) return { status: 200, body: '{"errcode":460101,"errmsg":"too long"}' }
    const isWhole = msgtype === 'markdown' && markdown.title.length > 0
    return { status: 200, body: isWhole ? '{"errcode":0,"errmsg":"ok"}' : '{"errcode":400,"errmsg":"invalid"}' }
  },
  wecom: request => {
    const { msgtype, markdown } = JSON.parse(request.body)
    const { content } = markdown
    const fits = msgtype === 'markdown' && Buffer.byteLength(content) <= 4096 && content.length > 0
    return { status: 200, body: fits ? '{"errcode":0,"errmsg":"ok"}' : '{"errcode":40058,"errmsg":"invalid"}' }
  },
  // One request of several; test/deliver/kubernetes has the rest.
  kubernetes: ({ path, body }) => {
    const { metadata, message, involvedObject } = JSON.parse(body)
    if (path !== `/api/v1/namespaces/${metadata.namespace}/events`) return { status: 404 }
    return { status: Buffer.byteLength(message) <= 1024 && involvedObject.kind === 'Node' ? 201 : 422 }
  },
  template: request => verified(request) ?? { status: JSON.parse(request.body) ? 200 : 400 },
}

interface SlackBlock {
  readonly type: string
  readonly text?: { readonly text: string }
  readonly fields?: readonly { readonly text: string }[]
  readonly elements?: readonly { readonly text?: string; readonly elements?: readonly { readonly text?: string }[] }[]
}

/** Header up to 150 characters, up to 10 fields of 2000, up to 10 elements of context, no empty text. */
function isSlackBlock({ type, text, fields, elements }: SlackBlock): boolean {
  const isText = (value: string | undefined, most: number) =>
    value !== undefined && value.length > 0 && value.length <= most
  if (type === 'header') return isText(text?.text, 150)
  if (type === 'section' && fields) return fields.length <= 10 && fields.every(field => isText(field.text, 2000))
  if (type === 'section') return isText(text?.text, 3000)
  if (type === 'context') return elements!.length <= 10 && elements!.every(element => isText(element.text, 2000))
  if (type !== 'rich_text' || elements!.length === 0) return false
  return elements!.every(
    ({ elements: inner }) => inner!.length > 0 && inner!.every(one => one.text === undefined || isText(one.text, 3000)),
  )
}

function isFeishuElement(element: {
  readonly tag: string
  readonly text?: object
  readonly fields?: readonly object[]
  readonly content?: string
  readonly elements?: readonly object[]
  readonly actions?: readonly object[]
}): boolean {
  if (element.tag === 'div') return element.text !== undefined || (element.fields?.length ?? 0) > 0
  if (element.tag === 'markdown') return (element.content ?? '') !== ''
  if (element.tag === 'note') return (element.elements?.length ?? 0) > 0
  return element.tag === 'hr' || (element.tag === 'action' && (element.actions?.length ?? 0) > 0)
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
