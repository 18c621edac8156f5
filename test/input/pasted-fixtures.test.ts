import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { replayLog } from '../support/replay-log.ts'

const folder = join(import.meta.dirname, '../../fixtures/pasted')
const names = readdirSync(folder).flatMap(file => (file.endsWith('.log') ? [file.slice(0, -'.log'.length)] : []))

/** What a fixture has to give: fields that are named count, all others may be anything. */
interface Expected {
  readonly kills: readonly object[]
  readonly signs?: readonly object[]
  readonly missedLines?: readonly number[]
}

describe('forms in which people paste logs', () => {
  it.each(names)('%s gives the kills and signs that stand beside it, and no other', async name => {
    const expected = JSON.parse(readFileSync(join(folder, `${name}.expected.json`), 'utf8')) as Expected
    const { kills, signs, missedLines } = await replayed(join(folder, `${name}.log`))
    expect(kills).toHaveLength(expected.kills.length)
    expect(kills).toMatchObject(expected.kills)
    expect(signs).toHaveLength(expected.signs?.length ?? 0)
    expect(signs).toMatchObject(expected.signs ?? [])
    expect(missedLines).toEqual(expected.missedLines ?? [])
  })
})

/** One form of a log: what it gives, and how many signs and lines that were not understood (default: none). */
interface ShortForm {
  readonly name: string
  readonly lines: readonly string[]
  readonly kills: readonly object[]
  readonly signs?: number
  readonly missed?: number
}

const shortForms = JSON.parse(readFileSync(join(folder, 'short-forms.json'), 'utf8')) as ShortForm[]

describe('short logs as people, pages and tools paste them', () => {
  it.each(shortForms)(
    '$name gives its kills and no other',
    async ({ lines, kills: expected, signs = 0, missed = 0 }) => {
      const path = join(mkdtempSync(join(tmpdir(), 'oomloop-form-')), 'pasted.log')
      writeFileSync(path, `${lines.join('\n')}\n`)
      const found = await replayed(path)
      expect(found.kills).toHaveLength(expected.length)
      expect(found.kills).toMatchObject(expected)
      expect(found.signs).toHaveLength(signs)
      expect(found.missedLines).toHaveLength(missed)
    },
  )
})

async function replayed(path: string) {
  const { kills, outcomes } = await replayLog(path)
  return {
    kills: kills.map(({ at, ...kill }) => ({ ...kill, at: at === null ? null : new Date(at).toISOString() })),
    signs: outcomes.flatMap(({ signs }) => signs.map(({ says }) => says)),
    missedLines: outcomes.flatMap(({ firstMissed }) => firstMissed.map(({ number }) => number)),
  }
}
