import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const copy = mkdtempSync(join(tmpdir(), 'oomloop-pseudo-'))
afterAll(() => rmSync(copy, { recursive: true, force: true }))

for (const name of ['src', 'tsconfig.json', 'package.json'])
  cpSync(join(root, name), join(copy, name), { recursive: true })
for (const name of ['node_modules', 'fixtures', 'schemas']) symlinkSync(join(root, name), join(copy, name))

// The whole work of adding a locale: one file, and the list in catalogues.ts.
writeFileSync(
  join(copy, 'src/text/messages/pseudo.ts'),
  `import { en, type Messages } from './en.ts'

/** Every Latin letter becomes its full-width form, so that text from elsewhere stands out. */
const wide = (text: string): string =>
  text.replace(/[A-Za-z]/g, letter => String.fromCodePoint(letter.codePointAt(0)! + 0xfee0))

const pseudo = (value: unknown): unknown =>
  typeof value === 'string'
    ? wide(value)
    : typeof value === 'function'
      ? (...facts: unknown[]) => pseudo(value(...facts))
      : typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).map(([key, its]) => [key, pseudo(its)]))
        : value

const all = pseudo(en) as Messages

export const xPseudo = { ...all, units: { ...all.units, dateLocale: 'en-GB' } } satisfies Messages
`,
)
const catalogues = join(copy, 'src/text/messages/catalogues.ts')
writeFileSync(
  catalogues,
  readFileSync(catalogues, 'utf8')
    .replace(
      "import { zhCN } from './zh-CN.ts'",
      "import { xPseudo } from './pseudo.ts'\nimport { zhCN } from './zh-CN.ts'",
    )
    .replace("['en', 'zh-CN']", "['en', 'zh-CN', 'x-pseudo']")
    .replace("'zh-CN': zhCN }", "'zh-CN': zhCN, 'x-pseudo': xPseudo }"),
)

function oomloop(...args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['src/main.ts', ...args], {
    cwd: copy,
    encoding: 'utf8',
    env: { ...process.env, OOMLOOP_LOCALE: 'x-pseudo', NO_COLOR: '1' },
    maxBuffer: 1 << 28,
  })
  return `${stdout}${stderr}`
}

/** Three words in a row that did not come from the catalogue. */
const untranslated = /(?<![\w./=:-])[A-Za-z][a-z']+ [a-z']+ [a-z']+(?![\w/=:])/

/** Without commands, which are the same in every language. */
function untranslatedLines(text: string): readonly string[] {
  return text.split('\n').filter(line => !/^\s*\$ |^\s+oomloop /.test(line) && untranslated.test(line))
}

const recording = 'fixtures/scenarios/limit-of-kubepods.jsonl.gz'
const log = 'fixtures/incident/messages.log'
const datedLog = 'fixtures/scenarios/one-kill-in-a-log.jsonl'

describe('a third locale', () => {
  it('a locale is one file and one list: types hold, and every setting takes it', () => {
    const { stdout } = spawnSync('npx', ['tsc', '--noEmit', '-p', '.'], { cwd: copy, encoding: 'utf8' })
    expect(stdout.split('\n').filter(line => line.startsWith('src/'))).toEqual([])
    expect(oomloop('config', 'print')).toContain('x-pseudo')
  })

  it.each([
    ['the text report of a log', ['replay', datedLog]],
    ['the text report of a recording', ['replay', recording]],
    ['the report of doctor', ['doctor', '--capture', recording]],
    ['the help', ['--help']],
    ['the help of a command', ['run', '--help']],
    ['an error of usage', ['replay', '--year', 'x', log]],
    ['an error of the settings', ['run', '--min-severity', 'loud']],
  ])('%s has no text from outside of the catalogue', (_what, args) => {
    const text = oomloop(...args)
    expect(text).toMatch(/[\uff21-\uff5a]/)
    expect(untranslatedLines(text)).toEqual([])
  })

  it('the page has no text from outside of the catalogue', () => {
    const page = oomloop('report', recording, '-o', '-')
    const text = page
      .replace(/<style>[\s\S]*?<\/style>/g, '')
      .replace(/<pre[\s\S]*?<\/pre>|<code[\s\S]*?<\/code>/g, '')
      .replace(/<[^>]*>/g, '\n')
    expect(page).toMatch(/[\uff21-\uff5a]/)
    expect(untranslatedLines(text)).toEqual([])
  })

  it('the texts of alerts have no text from outside of the catalogue', () => {
    const alerts = oomloop('replay', '--alerts', log)
      .split('\n')
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line) as AlertTexts)
    const texts = alerts.flatMap(({ summary, diagnosis, actions }) => [
      summary,
      ...diagnosis.flatMap(({ why, evidence, remedy }) => [why, evidence, remedy]),
      ...actions.map(action => action.do),
    ])
    expect(texts.length).toBeGreaterThan(10)
    expect(texts.filter(text => untranslated.test(text))).toEqual([])
  })
})

interface AlertTexts {
  readonly summary: string
  readonly diagnosis: readonly { readonly why: string; readonly evidence: string; readonly remedy: string }[]
  readonly actions: readonly { readonly do: string }[]
}
