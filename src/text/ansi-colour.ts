import type { Severity } from '../types.ts'

type Tint = 'red' | 'yellow' | 'green' | 'cyan' | 'dim' | 'bold'

/** Colours a text, or leaves it as it is. */
export type Paint = (text: string, tint: Tint) => string

export function createPaint(isColoured: boolean): Paint {
  return isColoured ? (text, tint) => `\u001b[${codes[tint]}m${text}\u001b[0m` : text => text
}

const codes: Readonly<Record<Tint, number>> = { red: 31, yellow: 33, green: 32, cyan: 36, dim: 2, bold: 1 }

/** The colour of a severity, the same everywhere. */
export const severityTints: Readonly<Record<Severity | 'over', Tint>> = {
  critical: 'red',
  warning: 'yellow',
  info: 'cyan',
  over: 'green',
}

/** Colour on a terminal, unless NO_COLOR is set (https://no-color.org). */
export function wantsColour(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb'
}
