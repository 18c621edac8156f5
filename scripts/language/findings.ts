import { parseSync } from 'vite'
import { avoidedChinese, avoidedInMessages, avoidedNameParts, avoidedWords, publicNames } from './words.ts'

export type LanguageRule = 'words' | 'texts' | 'names' | 'sentences'

export interface Finding {
  readonly rule: LanguageRule
  readonly path: string
  readonly line: number
  readonly text: string
}

const catalogueFolder = 'src/text/messages/'

/** Text in these needs no translation: what the kernel and kubelet write, help of metrics, the origin of thresholds. */
const notForPeople: readonly string[] = [
  'src/parse/',
  'src/input/playback/log/log-signs.ts',
  'src/input/live/kubelet-log.ts',
  'src/detect/respawn/killer-log.ts',
  'src/agent/metrics.ts',
  'src/agent/warm-up.ts',
  'src/recording/pseudonyms.ts',
  'src/detect/memory/thresholds.ts',
]

/** The word list itself, and records of what was measured, run or released under the words of their time. */
const notChecked: readonly RegExp[] = [/^scripts\/language\//, /^test\/language\.test\.ts$/, /\/(?:fixtures|samples)\//]

function isForPeople(path: string): boolean {
  return !notForPeople.some(prefix => path.startsWith(prefix))
}

/** Everything that the language rules find in one file. */
export function findingsIn(path: string, text: string): readonly Finding[] {
  if (notChecked.some(pattern => pattern.test(path))) return []
  if (path.endsWith('.ts')) return inTypeScript(path, text)
  return wordFindings(path, path.endsWith('.md') ? markdownProse(text) : linesOf(text))
}

interface Piece {
  readonly line: number
  readonly text: string
}

function inTypeScript(path: string, text: string): readonly Finding[] {
  const { strings, comments, names, titles } = partsOf(path, text)
  const isSource = path.startsWith('src/')
  const prose = isSource ? [...comments, ...strings.filter(isProse)] : [...comments, ...titles]
  return [
    ...wordFindings(path, prose),
    ...(path.startsWith(catalogueFolder) ? wordFindings(path, strings.filter(isProse), avoidedInMessages) : []),
    ...(isSource ? nameFindings(path, [{ line: 1, text: fileName(path) }, ...names]) : []),
    ...(isSource ? textFindings(path, strings) : []),
    ...(path.startsWith(catalogueFolder) ? sentenceFindings(path, strings) : []),
  ]
}

function wordFindings(path: string, pieces: readonly Piece[], avoided = avoidedWords): readonly Finding[] {
  return pieces.flatMap(({ line, text }) =>
    [...avoided, ...(isForPeople(path) && /[\u4e00-\u9fff]/.test(text) ? avoidedChinese : [])].flatMap(
      ({ pattern, use }) =>
        [...text.matchAll(pattern)].map(match => ({
          rule: 'words' as const,
          path,
          line: line + linesBefore(text, match.index),
          text: `"${match[0]}": ${use}`,
        })),
    ),
  )
}

/** The name of a file without its folder and its ending. */
function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/, '')
}

function nameFindings(path: string, names: readonly Piece[]): readonly Finding[] {
  const seen = new Set<string>()
  return names.flatMap(({ line, text }) => {
    if (publicNames.has(text) || seen.has(text)) return []
    seen.add(text)
    const part = text.split(/(?=[A-Z])|[-_]/).find(its => avoidedNameParts.has(its.toLowerCase()))
    return part ? [{ rule: 'names' as const, path, line, text: `${text}: "${part}"` }] : []
  })
}

/** Sentences outside of the catalogues: Chinese anywhere, English from three words in a row. */
function textFindings(path: string, strings: readonly Piece[]): readonly Finding[] {
  if (path.startsWith(catalogueFolder) || !isForPeople(path)) return []
  return strings
    .filter(({ text }) => /[\u4e00-\u9fff]/.test(text) || isSentence(text))
    .map(({ line, text }) => ({ rule: 'texts' as const, path, line, text: text.slice(0, 80) }))
}

const command = /^(?:sudo|kubectl|systemctl|sysctl|crictl|docker|journalctl|echo|kill|cat|ps|oomloop|tc|mount|rm|du)\b/

const threeWords = /(?<![\w./=-])[A-Za-z][a-z']* [a-z'…]+,? [a-z…]+(?![\w/=])/g

