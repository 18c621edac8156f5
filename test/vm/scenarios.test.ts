import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { whyNoMachine } from './machine.ts'
import { type Played, play, table } from './scenarios.ts'

const why = whyNoMachine()
// The others, and ten minutes of each healthy one, are played by `node test/vm/overnight.ts --scenarios`.
const crises = ['kubepods-limit']
const healthy = ['healthy-own-limit-thrash']

describe.skipIf(why !== undefined)(`a node in small, in a virtual machine${why ? ` (skipped: ${why})` : ''}`, () => {
  let played: Played
  beforeAll(async () => {
    played = await play({ names: [...crises, ...healthy], healthySeconds: 30, seconds: 420 })
    expect(played.run.exitCode, played.run.console.slice(-3000)).toBe(0)
    console.log(table(played.called))
  })
  afterAll(() => played && rmSync(join(played.run.outDir, '..'), { recursive: true }))

  it.each(crises)('%s is called before its first kill', name => {
    const { warning, firstKill } = played.called.find(each => each.name === name)!
    expect(firstKill).not.toBeNull()
    expect(warning).not.toBeNull()
    expect(warning!).toBeLessThan(firstKill!)
  })

  it('heavy work that is healthy gives no warning and is never critical', () => {
    const calls = played.called.filter(({ crisis }) => !crisis)
    expect(calls.map(({ name }) => name)).toEqual(healthy)
    expect(calls.filter(({ warning, critical }) => warning !== null || critical !== null)).toEqual([])
  })
})
