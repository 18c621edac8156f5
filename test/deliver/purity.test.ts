import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../src/deliver')
/** What decides, as opposed to what moves bytes: it gets everything by argument, time and chance included. */
const pure = [
  ...globSync('format/*.ts', { cwd: root }),
  ...globSync('policy/*.ts', { cwd: root }),
  ...[
    'http/backoff',
    'http/outcome',
    'webhook-queue',
    'http/signing',
    'outbox/outbox-record',
    'outbox/outbox-layout',
    'outbox/notified',
    'http/proxy',
    'http/redact',
    'test/hints',
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
    for (const name of shell)
      expect(name).not.toMatch(/(post|connection|sender|delivery|preallocated-file|dns-cache|resolve-host)\.ts$/)
  })

  it('deliver imports no HTTP client at start, and formats and the check of templates only where they are configured', () => {
    for (const file of globSync('**/*.ts', { cwd: root })) {
      const text = readFileSync(resolve(root, file), 'utf8')
      // An import of node:http reads each of its exports, and one of them loads Node's own HTTP client: 7 MiB.
      expect(text, file).not.toMatch(/^import (?!type).* from '(undici|node:https?|node:tls)'/m)
      if (!['format/formats.ts', 'check-webhooks.ts', 'all-webhooks.ts'].includes(file))
        expect(text, file).not.toMatch(/[^.]\bimport\(/)
    }
  })
})
