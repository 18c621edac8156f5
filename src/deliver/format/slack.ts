import type { Format } from '../http/format.ts'
import { excerpt, type Outcome, outcomeOfStatus } from '../http/outcome.ts'
import { brief, type ChatPart, type ChatText, chatText } from './chat-text.ts'
import { everybody, mentionsOf } from './mentions.ts'
import { fitParts, shorten } from './truncate.ts'

/** Slack takes 50 blocks and 3000 characters in a text object; the whole message stays well below what it cuts. */
const messageLimit = 10_000
const headerLimit = 150
/** A section takes 10 fields of 2000 characters; on a phone more than these push the rest off the screen. */
const mostFields = 6
const fieldLimit = 300

/**
 * Posts blocks to an incoming webhook: header, summary, numbered steps with their commands as code, fields, context.
 * Strangers' text stands in plain text and in rich text elements alone, which know no markup and no mention.
 */
export const slack: Format = {
  limit: { requests: 1, perMs: 1_000 },
  request: (alert, { webhook, url }) => {
    const text = brief(chatText(alert, webhook))
    const mentions = mentionsOf(alert, webhook)
    const body = fitParts({
      parts: text.parts,
      render: parts => JSON.stringify(messageOf(text, parts, { prefix: webhook.prefix ?? '', mentions })),
      measure: ({ length }) => length,
      limit: messageLimit,
    })
    return { url, headers: { 'content-type': 'application/json' }, body }
  },
  outcome: (answer, context): Outcome => {
    if (answer.status === 410) return { kind: 'give-up', why: `410: ${excerpt(answer.body)}` } // a channel was archived
    const outcome = outcomeOfStatus(answer, context)
    if (outcome.kind !== 'delivered' || answer.status !== 200) return outcome
    if (answer.body.trim() !== 'ok' && answer.body.trim() !== '') return { kind: 'give-up', why: excerpt(answer.body) }
    return outcome
  },
}

interface Frame {
  readonly prefix: string
  readonly mentions: readonly string[]
}

function messageOf({ title, t }: ChatText, parts: readonly ChatPart[], { prefix, mentions }: Frame): object {
  const head = [prefix, title].filter(Boolean).join(' ')
  const of = (...kinds: readonly ChatPart['kind'][]) => parts.filter(({ kind }) => kinds.includes(kind))
  const facts = of('fact').slice(0, mostFields)
  const runbook = of('runbook')[0]
  const context = of('context').map(({ label, text }) => shorten(`${label}${t.colon}${text}`, 1000))
  const blocks = [
    { type: 'header', text: plain(shorten(head, headerLimit)) },
    ...of('summary', 'note').map(({ text }) => richText([section([textRun(text)])])),
    ...(of('step').length > 0 ? [richText(of('step').flatMap(stepElements))] : []),
    ...(mentions.length > 0 ? [richText([section(mentions.flatMap(mentionElements))])] : []),
    ...(runbook ? [richText([section([{ type: 'link', url: runbook.text, text: runbook.label }])])] : []),
    ...(facts.length > 0
      ? [{ type: 'section', fields: facts.map(({ label, text }) => plain(shorten(`${label}\n${text}`, fieldLimit))) }]
      : []),
    ...(of('cause').length > 0 ? [richText(of('cause').map(part => section(labelled(part, t.colon))))] : []),
    ...(of('detail').length > 0 ? [richText(of('detail').map(part => section(labelled(part, t.colon))))] : []),
    ...(of('evidence').length > 0 ? [richText(of('evidence').map(({ text }) => preformatted(text)))] : []),
    ...(context.length > 0 ? [{ type: 'context', elements: context.map(plain) }] : []),
  ]
  return {
    // The text for notifications on a phone and for screen readers.
    text: escapeText(`${head}\n${parts[0]?.text ?? ''}`),
    mrkdwn: false,
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks,
  }
}

function plain(text: string): object {
  return { type: 'plain_text', text: escapeText(text), emoji: false }
}

function richText(elements: readonly object[]): object {
  return { type: 'rich_text', elements }
}

function section(elements: readonly object[]): object {
  return { type: 'rich_text_section', elements }
}

function textRun(text: string, bold = false): object {
  return { type: 'text', text, ...(bold && { style: { bold: true } }) }
}

function labelled({ label, text }: ChatPart, colon: string): readonly object[] {
  return label ? [textRun(`${label}${colon}`, true), textRun(text)] : [textRun(text)]
}

function preformatted(text: string): object {
  return { type: 'rich_text_preformatted', elements: [textRun(text)] }
}

function stepElements({ label, text, command }: ChatPart): readonly object[] {
  const step = section([textRun(`${label} `, true), textRun(text)])
  return command ? [step, preformatted(command)] : [step]
}

/** `@all`, `@here`, a user `U…`, a group of users `S…`. */
function mentionElements(name: string): readonly object[] {
  const space = textRun(' ')
  if (name === everybody) return [{ type: 'broadcast', range: 'channel' }, space]
  if (name === '@here') return [{ type: 'broadcast', range: 'here' }, space]
  if (/^S[A-Z0-9]+$/.test(name)) return [{ type: 'usergroup', usergroup_id: name }, space]
  if (/^[UW][A-Z0-9]+$/.test(name)) return [{ type: 'user', user_id: name }, space]
  return [textRun(`${name} `)]
}

/** `<` opens mentions and links in every text of Slack but those of rich text. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
