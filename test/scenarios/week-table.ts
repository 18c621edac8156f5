import type { WeekResult, WeekRow } from './week.ts'

/** The week as a table in Markdown, and what was called in it. */
export function weekTable({ rows, falseCriticals, incident }: WeekResult): string {
  const sum = (field: NumberField) => rows.reduce((total, row) => total + row[field], 0)
  const all = ['all', ...columns.map(([, field]) => (field === 'worstDay' ? '' : sum(field)))]
  const lines = [
    ['kind of node', ...columns.map(([title]) => title)],
    ['---', ...columns.map(() => '---:')],
    ...rows.map(row => [row.profile, ...columns.map(([, field]) => row[field])]),
    all,
  ].map(cells => `| ${cells.join(' | ')} |`)
  const calls = incident.calls.map(({ type, severity, at }) => {
    const seconds = (Date.parse(at) - incident.firstKillAt) / 1000
    const when = seconds < 0 ? `${-seconds} s before` : `${seconds} s after`
    return `- ${severity} \`${type}\` ${when} its first kill`
  })
  return [...lines, '', `False criticals: ${falseCriticals}. The true incident:`, '', ...calls].join('\n')
}

type NumberField = Exclude<keyof WeekRow, 'profile'>

const columns: readonly (readonly [title: string, field: NumberField])[] = [
  ['nodes', 'nodes'],
  ['kills', 'kills'],
  ['info', 'info'],
  ['warning', 'warnings'],
  ['critical', 'criticals'],
  ['warnings on a node’s worst day', 'worstDay'],
  ['messages, each alert', 'eachAlert'],
  ['messages, chat', 'chat'],
]
