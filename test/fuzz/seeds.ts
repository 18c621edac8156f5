import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const logs = join(import.meta.dirname, '../../fixtures/logs')

/** The fixtures: reports in pieces of a few lines that follow each other, and all single lines. */
export function readSeeds(): { readonly seeds: readonly string[]; readonly lines: readonly string[] } {
  const files = readdirSync(logs)
    .filter(file => file.endsWith('.log'))
    .map(file => readFileSync(join(logs, file), 'utf8').split('\n').filter(Boolean))
  const short = files.map(lines => lines.map(line => line.slice(0, 2048)))
  return { seeds: short.flatMap(piecesOf), lines: short.flat() }
}

/** The end of a report has the kill, its beginning the header; long tables between them teach nothing more. */
function piecesOf(lines: readonly string[]): readonly string[] {
  if (lines.length <= 6) return [lines.join('\n')]
  const pieces = [[...lines.slice(0, 3), ...lines.slice(-3)]]
  for (let at = 0; at < lines.length; at += 4) pieces.push(lines.slice(at, at + 6))
  return pieces.slice(0, 20).map(piece => piece.join('\n'))
}
