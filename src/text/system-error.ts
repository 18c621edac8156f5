import type { Messages } from './messages/en.ts'

/**
 * The reason of a system error in words. An error without a text in the catalogue has the first line of Node's message.
 */
export function systemErrorText(cause: unknown, { systemErrors }: Pick<Messages['units'], 'systemErrors'>): string {
  const { code = '', message = String(cause) } = cause as NodeJS.ErrnoException
  const known: Readonly<Record<string, string>> = systemErrors
  return (Object.hasOwn(known, code) ? known[code]! : message).split('\n')[0]!.replace(/:$/, '')
}
