import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createLineParser } from '../../src/parse/log-line/format.ts'
import { killAsJson } from '../../src/parse/oom/kill-json.ts'
import { createOomParser } from '../../src/parse/oom/oom-parser.ts'
import type { OomKill } from '../../src/types.ts'

/**
 * fixtures/logs: NAME.log beside NAME.kills.json, which says where the log came from and what is in it, as `replay
 * --kills` prints it. `event` counts events. A new case is two files and no code.
 */
const dir = join(import.meta.dirname, '../../fixtures/logs')

interface Expected {
  readonly from: string
  readonly year?: number
  readonly timeZone?: string
  readonly kills: readonly Record<string, unknown>[]
}

it.each(names())('%s', name => {
  const expected = JSON.parse(readFileSync(join(dir, `${name}.kills.json`), 'utf8')) as Expected
  const { kills } = read(readFileSync(join(dir, `${name}.log`), 'utf8'), expected)
  const events: string[] = []
  const told = kills.map(kill => {
    if (!events.includes(kill.event)) events.push(kill.event)
    return { ...killAsJson(kill), event: events.indexOf(kill.event) + 1 }
  })
  expect(told).toEqual(expected.kills)
  expect(expected.from).toMatch(/\w/)
})

it('every log has its truth beside it, and every truth its log', () => {
  const files = readdirSync(dir)
  const truths = files.filter(file => file.endsWith('.kills.json')).map(file => file.slice(0, -'.kills.json'.length))
  expect(truths).toEqual(names())
})

function names(): string[] {
  return readdirSync(dir)
    .filter(file => file.endsWith('.log'))
    .map(file => file.slice(0, -'.log'.length))
}

function read(log: string, { year, timeZone = 'UTC' }: Expected): { readonly kills: readonly OomKill[] } {
  const lines = createLineParser({ timeZone, year })
  const parser = createOomParser()
  const kills: OomKill[] = []
  const take = (observation: ReturnType<typeof lines.parse>): void => {
    if (observation?.kind === 'kernel') kills.push(...parser.push(observation))
  }
  for (const line of log.split('\n')) take(lines.parse(line))
  take(lines.end())
  kills.push(...parser.flush(Infinity))
  return { kills }
}
