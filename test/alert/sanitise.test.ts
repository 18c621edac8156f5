import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exampleAlert } from '../../src/deliver/test/example-alert.ts'
import { longestText, sanitiseAlert, sanitiseText } from '../../src/text/sanitise.ts'

describe('a text from a stranger', () => {
  it.each([
    ['a\nb\tc\r\nd', 'a b c  d'],
    ['\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
    ['\u0000\u0007\u009b', '\\x00\\x07\\x9b'],
    ['invoice\u202egnp.exe', 'invoice\\u202egnp.exe'],
    ['ad\u200bmin \u2066x\u2069 \ufeff', 'ad\\u200bmin \\u2066x\\u2069 \\ufeff'],
    ['tag\u{e0041}', 'tag\\u{e0041}'],
    ['half \ud83d', 'half \ufffd'],
    ['plain java 17 数据 😀 é', 'plain java 17 数据 😀 é'],
  ])('%j is shown as %j', (text, shown) => {
    expect(sanitiseText(text)).toBe(shown)
  })

  it('is safe whatever it is: bounded, on one line, well-formed, and the same when it is made safe again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3 * longestText }), text => {
        const safe = sanitiseText(text)
        expect(safe.length).toBeLessThanOrEqual(longestText)
        expect(safe).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\u200b-\u200f]/u)
        expect(safe.isWellFormed()).toBe(true)
        expect(sanitiseText(safe)).toBe(safe)
      }),
    )
    const escapes = sanitiseText('\u202e'.repeat(longestText))
    expect(escapes.length).toBe(longestText)
    expect(sanitiseText(escapes)).toBe(escapes)
  })
})

describe('an alert', () => {
  it('is returned as it is where nothing in it is risky', () => {
    const alert = exampleAlert(0)
    expect(sanitiseAlert(alert)).toBe(alert)
  })

  it('is made safe in every text and every name of a label, and nowhere else', () => {
    const bad = 'x\u202e'
    const alert = exampleAlert(0, { name: bad, labels: { [bad]: bad } })
    const safe = sanitiseAlert({ ...alert, evidence: [bad], workload: { ...alert.workload!, comm: bad } })
    expect(safe.node).toMatchObject({ name: 'x\\u202e', labels: { 'x\\u202e': 'x\\u202e' } })
    expect(safe.evidence).toEqual(['x\\u202e'])
    expect(safe.workload!.comm).toBe('x\\u202e')
    expect(safe.loop).toBe(alert.loop)
  })
})
