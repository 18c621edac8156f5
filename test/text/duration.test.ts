import { expect, it } from 'vitest'
import { messagesOf } from '../../src/text/messages/catalogues.ts'

const cases: readonly (readonly [seconds: number, en: string, zh: string])[] = [
  [0.42, '420ms', '420 毫秒'],
  [1.5, '1.5s', '1.5 秒'],
  [43, '43s', '43 秒'],
  [101, '101s', '101 秒'],
  [145, '2m25s', '2 分钟 25 秒'],
  [2766, '46m', '46 分钟'],
  [3600, '1h', '1 小时'],
  [5059, '1h24m', '1 小时 24 分钟'],
  [9960, '2h46m', '2 小时 46 分钟'],
  [86_400, '24h', '24 小时'],
  [198_000, '2d7h', '2 天 7 小时'],
]

it.each(cases)('a duration of %d seconds is written as %s, and in Chinese as %s', (seconds, en, zh) => {
  expect(messagesOf('en').units.duration(seconds)).toBe(en)
  expect(messagesOf('zh-CN').units.duration(seconds)).toBe(zh)
})
