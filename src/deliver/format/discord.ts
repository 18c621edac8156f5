import type { Format } from '../http/format.ts'
import { jsonBody, type Outcome, outcomeOfStatus } from '../http/outcome.ts'
import { brief, type ChatPart, type ChatText, chatText, type Tone, toneOf } from './chat-text.ts'
import { everybody, mentionsOf } from './mentions.ts'
import { fitParts, shorten } from './truncate.ts'

/** An embed takes 4096 characters of description, 256 of title, 25 fields of 256 and 1024, and 6000 in all. */
const embedLimit = 5_800
const descriptionLimit = 4_000
const titleLimit = 256
const mostFields = 12
const fieldLimit = 900
const contentLimit = 500

/** Posts one embed: summary and steps with their commands, then fields; markdown in names is escaped. */
export const discord: Format = {
  request: (alert, { webhook, url }) => {
    const text = brief(chatText(alert, webhook))
    const mentions = mentionsOf(alert, webhook).map(mention)
    const content = [
      ...(webhook.prefix ? [escapeMarkdown(shorten(webhook.prefix, contentLimit))] : []),
      ...mentions.map(({ text: shown }) => shown),
    ].join(' ')
    const embed = fitParts({
      parts: text.parts,
      render: parts => embedOf(text, parts),
      measure: sizeOf,
      limit: embedLimit,
    })
    const body = {
      ...(content && { content: content.slice(0, 1_900) }),
      embeds: [{ ...embed, color: colours[toneOf(alert)], timestamp: alert.at }],
      // Mentions only the names in the settings, never a name in the text.
      allowed_mentions: {
        parse: mentions.some(({ kind }) => kind === 'everyone') ? ['everyone'] : [],
        ...ids(mentions, 'users'),
        ...ids(mentions, 'roles'),
      },
    }
    return { url, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  },
  outcome: (answer, context): Outcome => {
    const outcome = outcomeOfStatus(answer, context)
    // Unknown webhook: further attempts would get the address banned.
    if (answer.status === 404) return { kind: 'disable', why: 'why' in outcome ? outcome.why : '404' }
    const { retry_after: seconds } = jsonBody(answer)
    if (answer.status !== 429 || typeof seconds !== 'number' || outcome.kind !== 'retry') return outcome
    return { ...outcome, afterMs: Math.max(outcome.afterMs ?? 0, Math.ceil(seconds * 1000)) }
  },
}

const colours: Readonly<Record<Tone, number>> = {
  info: 0x1565c0,
  warning: 0xf9a825,
  critical: 0xc62828,
  resolved: 0x2e7d32,
  test: 0x607d8b,
}

interface Embed {
  readonly title: string
  readonly description: string
  readonly fields: readonly { readonly name: string; readonly value: string; readonly inline: boolean }[]
  readonly footer?: { readonly text: string }
}

function embedOf({ title, t }: ChatText, parts: readonly ChatPart[]): Embed {
  const of = (...kinds: readonly ChatPart['kind'][]) => parts.filter(({ kind }) => kinds.includes(kind))
  const lines = [
    ...of('summary', 'note').map(({ text }) => escapeMarkdown(text)),
    ...of('step').map(step),
    ...of('runbook').map(({ label, text }) => `[${label}](<${text}>)`),
    ...of('evidence').map(({ text }) => codeBlock(text)),
  ]
  const footer = of('context')
    .map(({ label, text }) => `${label}${t.colon}${text}`)
    .join(' · ')
  return {
    title: escapedUpTo(title, titleLimit),
    description: lines.join('\n'),
    fields: of('fact', 'cause', 'detail')
      .slice(0, mostFields)
      .map(({ kind, label, text }) => ({
        name: label ?? '',
        value: escapedUpTo(text, fieldLimit),
        inline: kind !== 'cause' && text.length < 40,
      })),
    ...(footer && { footer: { text: shorten(footer, 1_500) } }),
  }
}

/** What the limits count; a description above its own limit is above every limit. */
function sizeOf({ title, description, fields, footer }: Embed): number {
  if (description.length > descriptionLimit) return Number.POSITIVE_INFINITY
  const inFields = fields.reduce((sum, { name, value }) => sum + name.length + value.length, 0)
  return title.length + description.length + inFields + (footer?.text.length ?? 0)
}

function step({ label, text, command }: ChatPart): string {
  const line = `**${label}** ${escapeMarkdown(text)}`
  return command ? `${line}\n${codeBlock(command)}` : line
}

/** Nothing inside closes it. */
function codeBlock(text: string): string {
  return `\`\`\`\n${text.replaceAll('`', "'")}\n\`\`\``
}

interface Mention {
  readonly kind: 'everyone' | 'users' | 'roles' | 'text'
  readonly id: string
  readonly text: string
}

/** `@all`, `@here`, the id of a user, the id of a role behind `&`. */
function mention(name: string): Mention {
  if (name === everybody) return { kind: 'everyone', id: '', text: '@everyone' }
  if (name === '@here') return { kind: 'everyone', id: '', text: '@here' }
  const [, role = '', id = ''] = /^(&?)(\d{5,25})$/.exec(name) ?? []
  if (id === '') return { kind: 'text', id, text: escapeMarkdown(name) }
  return { kind: role ? 'roles' : 'users', id, text: `<@${role}${id}>` }
}

function ids(mentions: readonly Mention[], kind: 'users' | 'roles'): Record<string, readonly string[]> {
  const found = mentions.filter(one => one.kind === kind).map(({ id }) => id)
  return found.length > 0 ? { [kind]: found } : {}
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
