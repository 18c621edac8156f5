/**
 * Prints where a text, a comment, a name or the title of a test breaks the language rules: `node scripts/language/check.ts
 * [PATH…]`. The words to avoid, and what to use instead, stand in words.ts.
 */
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Finding, findingsIn } from './findings.ts'

const repository = resolve(import.meta.dirname, '../..')

const checked = [
  '*.md',
  'docs/**/*.md',
  'deploy/**/*.{md,yaml,tpl}',
  'systemd/*.service',
  'packaging/*.yaml',
  'install.sh',
  '{src,test,scripts,bench,packaging}/**/*.ts',
]

/** Everything that the rules find in the repository, or below some of its paths. */
export function allFindings(paths: readonly string[] = ['']): readonly Finding[] {
  return globSync(checked, { cwd: repository })
    .filter(path => paths.some(prefix => path.startsWith(prefix)))
    .sort()
    .flatMap(path => findingsIn(path, readFileSync(join(repository, path), 'utf8')))
}

if (import.meta.main) {
  const [, , ...paths] = process.argv
  const findings = allFindings(paths.length > 0 ? paths : [''])
  for (const { rule, path, line, text } of findings) console.log(`${path}:${line} ${rule} ${text}`)
  if (findings.length > 0) process.exitCode = 1
}
