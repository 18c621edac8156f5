import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { simulateWeek } from './week.ts'
import { weekTable } from './week-table.ts'

describe('a week of a hundred nodes', () => {
  // The bench looks each 30 s; between kills nothing happens that two minutes would miss, but two messages of a chat become one.
  const week = simulateWeek({ stepSeconds: 120 })

  it('has no critical call but those of the true incident', () => {
    expect(week.falseCriticals).toBe(0)
    expect(week.rows.reduce((sum, { nodes }) => sum + nodes, 0)).toBe(100)
  })

  it('has at most one warning a node and day', () => {
    expect(Math.max(...week.rows.map(({ worstDay }) => worstDay))).toBe(1)
  })

  it('calls the true incident before its first kill, its loop at the second and its storm at the third', () => {
    const { calls, firstKillAt } = week.incident
    const secondsOf = (type: string) => {
      const call = calls.find(alert => alert.type === type && alert.severity === 'critical')
      return (Date.parse(call!.at) - firstKillAt) / 1000
    }
    expect(secondsOf('memory-exhaustion')).toBeLessThan(0)
    expect(secondsOf('respawn-loop')).toBe(45)
    expect(secondsOf('oom-storm')).toBe(90)
  })

  it('is the one in the docs', () => {
    const docs = readFileSync(resolve(import.meta.dirname, '../../docs/verdicts.md'), 'utf8')
    // When memory exhaustion is called is its own thresholds' matter, tuned on captures and described there.
    const withoutExhaustion = (text: string) => text.replace(/^- .*`memory-exhaustion`.*\n/gm, '')
    // How many messages a chat gets depends on how often memory is looked at: the bench counts those.
    const withoutChat = (text: string) => text.replace(/^(\| (?:the true incident|all) .*\|) \d+ \|$/gm, '$1')
    const comparable = (text: string) => withoutChat(withoutExhaustion(text))
    expect(comparable(docs)).toContain(comparable(weekTable(week)))
  })

  it('says other things of another week', () => {
    const kills = (seed: number) =>
      simulateWeek({ share: 5, days: 1, seed }).rows.reduce((sum, row) => sum + row.kills, 0)
    expect(kills(2)).not.toBe(kills(3))
  })
})
