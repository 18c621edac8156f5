import { cellsOf } from './terminal-cells.ts'

/** Breaks a text at blanks into lines of at most `width` columns; text without blanks (Chinese) anywhere. */
export function wrapped(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1]!
    const joined = last === '' ? word : `${last} ${word}`
    if (cellsOf(joined) <= width) lines[lines.length - 1] = joined
    else if (cellsOf(word) <= width && isPlain.test(word)) lines.push(word)
    else lines.splice(lines.length - 1, 1, ...chopped(joined, width))
  }
  return lines
}

const isPlain = /^[\x20-\x7e\u2010-\u2026]*$/

function chopped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  let cells = 0
  for (const character of text) {
    const its = cellsOf(character)
    if (cells + its > width) {
      lines.push(line)
      line = ''
      cells = 0
    }
    line += character
    cells += its
  }
  return [...lines, line]
}
