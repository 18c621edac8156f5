import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { OomKill } from '../../src/types.ts'

const corpus = join(import.meta.dirname, '../../../shared/corpus')

/** The logs that people published, where they lie beside the checkout: they are read in place, not copied into it. */
export const corpusLogs: readonly string[] = existsSync(corpus)
  ? readdirSync(corpus)
      .filter(name => name.endsWith('.log'))
      .map(name => join(corpus, name))
  : []

/** The facts of a kill that the truth beside a log may state. */
const fields = [
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

/** `alt`: other right values of a field. `dump`: values that only the report's table of tasks has. */
interface Truth {
  readonly tags: readonly string[]
  readonly kills: readonly (Record<string, unknown> & {
    readonly alt?: Record<string, readonly unknown[]>
    readonly dump?: Record<string, unknown>
  })[]
}

/** Compares what was read in a log with the truth that lies beside it: every kill, every field, no other kill. */
export function expectTruth(log: string, kills: readonly OomKill[]): void {
  const truth = JSON.parse(readFileSync(log.replace(/\.log$/, '.json'), 'utf8')) as Truth
  if (truth.tags.includes('ambiguous-carrier') && kills.length === 0) return
  expect(kills.map(({ pid }) => pid)).toEqual(truth.kills.map(({ pid }) => pid))
  for (const [at, kill] of kills.entries()) {
    const right = truth.kills[at]!
    expect(kill.partial).toBe(right.partial === true)
    for (const field of fields) {
      if (!(field in right)) continue
      const values = [right[field], ...(right.alt?.[field] ?? [])]
      if (right.dump && field in right.dump) values.push(right.dump[field])
      const meant = values.map(value => (value === '?' ? 'unknown' : value))
      expect(meant, `${field} of pid ${kill.pid}`).toContainEqual(kill[field])
    }
  }
}
