import { expect, it } from 'vitest'
import { warmCore } from '../../src/agent/warm-up.ts'

it('what warms the core goes the whole way: loops are judged and explained', async () => {
  const host = {
    name: 'n',
    kernel: '6.1',
    os: 'x',
    memTotalKiB: 4_000_000,
    bootId: 'b',
    bootedAt: 0,
    agentVersion: '1',
  }
  expect(await warmCore({ ...host, sight: 'host' }, 12)).toBeGreaterThan(3)
})
