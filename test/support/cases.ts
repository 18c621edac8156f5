import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../../shared/cases')

/** Whether the reference cases are on this machine: they are kept beside the repository, not in it. */
export const hasCases = existsSync(folder)

/** The names of the cases of one kind, without their ending. */
export function caseNames(kind: 'verdicts' | 'recordings'): readonly string[] {
  if (!hasCases) return []
  return readdirSync(join(folder, kind))
    .filter(name => /\.(?:log|jsonl)$/.test(name))
    .map(name => name.replace(/\.[a-z]+$/, ''))
}

export function casePath(kind: 'verdicts' | 'recordings', name: string): string {
  return join(folder, kind, `${name}.${kind === 'verdicts' ? 'log' : 'jsonl'}`)
}

/** A folder of the reference cases: logs with their truth beside them, or one kill in many forms. */
export function caseFiles(kind: 'logs' | 'forms'): readonly string[] {
  if (!hasCases) return []
  return readdirSync(join(folder, kind))
    .filter(name => name.endsWith('.log'))
    .map(name => join(folder, kind, name))
}