function isSentence(text: string): boolean {
  if (command.test(text)) return false
  const phrases = text.replaceAll(/<[^>]*>/g, ' · ').match(threeWords) ?? []
  return phrases.some(phrase => (phrase.match(/[A-Za-z]{2,}/g) ?? []).length >= 2)
}

function isProse({ text }: Piece): boolean {
  return text.includes(' ') || /[\u4e00-\u9fff]/.test(text)
}

export const mostWords = 25

function sentenceFindings(path: string, strings: readonly Piece[]): readonly Finding[] {
  return strings.flatMap(({ line, text }) =>
    text
      .split(/[.!?:](?:\s|$)|[。！？：]|\n/)
      .filter(sentence => wordsOf(sentence) > mostWords)
      .map(sentence => ({
        rule: 'sentences' as const,
        path,
        line,
        text: `${wordsOf(sentence)} words: ${sentence.trim().slice(0, 80)}`,
      })),
  )
}

/** Two Chinese characters are about one word. */
function wordsOf(sentence: string): number {
  const chinese = sentence.match(/[\u4e00-\u9fff]/g)?.length ?? 0
  return Math.round(chinese / 2) + (sentence.match(/[A-Za-z0-9…][^\s\u4e00-\u9fff]*/g)?.length ?? 0)
}

/** Markdown without its code: blocks, spans, comments and addresses of links. Line numbers stay. */
function markdownProse(text: string): readonly Piece[] {
  const blank = (part: string) => part.replace(/[^\n]/g, ' ')
  const prose = text
    .replace(/^( *)(```+|~~~+)[\s\S]*?^\1\2/gm, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/``[^`]+``|`[^`\n]*`/g, blank)
    .replace(/\]\([^)\n]*\)/g, blank)
  return linesOf(prose)
}

function linesOf(text: string): readonly Piece[] {
  return text.split('\n').map((line, index) => ({ line: index + 1, text: line }))
}

function linesBefore(text: string, index: number): number {
  return text.slice(0, index).split('\n').length - 1
}

interface Parts {
  readonly strings: Piece[]
  readonly comments: Piece[]
  readonly names: Piece[]
  readonly titles: Piece[]
}

function partsOf(path: string, text: string): Parts {
  const { program, comments } = parseSync(path, text)
  const starts = [...text.matchAll(/^/gm)].map(({ index }) => index)
  const lineOf = (offset: number): number => {
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
  const parts: Parts = {
    strings: [],
    names: [],
    titles: [],
    comments: comments.map(({ value, start }) => ({ line: lineOf(start), text: value.replaceAll(/`[^`\n]*`/g, '`') })),
  }
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const one of node) visit(one)
      return
    }
    if (!isNode(node)) return
    if (node.type.startsWith('TS') && node.type !== 'TSAsExpression' && node.type !== 'TSSatisfiesExpression') {
      if (!/^TS(?:Interface|TypeAlias|PropertySignature|MethodSignature|TypeLiteral|TypeAnnotation)/.test(node.type)) {
        visitChildren(node, visit)
        return
      }
    }
    const piece = (its: string): Piece => ({ line: lineOf(node.start), text: its })
    if (node.type === 'ImportDeclaration') return
    if (node.type === 'Identifier' && node.name) parts.names.push(piece(node.name))
    if (node.type === 'Literal' && typeof node.value === 'string') parts.strings.push(piece(node.value))
    if (node.type === 'TemplateLiteral') {
      const quasis = node.quasis ?? []
      parts.strings.push(piece(quasis.map(({ value }) => value.cooked ?? value.raw).join('…')))
    }
    // Scenarios are objects with a title.
    if (
      node.type === 'Property' &&
      node.key?.name === 'title' &&
      isNode(node.value) &&
      typeof node.value.value === 'string'
    )
      parts.titles.push(piece(node.value.value))
    if (node.type === 'CallExpression') {
      const callee = text.slice(node.callee?.start ?? 0, node.callee?.end ?? 0)
      const [title] = node.arguments ?? []
      if (/^(?:it|test|describe)\b/.test(callee) && typeof title?.value === 'string')
        parts.titles.push(piece(title.value))
    }
    visitChildren(node, visit)
  }
  visit(program)
  return parts
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly name?: string
  readonly value?: unknown
  readonly quasis?: readonly { readonly value: { readonly cooked: string | null; readonly raw: string } }[]
  readonly key?: Node
  readonly callee?: Node
  readonly arguments?: readonly Node[]
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

function visitChildren(node: Node, visit: (child: unknown) => void): void {
  for (const [key, child] of Object.entries(node)) if (key !== 'type' && typeof child === 'object') visit(child)
}
