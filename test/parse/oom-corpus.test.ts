import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createLineParser } from '../../src/parse/carrier.ts'
import { createOomParser } from '../../src/parse/oom.ts'
import type { OomKill } from '../../src/types.ts'

/**
 * Logs that people published, 2.4 to 6.16, with the truth beside each; they lie beside the checkout and are read in
 * place. `alt`: other right values. `dump`: values that only the report's table of tasks has.
 */
const corpus = new URL('../../../shared/corpus/', import.meta.url).pathname
const names = existsSync(corpus)
  ? readdirSync(corpus)
      .filter(file => file.endsWith('.log'))
      .map(file => file.slice(0, -'.log'.length))
  : []

const fields = [
  'pid',
  'comm',
  'scope',
  'uid',
  'totalVmKiB',
  'anonRssKiB',
  'fileRssKiB',
  'shmemRssKiB',
  'pgtablesKiB',
  'oomScoreAdj',
  'score',
  'containerId',
  'podUid',
  'taskMemcg',
  'oomMemcg',
  'invoker',
  'sacrificedFor',
] as const

interface Truth {
  readonly tags: readonly string[]
  readonly kills: readonly (Record<string, unknown> & {
    readonly alt?: Record<string, readonly unknown[]>
    readonly dump?: Record<string, unknown>
  })[]
}

describe.skipIf(names.length === 0)('the corpus beside the checkout', () => {
  it.each(names)('%s gives every kill with every field right, and no other', name => {
    const truth = JSON.parse(readFileSync(`${corpus}${name}.json`, 'utf8')) as Truth
    const kills = killsIn(readFileSync(`${corpus}${name}.log`, 'utf8'))
    if (truth.tags.includes('ambiguous-carrier') && kills.length === 0) return
    expect(kills.map(({ pid }) => pid)).toEqual(truth.kills.map(({ pid }) => pid))
    for (const [at, kill] of kills.entries()) {
      const wanted = truth.kills[at]!
      expect(kill.partial).toBe(wanted.partial === true)
      for (const field of fields) {
        if (!(field in wanted)) continue
        const right = [wanted[field] === '?' ? 'unknown' : wanted[field], ...(wanted.alt?.[field] ?? [])]
        if (wanted.dump && field in wanted.dump) right.push(wanted.dump[field])
        const normal = right.map(value => (value === '?' ? 'unknown' : value))
        expect(normal, `${field} of pid ${kill.pid}`).toContainEqual(kill[field])
      }
    }
  })
})

function killsIn(log: string): OomKill[] {
  const lines = createLineParser({ modifiedAt: Date.UTC(2026, 10, 23), timeZone: 'UTC' })
  const parser = createOomParser()
  const kills: OomKill[] = []
  for (const line of log.split('\n')) {
    const observation = lines.parse(line)
    if (observation?.kind === 'kernel') kills.push(...parser.push(observation))
  }
  kills.push(...parser.flush(Infinity))
  return kills
}
