import type { Format } from '../http/format.ts'
import { excerpt, type Outcome, outcomeOfStatus } from '../http/outcome.ts'
import { type ChatPart, type ChatText, chatText, type Tone, toneOf } from './chat-text.ts'
import { mentionsOf } from './mentions.ts'
import { escapeMarkup, fitParts, utf8Bytes } from './truncate.ts'

/** Teams takes 28 KB. */
const limitBytes = 27_000

/**
 * Posts an Adaptive Card to a Workflows webhook: heading, summary, steps with their commands in monospace, a FactSet;
 * details are folded. Text runs, unlike text blocks and facts, know no markdown.
 */
export const teams: Format = {
  limit: { requests: 4, perMs: 1_000 },
  request: (alert, { webhook, url }) => {
    const text = chatText(alert, webhook)
    const frame = {
      title: [webhook.prefix, text.title].filter(Boolean).join(' '),
      colour: colours[toneOf(alert)],
      mentions: mentionsOf(alert, webhook),
    }
    const body = fitParts({
      parts: text.parts,
      render: parts => JSON.stringify(messageOf(text, parts, frame)),
      measure: utf8Bytes,
      limit: limitBytes,
    })
    return { url, headers: { 'content-type': 'application/json' }, body }
  },
  outcome: (answer, context): Outcome => {
    const outcome = outcomeOfStatus(answer, context)
    // The old connector answered 200 with `1`, and 200 with an error in the body.
    const said = answer.body.trim()
    if (outcome.kind === 'delivered' && answer.status === 200 && /error|failed|exception/i.test(said))
      return /\b429\b|throttl/i.test(said)
        ? { kind: 'retry', why: excerpt(said) }
        : { kind: 'give-up', why: excerpt(said) }
    return outcome
  },
}

const colours: Readonly<Record<Tone, string>> = {
  info: 'Accent',
  warning: 'Warning',
  critical: 'Attention',
  resolved: 'Good',
  test: 'Accent',
}

interface Frame {
  readonly title: string
  readonly colour: string
  readonly mentions: readonly string[]
}

function messageOf({ t }: ChatText, parts: readonly ChatPart[], { title, colour, mentions }: Frame): object {
  const of = (...kinds: readonly ChatPart['kind'][]) => parts.filter(({ kind }) => kinds.includes(kind))
  const runbook = of('runbook')[0]
  const folded = of('cause', 'detail', 'context', 'evidence')
  const entities = mentions.map(name => ({
    type: 'mention',
    text: `<at>${tagText(name)}</at>`,
    mentioned: { id: name, name: tagText(name) },
  }))
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      runs([{ ...run(title), weight: 'Bolder', size: 'Large', color: colour }]),
      ...of('summary', 'note').map(({ text }) => runs([run(text)])),
      ...of('step').flatMap(step),
      ...(entities.length > 0
        ? [{ type: 'TextBlock', text: entities.map(({ text }) => text).join(' '), wrap: true }]
        : []),
      ...(of('fact').length > 0 ? [factSet(of('fact'))] : []),
      ...(folded.length > 0
        ? [{ type: 'Container', id: 'details', isVisible: false, items: folded.map(part => detail(part, t.colon)) }]
        : []),
    ],
    actions: [
      ...(runbook ? [{ type: 'Action.OpenUrl', title: runbook.label, url: runbook.text }] : []),
      ...(folded.length > 0
        ? [{ type: 'Action.ToggleVisibility', title: t.details, targetElements: ['details'] }]
        : []),
    ],
    msteams: { width: 'Full', ...(entities.length > 0 && { entities }) },
  }
  const contentType = 'application/vnd.microsoft.card.adaptive'
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content: card }] }
}

function run(text: string): object {
  return { type: 'TextRun', text: escapeMarkup(text) }
}

function runs(inlines: readonly object[]): object {
  return { type: 'RichTextBlock', spacing: 'Small', inlines }
}

function step({ label, text, command }: ChatPart): readonly object[] {
  const line = runs([{ ...run(`${label} `), weight: 'Bolder' }, run(text)])
  if (!command) return [line]
  // A command is copied: only what opens a tag is changed in it.
  const code = { type: 'TextRun', text: command.replace(/<(?=[\w/!])/g, '＜'), fontType: 'Monospace' }
  return [line, { type: 'Container', style: 'emphasis', spacing: 'Small', items: [runs([code])] }]
}

/** Facts know a little markdown: what makes a link is broken. */
function factSet(parts: readonly ChatPart[]): object {
  const facts = parts.map(({ label, text }) => ({ title: label, value: escapeMarkup(text).replaceAll('](', '] (') }))
  return { type: 'FactSet', facts }
}

function detail({ kind, label, text }: ChatPart, colon: string): object {
  const value = { ...run(text), ...(kind === 'evidence' && { fontType: 'Monospace' }) }
  return runs(label ? [{ ...run(`${label}${colon}`), weight: 'Bolder' }, value] : [value])
}

function tagText(name: string): string {
  return name.replace(/[<>&]/g, '')
}
