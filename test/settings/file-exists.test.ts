import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fileExists } from '../../src/settings/file-exists.ts'

const module = resolve(import.meta.dirname, '../../src/settings/file-exists.ts')

describe('whether a file exists', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomloop-exists-'))
  const closed = join(folder, 'closed')
  const file = join(closed, 'settings.yaml')
  mkdirSync(closed)
  writeFileSync(file, '')
  chmodSync(folder, 0o755)
  chmodSync(closed, 0o700)
  afterAll(() => rmSync(folder, { recursive: true }))

  it('a file exists, but not a missing one or one below a file', () => {
    expect(fileExists(file)).toBe(true)
    expect(fileExists(join(closed, 'other.yaml'))).toBe(false)
    expect(fileExists(join(file, 'below.yaml'))).toBe(false)
  })

  const why = process.getuid?.() !== 0 ? 'not root' : existsSync('/usr/bin/setpriv') ? undefined : 'no setpriv'
  it.skipIf(why !== undefined)(
    `holds for the service, which is no user of the machine and may read every file${why ? ` (skipped: ${why})` : ''}`,
    () => {
      const powers = [
        '--inh-caps=+dac_read_search',
        '--ambient-caps=+dac_read_search',
        '--bounding-set=-all,+dac_read_search',
      ]
      const as = ['--reuid=65333', '--regid=65333', '--clear-groups', ...powers]
      const code = `import(${JSON.stringify(module)}).then(m => console.log(m.fileExists(${JSON.stringify(file)})))`
      const out = execFileSync('setpriv', [...as, process.execPath, '-e', code], { encoding: 'utf8' })
      expect(out).toBe('true\n')
    },
  )
})
