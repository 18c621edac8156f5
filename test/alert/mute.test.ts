import { describe, expect, it } from 'vitest'
import { isMuted } from '../../src/alert/mute.ts'
import { matchesWildcard } from '../../src/text/wildcard.ts'
import type { MuteRule, Verdict } from '../../src/types.ts'
import { host, killOf } from '../detect/deaths.ts'

const kill = killOf({ seconds: 0, pid: 10, workload: { labels: { team: 'web' } } })
const verdict: Verdict = {
  type: 'respawn-loop',
  subject: kill.workload.key,
  at: kill.at,
  firing: true,
  severity: 'warning',
  since: kill.at,
  signs: [],
  workload: kill.workload,
  loop: null,
  kill,
  facts: {},
}

describe('a mute rule', () => {
  it.each<[MuteRule, boolean]>([
    [{ type: 'respawn-loop' }, true],
    [{ type: 'oom-storm' }, false],
    [{ namespace: 'default' }, true],
    [{ namespace: 'def*' }, true],
    [{ namespace: 'kube-system' }, false],
    [{ workload: 'pod/default/*' }, true],
    [{ labels: { team: 'web' } }, true],
    [{ labels: { team: 'web', tier: 'front' } }, false],
    [{ type: 'respawn-loop', namespace: 'kube-system' }, false],
    [{}, false],
  ])('%j mutes: %s', (rule, expected) => {
    expect(isMuted(verdict, [rule], host)).toBe(expected)
  })

  it('without a condition mutes nothing, and no rule mutes nothing', () => {
    expect(isMuted(verdict, [{}], host)).toBe(false)
    expect(isMuted(verdict, [], host)).toBe(false)
  })

  it.each([
    ['abc', 'a*c', true],
    ['ac', 'a*c', true],
    ['a', 'a*a', false],
    ['abcabd', '*abd', true],
    ['xaybz', 'x*a*b*z', true],
    ['xbyaz', 'x*a*b*z', false],
    ['a.c', 'abc', false],
    ['*', '*', true],
  ])('%s is like %s: %s', (value, pattern, expected) => {
    expect(matchesWildcard(value, pattern)).toBe(expected)
  })

  it('takes no time on a pattern of many stars', () => {
    expect(matchesWildcard('a'.repeat(5_000), `${'*a'.repeat(2_000)}*b`)).toBe(false)
  })
})
