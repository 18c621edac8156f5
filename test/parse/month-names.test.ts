import { describe, expect, it } from 'vitest'
import { monthOf } from '../../src/parse/log-line/month-names.ts'
import { ctime } from '../../src/parse/log-line/timestamp.ts'

describe('a month name that two languages share', () => {
  it.each(['lis', 'lip', 'srp'])('%s alone names no month', name => {
    expect(monthOf(name)).toBeNull()
  })

  it.each([
    ['čet lis 15 21:08:50 2026', 9],
    ['czw lis 19 21:08:50 2026', 10],
    ['čt srp 20 21:08:50 2026', 7],
    ['čet srp 16 21:08:50 2026', 6],
    ['czw lip 16 21:08:50 2026', 6],
    ['čet lip 18 21:08:50 2026', 5],
  ])('in "%s" the weekday shows which language it is', (text, month) => {
    expect(ctime(text)?.month).toBe(month)
  })

  it('is not guessed where the weekday shows nothing', () => {
    expect(ctime('xyz lis 19 21:08:50 2026')).toBeNull()
  })
})
