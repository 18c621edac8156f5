import { expect, it } from 'vitest'
import { createCoverage } from '../../src/identify/coverage.ts'
import type { AttributedKill, CoreEvent, HostFacts, Observation } from '../../src/types.ts'

it('a kill that the counter saw and the log did not stays visible', () => {
  const coverage = createCoverage()
  coverage.observe(memory(40), [])
  coverage.observe(record, [kill(true)])
  coverage.observe(memory(42), [])
  expect(coverage.now()).toEqual({ counted: 2, seen: 1, attributed: 1, lostRecords: 0 })
})

it('a kill seen before the counter was first read is in it already', () => {
  const coverage = createCoverage()
  coverage.observe(record, [kill(true)])
  coverage.observe(memory(41), [])
  coverage.observe(memory(41), [])
  expect(coverage.now()).toMatchObject({ counted: 1, seen: 1 })
})

it('a reading that was made before the kills that were taken in first does not count them twice', () => {
  const coverage = createCoverage()
  coverage.observe(memory(0, 1000), [])
  coverage.observe(record, [kill(true, false, 2000)])
  coverage.observe(record, [kill(true, false, 3000)])
  coverage.observe(memory(1, 2100), [])
  expect(coverage.now()).toMatchObject({ counted: 2, seen: 2 })
  coverage.observe(memory(2, 4000), [])
  expect(coverage.now()).toMatchObject({ counted: 2, seen: 2 })
  // Nor does that hide a kill that the log has lost.
  coverage.observe(memory(3, 5000), [])
  expect(coverage.now()).toMatchObject({ counted: 3, seen: 2 })
})

it('a kernel without the counter gives no count, rather than zero', () => {
  const coverage = createCoverage()
  coverage.observe({ ...memory(0), vmstat: {} }, [])
  coverage.observe(record, [kill(true)])
  expect(coverage.now()).toMatchObject({ counted: null, seen: 1 })
})

it('kills of the backlog are older than the watch and counted on neither side', () => {
  const coverage = createCoverage()
  coverage.observe(record, [kill(true, true)])
  coverage.observe(memory(41), [])
  expect(coverage.now()).toMatchObject({ counted: 0, seen: 0 })
})

it('inside a nested container there is no kernel count, because the counter covers the whole machine', () => {
  const coverage = createCoverage()
  const host = { name: 'kind', sight: 'host', ownSubtree: '/docker/d' } as unknown as HostFacts
  coverage.observe({ kind: 'host', at: 0, host }, [])
  coverage.observe(memory(41), [])
  coverage.observe(memory(47), [kill(true)])
  expect(coverage.now()).toMatchObject({ counted: null, seen: 1 })
})

it('a counter that starts again belongs to another boot', () => {
  const coverage = createCoverage()
  coverage.observe(memory(41), [])
  coverage.observe(memory(2), [])
  expect(coverage.now()).toMatchObject({ counted: 2 })
})

it('says how many records were lost and how many kills have no workload', () => {
  const coverage = createCoverage()
  coverage.observe({ kind: 'lost', at: 1, source: 'kmsg', records: 3 }, [])
  coverage.observe({ kind: 'lost', at: 2, source: 'kmsg', records: 4 }, [])
  coverage.observe(record, [kill(false), kill(true)])
  expect(coverage.now()).toMatchObject({ seen: 2, attributed: 1, lostRecords: 7 })
})

const record: Observation = { kind: 'kernel', at: 1, text: '' }

function memory(oomKills: number, at = 1) {
  return { kind: 'memory', at, meminfo: {}, vmstat: { oom_kill: oomKills } } as const
}

function kill(attributed: boolean, estimated = false, at = 1): CoreEvent {
  return { kind: 'kill', at, kill: { attributed, kill: { estimated } } as AttributedKill }
}
