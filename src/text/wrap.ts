import { cellsOf } from './cell-width.ts'

/**
 * Breaks a text into lines of at most `width` columns: at blanks, and between Chinese characters, but never inside a
 * Latin word that fits on a line, and never before a closing or after an opening punctuation mark.
 */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  let cells = 0
  const end = (): void => {
    lines.push(line.trimEnd())
    line = ''
    cells = 0
  }
  for (const unit of unbreakable(text)) {
    const its = cellsOf(unit)
    // A blank at the end of a line takes no column.
    if (line !== '' && cells + cellsOf(unit.trimEnd()) > width) end()
    if (cellsOf(unit.trimEnd()) > width) {
      for (const character of unit) {
        if (cells + cellsOf(character) > width) end()
        line += character
        cells += cellsOf(character)
      }
    } else {
      line += unit
      cells += its
    }
  }
  return [...lines, line.trimEnd()]
}

/** Wraps a text behind a prefix; further lines are indented by its width. */
export function wrappedBehind(prefix: string, text: string, width: number): string[] {
  const indent = ' '.repeat(cellsOf(prefix))
  return wrapped(text, width - indent.length).map((line, index) => `${index === 0 ? prefix : indent}${line}`)
}

const wide = '\\u2e80-\\u2fff\\u3003-\\u3007\\u3012\\u3013\\u3020-\\u30ff\\u3100-\\u9fff\\uac00-\\ud7a3\\uf900-\\ufaff'
const opening = '（《“‘【「『〈'
const closing = '，。、；：？！）》”’】」』〉…'
/**
 * A size with its unit, a Latin word with its punctuation, or one Chinese character; each with the Chinese punctuation
 * that must not leave it and the blanks that follow.
 */
const unitPattern = new RegExp(
  `[${opening}]*(?:[+-]?[\\d.]+ [KMG]iB(?!\\w)|[${wide}]|[^${wide}\\s${opening}${closing}]+|.)[${closing}]*\\s*`,
  'gu',
)

function unbreakable(text: string): readonly string[] {
  return text.match(unitPattern) ?? []
}
