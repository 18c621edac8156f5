import { matchesWildcard } from '../text/wildcard.ts'
import type { AlertType, Severity } from '../types.ts'
import { verdictTypes } from '../verdicts/verdicts.ts'
import { nearest, type Problems } from './problems.ts'
import { parseLabels } from './rules.ts'
import { settingsTable } from './table.ts'

/** What a webhook's `labels` can ask for, besides the static labels. deliver/policy/routing.ts gives each its value. */
const matcherKeys = [
  'type',
  'severity',
  'node',
  'namespace',
  'workload',
  'owner',
  'pod',
  'container',
  'unit',
  'subject',
] as const

export type MatcherKey = (typeof matcherKeys)[number]

/** Reads a webhook's matchers. A matcher that can never match would silence the webhook, so it is an error. */
export function parseMatchers(
  value: unknown,
  about: {
    readonly where: string
    readonly types: readonly AlertType[] | undefined
    readonly minSeverity: Severity
    readonly staticLabels: Readonly<Record<string, string>>
    readonly problems: Problems
  },
): Readonly<Record<string, string>> {
  const { where, types, minSeverity, staticLabels, problems } = about
  const { t } = problems
  const matchers = parseLabels(value, `${where}: labels`, problems)
  const severities: readonly Severity[] = settingsTable.minSeverity.choices
  const wanted: Readonly<Record<string, readonly string[]>> = {
    type: types ?? verdictTypes,
    severity: severities.slice(severities.indexOf(minSeverity)),
    ...Object.fromEntries(Object.entries(staticLabels).map(([name, text]) => [name, [text]])),
  }
  const known = [...new Set([...matcherKeys, ...Object.keys(staticLabels)])]
  for (const [key, pattern] of Object.entries(matchers)) {
    const quoted = { where, key: key.slice(0, 60), value: JSON.stringify(pattern.slice(0, 60)) }
    if (!known.includes(key)) problems.add(t.unknownMatcher({ ...quoted, near: nearest(key, known) ?? null, known }))
    else if (wanted[key] && !wanted[key].some(text => matchesWildcard(text, pattern)))
      problems.add(t.matcherNeverMatches({ ...quoted, possible: wanted[key] }))
  }
  return matchers
}
