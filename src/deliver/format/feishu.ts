import type { DeliveryMessages } from '../http/delivery-error.ts'
import type { Format } from '../http/format.ts'
import { excerpt, jsonBody, type Outcome, outcomeOfStatus } from '../http/outcome.ts'
import { feishuSignature } from '../http/signing.ts'
import { brief, type ChatPart, type ChatText, chatText, type Tone, toneOf } from './chat-text.ts'
import { everybody, mentionsOf } from './mentions.ts'
import { escapeMarkup, fitParts, shorten, utf8Bytes } from './truncate.ts'

/** Feishu documents 20 kB for a request. */
const limitBytes = 19_000

/**
 * Posts an interactive card to a custom bot of Feishu or Lark: coloured header, summary, steps with their commands,
 * fields, a button for the runbook. Strangers' text is plain text. The signature is part of the body.
 */
export const feishu: Format = {
  limit: { requests: 5, perMs: 1_000 },
  request: (alert, { webhook, url, now }) => {
    const text = brief(chatText(alert, webhook))
    const seconds = Math.floor(now / 1000)
    const signature = webhook.secret
      ? { timestamp: String(seconds), sign: feishuSignature(seconds, webhook.secret) }
      : {}
    const frame = {
      title: [webhook.prefix, text.title].filter(Boolean).join(' '),
      template: templates[toneOf(alert)],
      mentions: mentionsOf(alert, webhook),
    }
    const body = fitParts({
      parts: text.parts,
      render: parts => JSON.stringify({ ...signature, msg_type: 'interactive', card: cardOf(text, parts, frame) }),
      measure: utf8Bytes,
      limit: limitBytes,
    })
    return { url, headers: { 'content-type': 'application/json' }, body }
  },
  outcome: (answer, context): Outcome => {
    const { t } = context
    const byStatus = outcomeOfStatus(answer, context)
    const body = jsonBody(answer)
    // Newer bots say `code`, older ones `StatusCode` alone; a 400 carries a code as well.
    const code = body.code ?? body.StatusCode
    if (code === 0) return byStatus
    if (typeof code !== 'number')
      return byStatus.kind === 'delivered' ? { kind: 'retry', why: `${t.noCode}: ${excerpt(answer.body)}` } : byStatus
    const why = `${code}: ${excerpt(String(body.msg ?? body.StatusMessage ?? ''))}`
    const hint = hints[code]
    if (isRateLimit(code, why)) return { kind: 'retry', why, afterMs: 10_000 }
    return byStatus.kind === 'retry' ? byStatus : { kind: 'give-up', why: hint ? `${why} (${t.hints[hint]})` : why }
  },
}

/** 11232 is documented; 9499 is "Bad Request" for a broken body, and "too many request" for a fast sender. */
function isRateLimit(code: number, why: string): boolean {
  return code === 11232 || (code === 9499 && /too many|frequen|limit/i.test(why))
}

const hints: Readonly<Record<number, keyof DeliveryMessages['hints']>> = {
  19021: 'feishuSecret',
  19022: 'feishuAddress',
  19024: 'feishuKeyword',
}

const templates: Readonly<Record<Tone, string>> = {
  info: 'blue',
  warning: 'orange',
  critical: 'red',
  resolved: 'green',
  test: 'grey',
}

interface Frame {
  readonly title: string
  readonly template: string
  readonly mentions: readonly string[]
}

function cardOf({ t }: ChatText, parts: readonly ChatPart[], { title, template, mentions }: Frame): object {
  const of = (...kinds: readonly ChatPart['kind'][]) => parts.filter(({ kind }) => kinds.includes(kind))
  const notes = of('context', 'evidence')
  const elements = [
    ...of('summary', 'note').map(({ text }) => div(text)),
    ...of('step').flatMap(step),
    ...(mentions.length > 0 ? [{ tag: 'markdown', content: mentions.map(mention).join(' ') }] : []),
    ...of('runbook').map(({ label, text }) => ({
      tag: 'action',
      actions: [{ tag: 'button', type: 'default', text: plain(label ?? ''), url: text }],
    })),
    ...(of('fact').length > 0 ? [{ tag: 'hr' }, { tag: 'div', fields: of('fact').map(field) }] : []),
    ...of('cause', 'detail').map(({ label, text }) => div(`${label}${t.colon}${text}`)),
    ...(notes.length > 0
      ? [{ tag: 'note', elements: notes.map(({ label, text }) => plain(`${label}${t.colon}${text}`)) }]
      : []),
  ]
  return {
    config: { wide_screen_mode: true },
    header: { template, title: plain(shorten(title, 200)) },
    elements,
  }
}

function plain(text: string): object {
  return { tag: 'plain_text', content: escapeMarkup(text) }
}

function div(text: string): object {
  return { tag: 'div', text: plain(text) }
}

function field({ label, text }: ChatPart): object {
  return { is_short: text.length < 24, text: plain(`${label}\n${text}`) }
}

function step({ label, text, command }: ChatPart): readonly object[] {
  const line = div(`${label} ${text}`)
  return command ? [line, { tag: 'markdown', content: codeBlock(command) }] : [line]
}

/** Feishu's markdown interprets tags everywhere; entities are shown as characters. */
function codeBlock(command: string): string {
  const inert = command.replaceAll('```', "'''").replaceAll('<', '&#60;').replaceAll('>', '&#62;')
  return `\`\`\`\n${inert}\n\`\`\``
}

/** `@all`, an open id `ou_…`, an address of mail. */
function mention(name: string): string {
  if (name === everybody) return '<at id=all></at>'
  if (/^o[un]_[\w-]+$/.test(name)) return `<at id=${name}></at>`
  if (/^[\w.+-]+@[\w.-]+$/.test(name)) return `<at email=${name}></at>`
  return escapeMarkup(name)
}
