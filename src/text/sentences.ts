import type { Messages } from './messages/catalogues.ts'

/** Joins sentences to one text, in order, without false or empty ones. */
export function joined({ units }: Pick<Messages, 'units'>, ...sentences: readonly (string | false)[]): string {
  return sentences.filter(Boolean).join(units.sentenceGap)
}
