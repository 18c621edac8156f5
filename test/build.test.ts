import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { bundle } from '../scripts/build.ts'
import { writtenTimes } from '../src/parse/log-line/pasted/written-time.ts'
import { tempDir } from './deliver/samples.ts'

const root = resolve(import.meta.dirname, '..')

it('the built program is ASCII alone, so that the engine keeps its text with one byte a character', async () => {
  const outdir = tempDir()
  await build({ ...bundle, outdir })
  const files = globSync('*.mjs', { cwd: outdir })
  expect(files.length).toBeGreaterThan(10)
  for (const file of files) expect(readFileSync(join(outdir, file), 'utf8'), file).not.toMatch(/[^\x00-\x7f]/)
})

it('the built program reads times in every script as the source does', async () => {
  const outdir = tempDir()
  const { splitting: _, chunkNames: __, ...options } = bundle
  await build({ ...options, entryPoints: { times: 'src/parse/log-line/pasted/written-time.ts' }, outdir })
  const lines = [
    '2026年4月16日 21:08:50 内核: oom',
    '2026년 4월 16일 21:08:50 커널',
    '16 апреля 2026 21:08:50 ядро',
    'Thursday, 16 de março de 2026 21:08:50',
  ]
  const script = `import { writtenTimes } from ${JSON.stringify(join(outdir, 'times.mjs'))}
    console.log(JSON.stringify(${JSON.stringify(lines)}.map(writtenTimes)))`
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect(JSON.parse(said)).toEqual(JSON.parse(JSON.stringify(lines.map(writtenTimes))))
  expect(lines.flatMap(writtenTimes).length).toBeGreaterThan(0)
})

it('a raw template holds a character beyond ASCII only as the text of a pattern', () => {
  const files = globSync('src/**/*.ts', { cwd: root }).filter(file =>
    /String\.raw`[^`]*[^\p{ASCII}`][^`]*`/u.test(readFileSync(join(root, file), 'utf8')),
  )
  expect(files).toEqual(['src/parse/log-line/pasted/written-time.ts'])
})
