import { describe, expect, it } from 'vitest'
import { checkPlatform } from '../../src/host/platform.ts'

const fit = { system: 'linux', kernel: '6.1.0', glibc: '2.36' }

describe('platform', () => {
  it('is fit where these tests run', () => {
    expect(() => checkPlatform()).not.toThrow()
  })
  it.each(['4.18.0-147.el8.x86_64', '5.4.0', '6.18.44', '10.0.1-rc1'])('runs on Linux %s', kernel => {
    expect(() => checkPlatform({ ...fit, kernel })).not.toThrow()
  })
  it.each(['3.10.0-1160.el7.x86_64', '4.17.9', '2.6.32'])('refuses Linux %s with a sentence', kernel => {
    expect(() => checkPlatform({ ...fit, kernel })).toThrow(/needs Linux 4.18 or later/)
  })
  it.each(['2.17', '2.27', undefined])('refuses glibc %s with a sentence', glibc => {
    expect(() => checkPlatform({ ...fit, glibc })).toThrow(/needs glibc 2.28 or later.*use the container image/)
  })
  it('says that replay works where run does not', () => {
    expect(() => checkPlatform({ ...fit, system: 'darwin' })).toThrow(/replay and report work anywhere/)
  })
})
