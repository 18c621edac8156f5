import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../src/deliver')
/** What decides, as opposed to what moves bytes: it gets everything by argument, time and chance included. */
const pure = [
  ...globSync('format/*.ts', { cwd: root }),
  ...[
    'backoff',
    'outcome',
    'lane',
    'signing',
    'routing',
    'outbox-record',
    'outbox-layout',
    'proxy',
    'redact',
    'advice',
  ].map(name => `${name}.ts`),
]
const modules = new Set(['node:crypto', 'node:zlib', 'handlebars'])

describe('deliver', () => {
  it.each(pure)('%s knows no clock, no chance, no disk and no network', file => {
    const text = readFileSync(resolve(root, file), 'utf8')
    const foreign = [...text.matchAll(/from '([^'.][^']*)'/g)]
      .map(match => match[1]!)
      .filter(name => !modules.has(name))
    expect(foreign).toEqual([])
    expect(text).not.toMatch(/Date\.now\(|new Date\(\)|Math\.random\(|setTimeout\(|performance\.|process\.|fetch\(/)
    const shell = [...text.matchAll(/from '(\.[^']*)'/g)].map(match => match[1]!)
    for (const name of shell) expect(name).not.toMatch(/(post|connection|sender|delivery|reserved-file|lookup)\.ts$/)
  })

  it('loads no part of undici but those it needs, and a format only where it is configured', () => {
    for (const file of globSync('**/*.ts', { cwd: root })) {
      const text = readFileSync(resolve(root, file), 'utf8')
      if (file.endsWith('.d.ts')) continue
      expect(text, file).not.toMatch(/^import (?!type).* from 'undici'/m)
      if (file !== 'format/formats.ts') expect(text, file).not.toMatch(/[^.]\bimport\(/)
    }
  })
})
