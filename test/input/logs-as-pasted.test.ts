import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { caseFiles } from '../support/cases.ts'
import { corpusLogs, expectTruth } from '../support/corpus-truth.ts'
import { replayLog } from '../support/replay-log.ts'

const publicLogs = [...corpusLogs, ...caseFiles('logs')]

describe.skipIf(publicLogs.length === 0)('public logs beside the checkout (skipped where they are not)', () => {
  it.each(publicLogs.map(path => [basename(path), path]))(
    '%s is read as it stands: every kill, every field, no other, and nothing that was not understood',
    async (_, path) => {
      const { kills, outcomes } = await replayLog(path)
      expectTruth(path, kills)
      expect(outcomes.flatMap(({ firstMissed }) => firstMissed)).toEqual([])
    },
  )
})

describe.skipIf(caseFiles('forms').length === 0)(
  'one kill in the forms beside the checkout (skipped where they are not)',
  () => {
    const undated = ['hosttag.log', 'quoted.log', 'tagstamp.log']

    it.each(caseFiles('forms').map(path => [basename(path), path]))(
      '%s gives the kill, with its time where the line has one',
      async (name, path) => {
        const { kills } = await replayLog(path)
        expect(kills).toMatchObject([{ pid: 4242, comm: 'java', totalVmKiB: 2_383_472, scope: 'global' }])
        const at = Date.UTC(2026, name === 'de.log' ? 2 : 3, 16, 21, 8, 50)
        expect(kills[0]!.at).toBe(undated.includes(name) ? null : at)
      },
    )
  },
)
