import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkout } from '../support/oomloop.ts'
import { onlyBuysTime } from '../vm/relief-figures.ts'
import { replayAlerts } from './replay.ts'

// What the agent recorded in a virtual machine (test/vm/reliefs.ts) up to the moment at which the first action of its first
// critical alert was carried out, and what that freed within a minute.
const dir = join(checkout, 'fixtures/actions')
const names = readdirSync(dir)

interface Carried {
  readonly command: string | null
  readonly statedMiB: number | null
  readonly freedMiB: number
}

test.each(names)('the first action of %s frees what it says, or says that it only buys time', async name => {
  const truth = JSON.parse(readFileSync(join(dir, name, 'truth.json'), 'utf8')) as Carried
  const alerts = await replayAlerts(join(dir, name, 'recording.jsonl.gz'))
  const { actions } = alerts.find(({ severity, status }) => severity === 'critical' && status === 'firing')!
  const { command, expectKiB, do: text } = actions[0]!
  // What was carried out is what is advised now.
  expect(command).toBe(truth.command)
  const statedMiB = (expectKiB ?? 0) / 1024
  expect(Math.abs(statedMiB - (truth.statedMiB ?? 0))).toBeLessThan(1)
  expect(onlyBuysTime(text) || truth.freedMiB >= statedMiB * 0.9).toBe(true)
})

test('the recordings of actions are in the repository', () => {
  expect(names.length).toBeGreaterThan(3)
})
