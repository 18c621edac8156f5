import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replayAlerts } from '../diagnose/replay.ts'
import { checkout } from '../support/oomloop.ts'
import { judgeRelief } from '../vm/relief-figures.ts'

// What the agent recorded in a virtual machine (test/vm/reliefs.ts): a real stall, in which the load is taken away.
const dir = join(checkout, 'fixtures/reliefs')
const names = readdirSync(dir)

interface ReliefTruth {
  readonly from: number
  readonly relievedAt: number
}

test.each(names)('nothing is critical after the relief of %s, and all is resolved within six minutes', async name => {
  const truth = JSON.parse(readFileSync(join(dir, name, 'truth.json'), 'utf8')) as ReliefTruth
  const alerts = await replayAlerts(join(dir, name, 'recording.jsonl.gz'))
  const relief = judgeRelief({
    name,
    kind: 'relief',
    ...truth,
    until: Number.POSITIVE_INFINITY,
    readings: [],
    kills: [],
    lateMs: [],
    // A webhook takes no `info` unless it asks for it.
    received: alerts.filter(({ severity }) => severity !== 'info').map(alert => ({ at: Date.parse(alert.at), alert })),
  })
  expect(relief).toMatchObject({ criticalAfter: expect.any(Number), criticalLater: [], isRight: true })
})

test('the last alert of an agent that stops names no OOM kill where something else stopped the process', async () => {
  const alerts = await replayAlerts(join(dir, 'kill', 'recording.jsonl.gz'))
  const handover = alerts.filter(({ notes }) => notes.includes('handover'))
  expect(handover).toHaveLength(1)
  expect(handover[0]!.summary).toMatch(/^oomloop stops on small-node\. Still open: .* Headroom: /)
  expect(handover[0]!.summary).not.toContain('OOM kill')
})

test('the recordings of reliefs are in the repository', () => {
  expect(names.length).toBeGreaterThan(1)
})
