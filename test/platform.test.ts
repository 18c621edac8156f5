import { describe, expect, it } from 'vitest'
import { checkPlatform } from '../src/platform.ts'

const fit = { system: 'linux', kernel: '6.1.0', glibc: '2.36', hasEntropy: true }

describe('platform', () => {
  it('is fit where these tests run', () => {
    expect(() => checkPlatform()).not.toThrow()
  })
  it.each(['4.18.0-147.el8.x86_64', '5.4.0', '6.18.44', '10.0.1-rc1', '3.10.0-1160.el7.x86_64'])(
    'runs on Linux %s',
    kernel => {
      expect(() => checkPlatform({ ...fit, kernel })).not.toThrow()
    },
  )
  it.each(['3.9.11', '2.6.32-754.el6.x86_64'])('refuses Linux %s with a sentence', kernel => {
    expect(() => checkPlatform({ ...fit, kernel })).toThrow(/needs Linux 3\.10 or later/)
  })
  it.each(['2.17', '2.27', undefined])('refuses glibc %s with a sentence', glibc => {
    expect(() => checkPlatform({ ...fit, glibc })).toThrow(/needs glibc 2\.28 or later.*install\.sh/)
  })
  it('refuses a kernel without getrandom, where Node.js itself would fail at the first TLS connection', () => {
    expect(() => checkPlatform({ ...fit, hasEntropy: false })).toThrow(
      /lacks the system call getrandom.*Update the kernel/,
    )
  })
  it('says that replay works where run does not', () => {
    expect(() => checkPlatform({ ...fit, system: 'darwin' })).toThrow(/replay and report work anywhere/)
  })
})
