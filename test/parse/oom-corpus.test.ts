import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, it } from 'vitest'
import { createLineParser } from '../../src/parse/log-line/format.ts'
import { createOomParser } from '../../src/parse/oom/oom-parser.ts'
import type { OomKill } from '../../src/types.ts'
import { corpusLogs, expectTruth } from '../support/corpus-truth.ts'

describe.skipIf(corpusLogs.length === 0)('the corpus beside the checkout (skipped where it is not)', () => {
  it.each(corpusLogs.map(path => [basename(path), path]))(
    '%s gives every kill with every field right, and no other, by the rules of the live agent',
    (_, path) => expectTruth(path, killsIn(readFileSync(path, 'utf8'))),
  )
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
