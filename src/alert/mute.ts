import type { HostFacts, MuteRule, Verdict } from '../types.ts'

/** Whether a rule of the settings keeps this verdict from being told. All conditions that a rule gives must hold. */
export function isMuted(verdict: Verdict, rules: readonly MuteRule[], host: HostFacts): boolean {
  return rules.some(rule => matches(verdict, rule, host))
}

function matches({ type, subject, workload }: Verdict, rule: MuteRule, host: HostFacts): boolean {
  // A rule without any condition would mute everything: it was not meant.
  if (!rule.type && !rule.namespace && !rule.workload && !rule.labels) return false
  if (rule.type && rule.type !== type) return false
  if (rule.namespace && !isLike(workload?.namespace, rule.namespace)) return false
  if (rule.workload && !isLike(workload?.key ?? subject, rule.workload)) return false
  const labels = { ...host.labels, ...workload?.labels }
  return Object.entries(rule.labels ?? {}).every(([name, wanted]) => isLike(labels[name], wanted))
}

/** `*` stands for any run of characters. Without regular expressions: patterns and names are of any length. */
export function isLike(value: string | null | undefined, pattern: string): boolean {
  if (value == null) return false
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return value === pattern
  const last = rest.at(-1)!
  if (!value.startsWith(first) || value.length < first.length + last.length || !value.endsWith(last)) return false
  let from = first.length
  for (const part of rest.slice(0, -1)) {
    const at = value.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return from <= value.length - last.length
}
