import type { Severity } from '../../types.ts'
import { jsonBody, type Outcome, outcomeOfStatus } from '../outcome.ts'
import { type ChatPart, chatText } from './chat-text.ts'
import { fitParts, shorten } from './fit.ts'
import type { Format } from './format.ts'

/** An embed takes 4096 characters of description, 256 of title, and all embeds together 6000. */
const descriptionLimit = 4_000
const titleLimit = 256

/** Posts one embed; mentions are switched off, and markdown in names is escaped. */
export const discord: Format = {
  request: (alert, { webhook, url }) => {
    const { title, parts, colon } = chatText(alert, webhook)
    const description = fitParts({
      parts,
      render: kept => kept.map(part => line(part, colon)).join('\n'),
      measure: text => text.length,
      limit: descriptionLimit,
    })
    const body = {
      ...(webhook.prefix && { content: escapeMarkdown(shorten(webhook.prefix, 500)) }),
      embeds: [
        {
          title: escapedUpTo(title, titleLimit),
          description,
          color: alert.status === 'resolved' ? 0x2e7d32 : colours[alert.severity],
          timestamp: alert.at,
        },
      ],
      allowed_mentions: { parse: [] },
    }
    return { url, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  },
  outcome: (answer, now): Outcome => {
    const outcome = outcomeOfStatus(answer, now)
    // Unknown webhook: going on would earn the address a ban.
    if (answer.status === 404) return { kind: 'disable', why: 'why' in outcome ? outcome.why : '404' }
    const { retry_after: seconds } = jsonBody(answer)
    if (answer.status !== 429 || typeof seconds !== 'number' || outcome.kind !== 'retry') return outcome
    return { ...outcome, afterMs: Math.max(outcome.afterMs ?? 0, Math.ceil(seconds * 1000)) }
  },
}

const colours: Readonly<Record<Severity, number>> = { info: 0x1565c0, warning: 0xf9a825, critical: 0xc62828 }

function line({ label, text, code, link }: ChatPart, colon: string): string {
  if (link) return `[${label}](<${text}>)`
  const value = code ? `\`${text.replaceAll('`', "'")}\`` : escapeMarkdown(text)
  return label ? `**${label}**${colon}${value}` : value
}

/** A backslash before each character that could begin markup, a mention, a custom emoji or a link. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\*_~`|<>[\]()#@:/]/g, character => `\\${character}`)
}

function escapedUpTo(text: string, longest: number): string {
  let kept = text
  while (escapeMarkdown(kept).length > longest) kept = shorten(kept, kept.length - 8)
  return escapeMarkdown(kept)
}
