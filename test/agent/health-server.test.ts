import { afterEach, describe, expect, it } from 'vitest'
import type { AgentStatus } from '../../src/agent/agent-status.ts'
import { serveHealth } from '../../src/agent/health-server.ts'
import { metricTable } from '../../src/agent/metrics.ts'

const status: AgentStatus = {
  version: '1.2.3',
  pid: 1,
  node: 'node-1',
  startedAt: '2026-01-01T00:00:00.000Z',
  at: '2026-01-01T00:00:10.000Z',
  sources: [{ name: 'kmsg', state: 'sighted', why: '', steady: false }],
  coverage: { counted: 7, seen: 6, attributed: 5, lostRecords: 4 },
  headroom: {
    KiB: 1024,
    ratio: 0.1,
    of: 'kubepods',
    nodeKiB: 2048,
    kubepodsKiB: 1024,
    numaKiB: null,
    slopeKiBPerSecond: -2,
  },
  stall: null,
  firing: [
    { type: 'respawn-loop', subject: 'a', severity: 'critical', since: '' },
    { type: 'respawn-loop', subject: 'b', severity: 'critical', since: '' },
  ],
  history: null,
  alerts: { judged: 3, notified: 2, suppressed: 1, byType: {} },
  delivery: [{ webhook: 'chat "a"\n', pending: 1, delivered: 2, failed: 4, givenUp: 1 }],
  protection: [],
  longestGapMs: 1500,
}

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function serve(current: () => AgentStatus): Promise<string> {
  const server = await serveHealth('127.0.0.1:0', current)
  closers.push(server.close)
  return `http://127.0.0.1:${server.port}`
}

describe('health server', () => {
  it('shows every metric of the table from the status, twice the same', async () => {
    const base = await serve(() => status)
    await fetch(`${base}/metrics`)
    const text = await (await fetch(`${base}/metrics`)).text()
    for (const metric of metricTable)
      if (metric.read(status).length > 0) expect(text).toMatch(new RegExp(`^${metric.name}[ {]`, 'm'))
    expect(text).toContain('oomloop_seen_oom_kills_total 6')
    expect(text).toContain('oomloop_headroom_bytes{of="kubepods"} 1048576')
    expect(text).toContain('oomloop_firing{type="respawn-loop",severity="critical"} 2')
    expect(text).toContain('webhook="chat \\"a\\"\\n"')
    expect(text).toMatch(/^oomloop_delivery_total\{.*outcome="failed"\} 4$/m)
    expect(text).toMatch(/^oomloop_delivery_given_up_total\{.*\} 1$/m)
  })

  it('reports a source that went down as down, and not one that this host never had', () => {
    const source = (name: string, state: 'sighted' | 'blind', steady = false) => ({ name, state, why: '', steady })
    const up = (...sources: AgentStatus['sources']) =>
      metricTable.find(({ name }) => name === 'oomloop_source_up')!.read({ ...status, sources })
    expect(up(source('kmsg', 'sighted', true), source('pressure', 'blind', true))).toEqual([[1, 'kmsg']])
    expect(up(source('kmsg', 'blind', true), source('log-file', 'sighted', true))).toEqual([[1, 'log-file']])
    expect(up(source('kmsg', 'blind'), source('memory', 'blind'))).toEqual([
      [0, 'kmsg'],
      [0, 'memory'],
    ])
    // No kernel record reaches it: that is no host to live with, be it so from the start.
    expect(up(source('kmsg', 'blind', true), source('pressure', 'blind', true))).toEqual([[0, 'kmsg']])
  })

  it('is ready while every source is up, and names the one that is down', async () => {
    let current = status
    const base = await serve(() => current)
    expect((await fetch(`${base}/readyz`)).status).toBe(200)
    current = { ...status, sources: [{ name: 'kmsg', state: 'blind', why: 'EPERM', steady: false }] }
    const answer = await fetch(`${base}/readyz`)
    expect([answer.status, await answer.text()]).toEqual([503, 'kmsg: EPERM\n'])
    expect((await fetch(`${base}/healthz`)).status).toBe(200)
    current = { ...status, sources: [{ name: 'pressure', state: 'blind', why: 'no PSI', steady: true }] }
    expect((await fetch(`${base}/readyz`)).status).toBe(200)
  })

  it('serves nothing else and takes nothing', async () => {
    const base = await serve(() => status)
    expect((await fetch(`${base}/`)).status).toBe(404)
    expect((await fetch(`${base}/metrics`, { method: 'POST' })).status).toBe(405)
  })

  it('a bad or taken address is a clear error', async () => {
    await expect(serveHealth('9465', () => status)).rejects.toThrow(/must be ADDRESS:PORT/)
    const base = await serve(() => status)
    await expect(serveHealth(`127.0.0.1:${new URL(base).port}`, () => status)).rejects.toThrow(/cannot listen on/)
  })
})
