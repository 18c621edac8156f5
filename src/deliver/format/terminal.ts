import type { Alert, Locale, Severity } from '../../types.ts'
import { chatText } from './chat-text.ts'

/** An alert as a person reads it in a terminal. Colour only when asked: a pipe wants none. */
export function terminalText(alert: Alert, options: { readonly colour: boolean; readonly locale: Locale }): string {
  const paint = options.colour ? painted : (text: string) => text
  const { title, parts, colon } = chatText(alert, options)
  const tint = alert.status === 'resolved' ? green : tints[alert.severity]
  const lines = parts.map(({ label, text, code }) => {
    if (!label) return code ? `    $ ${text}` : `  ${text}`
    return `  ${paint(`${label}${colon}`, dim)}${text}`
  })
  return [`${alert.at}  ${paint(title, tint)}`, ...lines].join('\n')
}

const green = 32
const dim = 2
const tints: Readonly<Record<Severity, number>> = { info: 36, warning: 33, critical: 31 }

function painted(text: string, tint: number): string {
  return `\u001b[${tint}m${text}\u001b[0m`
}
