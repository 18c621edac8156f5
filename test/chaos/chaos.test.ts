import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const main = resolve(import.meta.dirname, 'main.ts')

it('ten rounds of killing, outages and full disks lose nothing, change no id and keep the order', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--rounds', '10', '--kind', 'delivery'], {
    timeout: 110_000,
  })
  console.log(stdout.trim()) // the seed, to play a bad round again
  const summary = JSON.parse(stdout.trim().split('\n').at(-1)!)
  expect(summary).toMatchObject({ rounds: 10, lost: 0, changedId: 0, outOfOrder: 0, stuck: 0 })
  expect(summary.delivered).toBeGreaterThan(0)
}, 120_000)

it('six rounds of the real agent under a fault lose nothing; every alert comes in time, once, and is resolved', async () => {
  const args = [main, '--rounds', '6', '--kind', 'faults', '--parallel', '2', '--seed', '100']
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 170_000 })
  console.log(stdout.trim())
  const summary = JSON.parse(stdout.trim().split('\n').at(-1)!)
  expect(summary).toMatchObject({ faultRounds: 6, lost: 0, late: 0, repeated: 0, unresolved: 0, stuck: 0 })
}, 180_000)
