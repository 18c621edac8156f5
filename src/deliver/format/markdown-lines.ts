import type { ChatPart, ChatText } from './chat-text.ts'
import { escapeMarkup } from './truncate.ts'

/**
 * The message as the small markdown that DingTalk and WeCom share: headings, bold, quotes, links. `code` writes a
 * command. All but the operator's own link is escaped.
 */
export function markdownLines(
  { title, t }: ChatText,
  parts: readonly ChatPart[],
  options: { readonly prefix: string; readonly mentions: string; readonly code: (command: string) => string },
): readonly string[] {
  const of = (...kinds: readonly ChatPart['kind'][]) => parts.filter(({ kind }) => kinds.includes(kind))
  const named = ({ label, text }: ChatPart) => `**${label}**${t.colon}${inert(text)}`
  return [
    `### ${[options.prefix, title].filter(Boolean).map(inert).join(' ')}`,
    ...of('summary', 'note').map(({ text }) => inert(text)),
    ...of('step').flatMap(({ label, text, command }) => [
      `**${label}** ${inert(text)}`,
      ...(command ? [options.code(command)] : []),
    ]),
    ...(options.mentions ? [options.mentions] : []),
    ...of('runbook').map(({ label, text }) => `[${label}](${text})`),
    ...of('fact', 'cause', 'detail', 'context').map(named),
    ...of('evidence').map(({ text }) => `> ${inert(text)}`),
  ]
}

/** Makes mentions, tags, links, pictures and emphasis inert, and marks at the start of a line. */
export function inert(text: string): string {
  return escapeMarkup(text)
    .replace(/[[\]`*]/g, character => twins[character]!)
    .replace(/^([#>+-])/, ' $1')
}

const twins: Readonly<Record<string, string>> = { '[': '［', ']': '］', '`': "'", '*': '＊' }

/** A command is copied: only what opens a tag, a link or a picture is changed in it. */
export function inertCommand(command: string): string {
  return command
    .replace(/<(?=[\w@/!])/g, '＜')
    .replaceAll('](', '] (')
    .replaceAll('://', ':／／')
    .replaceAll('`', "'")
}
