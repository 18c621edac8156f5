import { describe, expect, it } from 'vitest'
import { allFindings } from '../scripts/language/check.ts'
import { findingsIn } from '../scripts/language/findings.ts'

describe('language', () => {
  const findings = allFindings()
  const of = (rule: string) =>
    findings.filter(its => its.rule === rule).map(({ path, line, text }) => `${path}:${line} ${text}`)

  it('no text uses a word that the glossary avoids', () => {
    expect(of('words')).toEqual([])
  })

  it('no name in the code contains a metaphor that the glossary avoids', () => {
    expect(of('names')).toEqual([])
  })

  it('no file outside of the message catalogues contains a sentence for people', () => {
    expect(of('texts')).toEqual([])
  })

  it('no sentence in a message catalogue has more than 25 words', () => {
    expect(of('sentences')).toEqual([])
  })

  it.each([
    ['an avoided word in a string', 'src/a.ts', `log('the node is told of it')`, 'words'],
    ['an avoided word in a comment', 'src/a.ts', '// Whoever reads this.\nf()', 'words'],
    ['an avoided word in a title of a test', 'test/a.test.ts', `it('tells the webhook', () => {})`, 'words'],
    ['an avoided word in a document', 'docs/a.md', 'The kernel tells it.', 'words'],
    ['a comma of the wrong width in Chinese', 'src/a.ts', `f('余量, 内存')`, 'words'],
    ['a metaphor in a name', 'src/a.ts', 'const laneOf = 1', 'names'],
    ['an English sentence', 'src/a.ts', `f('the node is short of memory')`, 'texts'],
    ['an English sentence with a fact in it', 'src/a.ts', `f(\`the node \${n} is short of memory\`)`, 'texts'],
    ['Chinese text', 'src/a.ts', `f('余量')`, 'texts'],
    ['a sentence of 26 words', 'src/text/messages/en.ts', `f('${'word '.repeat(26)}')`, 'sentences'],
  ])('the language check finds %s', (_what, path, text, rule) => {
    expect(findingsIn(path, text).map(its => its.rule)).toContain(rule)
  })

  it.each([
    ['an avoided word in the code of a document', 'docs/a.md', 'Read `oomloop tell` and\n\n```sh\ntell x\n```\n'],
    ['a name that contains an avoided word as a part', 'src/a.ts', 'const foretold = amended'],
    ['a command', 'src/a.ts', `f('kubectl delete pod')`],
    ['a sentence in a catalogue', 'src/text/messages/en.ts', `f('the node is short of memory')`],
    ['two sentences of 20 words', 'src/text/messages/en.ts', `f('${'word '.repeat(20)}. ${'word '.repeat(20)}.')`],
    ['what the kernel writes', 'src/parse/oom/a.ts', `f('invoked oom killer here')`],
  ])('the language check does not object to %s', (_what, path, text) => {
    expect(findingsIn(path, text)).toEqual([])
  })
})
