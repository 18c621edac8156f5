import { localTimeText } from '../../text/local-time.ts'
import type { Alert } from '../../types.ts'
import { type ChatSettings, chatText, type Tone, toneOf } from './chat-text.ts'

/** An alert as a person reads it in a terminal. Colour only when asked: a pipe wants none. */
export function terminalText(alert: Alert, options: ChatSettings & { readonly colour: boolean }): string {
  const paint = options.colour ? painted : (text: string) => text
  const { title, parts, t } = chatText(alert, options)
  const lines = parts.flatMap(({ kind, label, text, command }) => {
    if (kind === 'step') return [`  ${label} ${text}`, ...(command ? [`     $ ${command}`] : [])]
    return [label ? `  ${paint(`${label}${t.colon}`, dim)}${text}` : `  ${text}`]
  })
  const at = localTimeText(alert.at, options.timeZone ?? 'UTC')
  return [`${at}  ${paint(title, tints[toneOf(alert)])}`, ...lines].join('\n')
}

const dim = 2
const tints: Readonly<Record<Tone, number>> = { info: 36, warning: 33, critical: 31, resolved: 32, test: 36 }

function painted(text: string, tint: number): string {
  return `\u001b[${tint}m${text}\u001b[0m`
}
