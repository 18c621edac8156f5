import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellsOf } from '../../src/text/cell-width.ts'
import { wrapped, wrappedBehind } from '../../src/text/wrap.ts'

describe('wrapping of terminal text', () => {
  it('English text breaks at blanks', () => {
    expect(wrapped('Cordon the node, then delete pod default/u2-java-1', 30)).toEqual([
      'Cordon the node, then delete',
      'pod default/u2-java-1',
    ])
  })

  it('Chinese text breaks between characters, but not inside a Latin word or before a full stop', () => {
    expect(wrapped('占用最高的是 DaemonSet kube-system/filebeat。', 24)).toEqual([
      '占用最高的是 DaemonSet',
      'kube-system/filebeat。',
    ])
    expect(wrapped('节点内存耗尽。', 12)).toEqual(['节点内存耗', '尽。'])
  })

  it('a word that is wider than a line is cut', () => {
    expect(wrapped('a'.repeat(10), 4)).toEqual(['aaaa', 'aaaa', 'aa'])
  })

  it('lines behind a prefix are indented by the width of the prefix', () => {
    expect(wrappedBehind('修复：', 'one two', 9)).toEqual(['修复：one', '      two'])
  })

  it('no line is too wide and no character is lost, whatever the text', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '内', '存', '。', '（', ')', '-', '%') })
    fc.assert(
      fc.property(text, fc.integer({ min: 8, max: 40 }), (its, width) => {
        const lines = wrapped(its, width)
        for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(width)
        expect(lines.join('').replaceAll(' ', '')).toBe(its.replaceAll(' ', ''))
      }),
    )
  })
})
