import { OomloopError } from '../host/errors.ts'
import type { AlertType, MuteRule } from '../types.ts'

export const alertTypes: readonly AlertType[] = [
  'memory-exhaustion',
  'respawn-loop',
  'oom-storm',
  'node-daemon-killed',
  'agent-impaired',
]

/** Reads a map of label name to value. Throws OOMLOOP_SETTINGS. */
export function parseLabels(value: unknown, where: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw broken(`${where} must be a map of names to values`)
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, textOf(text, `${where}: ${name}`)]))
}

/** YAML reads `port: 9465` as a number: every scalar is the text that it was written as. Throws OOMLOOP_SETTINGS. */
export function textOf(value: unknown, where: string): string {
  if (!['string', 'number', 'boolean'].includes(typeof value)) throw broken(`${where} must be a text`)
  return String(value)
}

const muteKeys = ['type', 'namespace', 'workload', 'labels']

/** Reads the mute rules. Throws OOMLOOP_SETTINGS on a rule that would mute nothing or everything by mistake. */
export function parseMute(value: unknown): readonly MuteRule[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw broken('mute must be a list of rules')
  return value.map((rule, index) => {
    const where = `mute rule ${index + 1}`
    if (typeof rule !== 'object' || rule === null || Object.keys(rule).length === 0)
      throw broken(`${where} must name at least one of ${muteKeys.join(', ')}`)
    for (const key of Object.keys(rule))
      if (!muteKeys.includes(key)) throw broken(`${where} has an unknown key "${key}"`)
    const { type, namespace, workload, labels } = rule as Record<string, unknown>
    return {
      ...(type === undefined ? {} : { type: parseAlertType(type, where) }),
      ...(namespace === undefined ? {} : { namespace: textOf(namespace, `${where}: namespace`) }),
      ...(workload === undefined ? {} : { workload: textOf(workload, `${where}: workload`) }),
      ...(labels === undefined ? {} : { labels: parseLabels(labels, `${where}: labels`) }),
    }
  })
}

export function parseAlertType(value: unknown, where: string): AlertType {
  const found = alertTypes.find(type => type === value)
  if (!found)
    throw broken(`${where}: ${JSON.stringify(String(value))} is no alert type; they are ${alertTypes.join(', ')}`)
  return found
}

function broken(message: string): OomloopError {
  return new OomloopError('OOMLOOP_SETTINGS', message)
}
