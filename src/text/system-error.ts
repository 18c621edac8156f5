import type { Messages } from './messages/en.ts'

/** Why the system refused, in words; what has none in the catalogue says it as Node.js does, in one line. */
export function systemErrorText(cause: unknown, { systemErrors }: Pick<Messages['units'], 'systemErrors'>): string {
  const { code = '', message = String(cause) } = cause as NodeJS.ErrnoException
  const known: Readonly<Record<string, string>> = systemErrors
  return (Object.hasOwn(known, code) ? known[code]! : message).split('\n')[0]!.replace(/:$/, '')
}
