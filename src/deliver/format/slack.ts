import { excerpt, type Outcome, outcomeOfStatus } from '../outcome.ts'
import { type ChatPart, type ChatText, chatText } from './chat-text.ts'
import { fitParts, shorten } from './fit.ts'
import type { Format } from './format.ts'

/** Slack takes 3000 characters in a section; escaping counts. One section for the text, one for commands. */
const sectionLimit = 2_900

/** Posts to an incoming webhook: plain text, so that nothing in a name is markup, and code where it is a command. */
export const slack: Format = {
  limit: { requests: 1, perMs: 1_000 },
  request: (alert, { webhook, url }) => {
    const text = chatText(alert, webhook)
    const payload = fitParts({
      parts: text.parts,
      render: parts => payloadOf(text, parts, webhook.prefix ?? ''),
      measure: ({ longest }) => longest,
      limit: sectionLimit,
    })
    return { url, headers: { 'content-type': 'application/json' }, body: JSON.stringify(payload.body) }
  },
  outcome: (answer, now): Outcome => {
    if (answer.status === 410) return { kind: 'give-up', why: `410: ${excerpt(answer.body)}` } // a channel was archived
    if (answer.status === 200 && answer.body.trim() !== 'ok' && answer.body.trim() !== '')
      return { kind: 'give-up', why: excerpt(answer.body) }
    return outcomeOfStatus(answer, now)
  },
}

function payloadOf({ title, colon }: ChatText, parts: readonly ChatPart[], prefix: string) {
  const lines = parts
    .filter(({ code, link }) => !code && !link)
    .map(({ label, text }) => (label ? `${label}${colon}${text}` : text))
  const code = parts.filter(part => part.code).map(({ text }) => codeSpan(text))
  const links = parts.filter(({ link }) => link).map(({ label, text }) => `<${escapeText(text)}|${label}>`)
  const head = [prefix, title].filter(Boolean).join(' ')
  const plain = escapeText(lines.join('\n'))
  const commands = [...links, ...code].join('\n')
  const body = {
    text: escapeText(`${head}\n${parts[0]?.text ?? ''}`),
    mrkdwn: false,
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: shorten(escapeText(head), 150), emoji: false } },
      ...(plain ? [{ type: 'section', text: { type: 'plain_text', text: plain, emoji: false } }] : []),
      ...(commands ? [{ type: 'section', text: { type: 'mrkdwn', text: commands, verbatim: true } }] : []),
    ],
  }
  return { body, longest: Math.max(plain.length, commands.length) }
}

/** `<` opens mentions and links in every text of Slack. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function codeSpan(text: string): string {
  return `\`${escapeText(text.replaceAll('`', "'"))}\``
}
