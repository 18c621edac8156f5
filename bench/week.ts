/**
 * A simulated week of a hundred nodes, and what would have been said: `npm run -s bench -- week [--json]`. Compared with
 * the plain rule that such tools are shipped with: an alert for every OOM kill.
 */
import { simulateWeek } from '../test/scenarios/week.ts'
import type { BenchOptions } from './main.ts'

export async function run({ json }: BenchOptions): Promise<void> {
  const startedAt = performance.now()
  const { rows, falseCriticals, incident } = simulateWeek()
  const seconds = (performance.now() - startedAt) / 1000
  const sum = (field: 'nodes' | 'kills' | 'info' | 'warnings' | 'criticals' | 'notifications') =>
    rows.reduce((total, row) => total + row[field], 0)
  const kills = sum('kills')
  const calls = incident.calls.map(({ type, severity, at }) => ({
    type,
    severity,
    secondsAfterFirstKill: (Date.parse(at) - incident.firstKillAt) / 1000,
  }))
  if (json) {
    console.log(JSON.stringify({ rows, falseCriticals, calls, perKill: kills, seconds }))
    return
  }
  const cells = (values: readonly (string | number)[]) =>
    `| ${String(values[0]).padEnd(46)} | ${values
      .slice(1)
      .map(value => String(value).padStart(8))
      .join(' | ')} |`
  console.log(cells(['kind of node', 'nodes', 'kills', 'info', 'warning', 'critical', 'worst day', 'notified']))
  console.log(cells(['---', ...Array.from({ length: 7 }, () => '---:')]))
  for (const { profile, nodes, kills: its, info, warnings, criticals, worstDay, notifications } of rows) {
    console.log(cells([profile, nodes, its, info, warnings, criticals, worstDay, notifications]))
  }
  console.log(
    cells(['all', sum('nodes'), kills, sum('info'), sum('warnings'), sum('criticals'), '', sum('notifications')]),
  )
  console.log(`\nfalse criticals: ${falseCriticals}`)
  for (const { type, severity, secondsAfterFirstKill } of calls) {
    console.log(`true incident: ${severity} ${type} ${secondsAfterFirstKill} s after its first kill`)
  }
  const ratio = kills / Math.max(1, sum('notifications'))
  console.log(`an alert for every kill would be ${kills}: ${ratio.toFixed(1)} times as many (${seconds.toFixed(0)} s)`)
}
