import type { Severity } from '../../types.ts'
import { excerpt, type Outcome, outcomeOfStatus } from '../outcome.ts'
import { type ChatPart, chatText } from './chat-text.ts'
import { disarm, fitParts, utf8Bytes } from './fit.ts'
import type { Format } from './format.ts'

/** Teams takes 28 KB. */
const limitBytes = 27_000

/** Posts an Adaptive Card to a Workflows webhook. Text runs, unlike text blocks, know no markdown. */
export const teams: Format = {
  limit: { requests: 4, perMs: 1_000 },
  request: (alert, { webhook, url }) => {
    const { title, parts, colon } = chatText(alert, webhook)
    const colour = alert.status === 'resolved' ? 'Good' : colours[alert.severity]
    const head = [webhook.prefix, title].filter(Boolean).join(' ')
    const body = fitParts({
      parts,
      render: kept => JSON.stringify(message([heading(head, colour), ...kept.map(part => line(part, colon))])),
      measure: utf8Bytes,
      limit: limitBytes,
    })
    return { url, headers: { 'content-type': 'application/json' }, body }
  },
  outcome: (answer, now): Outcome => {
    // The old connector answered 200 with `1`, and 200 with an error in the body.
    const said = answer.body.trim()
    if (answer.status === 200 && /error|failed|exception/i.test(said))
      return /\b429\b|throttl/i.test(said)
        ? { kind: 'retry', why: excerpt(said) }
        : { kind: 'give-up', why: excerpt(said) }
    return outcomeOfStatus(answer, now)
  },
}

const colours: Readonly<Record<Severity, string>> = { info: 'Accent', warning: 'Warning', critical: 'Attention' }

function message(body: readonly object[]): object {
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body,
    msteams: { width: 'Full' },
  }
  const contentType = 'application/vnd.microsoft.card.adaptive'
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content: card }] }
}

function heading(title: string, color: string): object {
  const run = { type: 'TextRun', text: disarm(title), weight: 'Bolder', size: 'Large', color }
  return { type: 'RichTextBlock', inlines: [run] }
}

function line({ label, text, code, link }: ChatPart, colon: string): object {
  if (link) {
    const run = { type: 'TextRun', text: label ?? text, selectAction: { type: 'Action.OpenUrl', url: text } }
    return { type: 'RichTextBlock', spacing: 'Small', inlines: [run] }
  }
  const value = { type: 'TextRun', text: disarm(text), ...(code && { fontType: 'Monospace' }) }
  const name = { type: 'TextRun', text: `${label}${colon}`, weight: 'Bolder' }
  return { type: 'RichTextBlock', spacing: 'Small', inlines: label ? [name, value] : [value] }
}
