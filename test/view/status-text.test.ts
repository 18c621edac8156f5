import { describe, expect, it } from 'vitest'
import type { AgentStatus, FiringStatus, SourceStatus } from '../../src/agent/agent-status.ts'
import { downSources } from '../../src/agent/down-sources.ts'
import { statusText } from '../../src/view/terminal/status-text.ts'

const at = '2026-11-28T20:00:00.000Z'
const base: AgentStatus = {
  version: '0.1.0',
  pid: 7,
  node: 'worker-eu-7',
  startedAt: '2026-11-28T19:00:00.000Z',
  at,
  sources: [source('kmsg', 'sighted')],
  coverage: { counted: 3, seen: 3, attributed: 2, lostRecords: 0 },
  headroom: null,
  stall: null,
  firing: [],
  history: null,
  alerts: { judged: 1, notified: 1, suppressed: 0, byType: {} },
  delivery: [{ webhook: 'slack', pending: 0, delivered: 1, failed: 0, givenUp: 0 }],
  protection: [],
  longestGapMs: 40,
}

function source(name: string, state: SourceStatus['state'], steady = false, why = ''): SourceStatus {
  return { name, state, why, steady }
}

function show(status: Partial<AgentStatus>, locale: 'en' | 'zh-CN' = 'en', laterMs = 2000): string {
  return statusText({ ...base, ...status }, { now: Date.parse(at) + laterMs, locale, timeZone: 'Asia/Shanghai' })
}

const loop: FiringStatus = { type: 'respawn-loop', subject: 'pod/shop/web/app', severity: 'critical', since: at }

describe('status', () => {
  it('has a source that is down in its first line, before what is firing', () => {
    const lines = show({ sources: [source('kmsg', 'blind', false, 'permission denied')], firing: [loop] }).split('\n')
    expect(lines[0]).toBe('! source down: kmsg (permission denied)')
    expect(lines[1]).toBe('CRITICAL: OOM-kill loop (pod/shop/web/app), since 2026-11-29 04:00:00 +08:00')
    expect(show({ sources: [source('kmsg', 'blind', false, 'x')] }, 'zh-CN')).toMatch(/^! 数据源中断：kmsg（x）/)
  })

  it('lists muted alerts apart, and says that none is firing', () => {
    const text = show({ firing: [{ ...loop, muted: true }] })
    expect(text).toContain('muted:\n  CRITICAL: OOM-kill loop')
    expect(text).toContain('no alert is firing')
    expect(text.split('\n')[0]).toMatch(
      /^oomloop 0.1.0 on worker-eu-7, pid 7, active since 2026-11-29 03:00:00 \+08:00$/,
    )
  })

  it('says of a standby that it is one, and nothing of sources that it does not read', () => {
    const text = show({ state: 'standby', activePid: 12, sources: [] })
    expect(text).toContain('pid 7, standby since')
    expect(text).toContain('another oomloop (pid 12) is active on this host')
    expect(text).not.toContain('kills')
  })

  it('warns of an old heartbeat first', () => {
    expect(show({}, 'en', 300_000).split('\n')[0]).toBe(
      '! last heartbeat 5m ago: the agent is stopped, or starved of CPU',
    )
  })
})

describe('a source is down', () => {
  it('where it was up before, and where no kernel record has ever arrived', () => {
    const names = (...sources: SourceStatus[]) => downSources({ sources }).map(({ name }) => name)
    expect(names(source('memory', 'blind'))).toEqual(['memory'])
    expect(names(source('kmsg', 'blind', true))).toEqual(['kmsg'])
    expect(names(source('log-file', 'blind', true), source('psi', 'blind', true))).toEqual(['log-file'])
  })

  it('but not where the host merely lacks it, or another kernel source is up', () => {
    const names = (...sources: SourceStatus[]) => downSources({ sources }).map(({ name }) => name)
    expect(names(source('psi', 'blind', true), source('kmsg', 'sighted'))).toEqual([])
    expect(names(source('kmsg', 'blind', true), source('log-file', 'sighted'))).toEqual([])
  })
})
