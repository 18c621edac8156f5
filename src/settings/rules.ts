import type { AlertType, MuteRule } from '../types.ts'
import { verdictTypes } from '../verdicts/verdicts.ts'
import { nearest, type Problems } from './problems.ts'

/** Reads a map of label name to value. */
export function parseLabels(value: unknown, where: string, problems: Problems): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {}
  if (!isMap(value)) {
    problems.add(problems.t.mustBeMap({ where }))
    return {}
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => [name, textOf(text, `${where}: ${name}`, problems)]),
  )
}

/** YAML reads `port: 9465` as a number: every scalar is the text that it was written as. */
export function textOf(value: unknown, where: string, problems: Problems): string {
  if (!['string', 'number', 'boolean'].includes(typeof value)) problems.add(problems.t.mustBeText({ where }))
  return String(value)
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const muteKeys = ['type', 'namespace', 'workload', 'labels'] as const

/** Reads the mute rules; a rule that would mute nothing or everything by mistake is a problem. */
export function parseMute(value: unknown, problems: Problems): readonly MuteRule[] {
  if (value === undefined || value === null) return []
  const { t } = problems
  if (!Array.isArray(value)) {
    problems.add(t.mustBeList({ where: 'mute' }))
    return []
  }
  return value.map((rule, index) => parseMuteRule(rule, t.muteRule({ number: index + 1 }), problems))
}

function parseMuteRule(rule: unknown, where: string, problems: Problems): MuteRule {
  const { t } = problems
  if (!isMap(rule) || Object.keys(rule).length === 0) {
    problems.add(t.muteRuleIsEmpty({ where, keys: muteKeys }))
    return {}
  }
  for (const key of Object.keys(rule))
    if (!muteKeys.includes(key as (typeof muteKeys)[number]))
      problems.add(
        t.unknownKeyIn({
          where,
          key: JSON.stringify(key.slice(0, 60)),
          near: nearest(key, muteKeys) ?? null,
          known: muteKeys,
        }),
      )
  const { type, namespace, workload, labels } = rule
  return {
    ...(type === undefined ? {} : { type: parseAlertType(type, where, problems) }),
    ...(namespace === undefined ? {} : { namespace: textOf(namespace, `${where}: namespace`, problems) }),
    ...(workload === undefined ? {} : { workload: textOf(workload, `${where}: workload`, problems) }),
    ...(labels === undefined ? {} : { labels: parseLabels(labels, `${where}: labels`, problems) }),
  }
}

function parseAlertType(value: unknown, where: string, problems: Problems): AlertType {
  const found = verdictTypes.find(type => type === value)
  if (!found) problems.add(problems.t.noAlertType({ where, value: JSON.stringify(String(value)), known: verdictTypes }))
  return found ?? verdictTypes[0]!
}
