import { describe, expect, it } from 'vitest'
import { checkPlatform } from '../../src/host/platform.ts'

describe('platform', () => {
  it.each(['4.18.0-147.el8.x86_64', '5.4.0', '6.18.44', '10.0.1-rc1'])('runs on Linux %s', kernel => {
    expect(() => checkPlatform('linux', kernel)).not.toThrow()
  })
  it.each(['3.10.0-1160.el7.x86_64', '4.17.9', '2.6.32'])('refuses Linux %s with a sentence', kernel => {
    expect(() => checkPlatform('linux', kernel)).toThrow(/needs Linux 4.18 or later/)
  })
  it('says that replay works where run does not', () => {
    expect(() => checkPlatform('darwin', '23.0.0')).toThrow(/replay and report work anywhere/)
  })
})
