import { matchesWildcard } from '../text/wildcard.ts'
import type { HostFacts, MuteRule, Verdict } from '../types.ts'

/** Whether a rule of the settings mutes this verdict. All conditions of a rule must match. */
export function isMuted(verdict: Verdict, rules: readonly MuteRule[], host: HostFacts): boolean {
  return rules.some(rule => matches(verdict, rule, host))
}

function matches({ type, subject, workload }: Verdict, rule: MuteRule, host: HostFacts): boolean {
  // A rule without conditions would mute everything, so it is ignored.
  if (!rule.type && !rule.namespace && !rule.workload && !rule.labels) return false
  if (rule.type && rule.type !== type) return false
  if (rule.namespace && !matchesWildcard(workload?.namespace, rule.namespace)) return false
  if (rule.workload && !matchesWildcard(workload?.key ?? subject, rule.workload)) return false
  const labels = { ...host.labels, ...workload?.labels }
  return Object.entries(rule.labels ?? {}).every(([name, wanted]) => matchesWildcard(labels[name], wanted))
}
