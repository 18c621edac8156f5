import type { Messages } from './messages/catalogues.ts'

/** Sentences of one text, in order; what is false or empty is left out. */
export function joined({ units }: Pick<Messages, 'units'>, ...sentences: readonly (string | false)[]): string {
  return sentences.filter(Boolean).join(units.sentenceGap)
}
