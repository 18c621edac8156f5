import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { bundle } from '../scripts/build.ts'

const outdir = mkdtempSync(join(tmpdir(), 'oomloop-node-version-'))
const program = join(outdir, 'oomloop.mjs')
/** Makes this Node.js report another version. */
const pretend = (version: string): readonly string[] => [
  '--import',
  `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'${version}'})`,
]
const run = (...args: readonly string[]) => spawnSync(process.execPath, args, { encoding: 'utf8' })

it('the built program prints one line and exits with 3 on a Node.js that is too old', async () => {
  await build({ ...bundle, outdir })
  const { status, stdout, stderr } = run(...pretend('20.20.2'), program, 'replay', 'fixtures/incident/messages.log')
  expect(stderr).toMatch(/^oomloop: Node\.js 24 or newer is required, but this is v[\d.]+\n$/)
  expect(stdout).toBe('')
  expect(status).toBe(3)
  expect(run(...pretend('24.0.0'), program, '--version').status).toBe(0)
})
