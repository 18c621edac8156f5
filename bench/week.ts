import { simulateWeek } from '../test/scenarios/week.ts'
import { weekTable } from '../test/scenarios/week-table.ts'
import type { BenchOptions } from './main.ts'

/**
 * A simulated week of a hundred nodes, and what would have been said: `npm run -s bench -- week [--json]`. Compared with
 * the plain rule of an alert for every OOM kill.
 */
export async function run({ json }: BenchOptions): Promise<void> {
  const startedAt = performance.now()
  const week = simulateWeek()
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  const kills = week.rows.reduce((total, row) => total + row.kills, 0)
  const messages = week.rows.reduce((total, row) => total + row.chat, 0)
  if (json) {
    console.log(JSON.stringify({ ...week, kills, messages, seconds }))
    return
  }
  console.log(weekTable(week))
  const ratio = (kills / Math.max(1, messages)).toFixed(0)
  console.log(`\nan alert for every kill: ${kills}, ${ratio} times the messages of a chat; simulated in ${seconds} s`)
}
