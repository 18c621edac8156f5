import { excerpt, jsonBody, type Outcome, outcomeOfStatus } from '../outcome.ts'
import { feishuSignature } from '../signing.ts'
import { chatText } from './chat-text.ts'
import { disarm, fitParts, utf8Bytes } from './fit.ts'
import type { Format } from './format.ts'

/** Feishu documents 20 kB for a request. */
const limitBytes = 19_000

/** Posts a rich-text message (`post`) to a custom bot of Feishu or Lark. The signature is part of the body. */
export const feishu: Format = {
  limit: { requests: 5, perMs: 1_000 },
  request: (alert, { webhook, url, now }) => {
    const { title, parts, colon } = chatText(alert, webhook)
    const seconds = Math.floor(now / 1000)
    const signature = webhook.secret
      ? { timestamp: String(seconds), sign: feishuSignature(seconds, webhook.secret) }
      : {}
    const head = [webhook.prefix, title].filter(Boolean).join(' ')
    const body = fitParts({
      parts,
      render: kept => {
        const lines = kept.map(({ label, text, link }) => [
          link
            ? { tag: 'a', text: label ?? text, href: text }
            : { tag: 'text', text: disarm(label ? `${label}${colon}${text}` : text) },
        ])
        const post = { [webhook.locale === 'zh-CN' ? 'zh_cn' : 'en_us']: { title: disarm(head), content: lines } }
        return JSON.stringify({ ...signature, msg_type: 'post', content: { post } })
      },
      measure: utf8Bytes,
      limit: limitBytes,
    })
    return { url, headers: { 'content-type': 'application/json' }, body }
  },
  outcome: (answer, now): Outcome => {
    const byStatus = outcomeOfStatus(answer, now)
    const body = jsonBody(answer)
    // Newer bots say `code`, older ones `StatusCode` alone; a 400 carries a code as well.
    const code = body.code ?? body.StatusCode
    if (code === 0) return byStatus
    if (typeof code !== 'number')
      return byStatus.kind === 'delivered' ? { kind: 'retry', why: `no code in: ${excerpt(answer.body)}` } : byStatus
    const why = `${code}: ${excerpt(String(body.msg ?? body.StatusMessage ?? ''))}`
    if (code === rateLimited) return { kind: 'retry', why, afterMs: 10_000 }
    return byStatus.kind === 'retry' ? byStatus : { kind: 'give-up', why: `${why}${hints[code] ?? ''}` }
  },
}

const rateLimited = 11232

const hints: Readonly<Record<number, string>> = {
  19021: ' (check the secret, and the clock of this node)',
  19022: " (the bot allows no requests from this node's address)",
  19024: ' (set prefix to the keyword of the bot)',
}
