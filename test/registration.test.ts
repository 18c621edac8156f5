import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** A copy of the repository to which a newcomer adds one of each kind, in the places that CONTRIBUTING's table names. */
describe('a verdict, a cause, a setting, a format and a kernel phrase that are added', () => {
  const copy = mkdtempSync(join(tmpdir(), 'oomloop-registration-'))
  afterAll(() => rmSync(copy, { recursive: true }))

  const run = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${args.join(' ')}: exit code ${status}\n${stdout}${stderr}`)
    return stdout
  }
  const edit = (path: string, ...changes: readonly (readonly [before: string, after: string])[]): void => {
    let text = readFileSync(join(copy, path), 'utf8')
    for (const [before, after] of changes) {
      expect(text, path).toContain(before)
      text = text.replace(before, after)
    }
    writeFileSync(join(copy, path), text)
  }
  const add = (path: string, text: string): void => writeFileSync(join(copy, path), text)

  beforeAll(() => {
    const tracked = execFileSync('git', ['ls-files', '-z', '--', ':!fixtures'], { cwd: root, encoding: 'utf8' })
    for (const file of tracked.split('\0').filter(Boolean)) cpSync(join(root, file), join(copy, file))
    for (const folder of ['node_modules', 'fixtures']) symlinkSync(join(root, folder), join(copy, folder))
    addVerdict()
    addCause()
    addSetting()
    addFormat()
    addPhrase()
    answerAsTarget()
    describeThem()
    run('scripts/schemas.ts')
    run('scripts/docs.ts')
  }, 120_000)

  const addVerdict = (): void => {
    add(
      'src/verdicts/dummy.ts',
      `import type { CommonFacts, VerdictDescriptor } from './descriptor.ts'

export interface DummyFacts extends CommonFacts {
  readonly hats: number
}

export const dummy: VerdictDescriptor<DummyFacts> = {
  alertName: 'OomloopDummy',
  eventReason: 'Dummy',
  severities: ['info'],
  scopeOf: () => 'node',
}
`,
    )
    add(
      'src/detect/dummy.ts',
      `import type { Detector } from '../types.ts'

export function createDummy(): Detector {
  return (event, world) => event.kind !== 'lost' ? [] : [{
    type: 'dummy', subject: 'node', at: world.now, firing: true, severity: 'info', since: world.now, signs: [],
    workload: null, loop: null, kill: null, facts: { hats: 3 },
  }]
}
`,
    )
    edit(
      'src/verdicts/verdicts.ts',
      [
        'export interface VerdictFacts {',
        "import { type DummyFacts, dummy } from './dummy.ts'\n\nexport interface VerdictFacts {\n  dummy: DummyFacts",
      ],
      ["  'agent-impaired': agentImpaired,", "  'agent-impaired': agentImpaired,\n  dummy,"],
    )
    edit('src/detect/detectors.ts', ['createAgentImpaired(),', 'createAgentImpaired(),\n    createDummy(),'])
    appendFileSync(join(copy, 'src/detect/detectors.ts'), "import { createDummy } from './dummy.ts'\n")
    edit('src/text/messages/en/verdicts.ts', [
      'const verdicts = {',
      "const verdicts = {\n  dummy: { name: 'Three hats' },",
    ])
    edit('src/text/messages/zh-CN/verdicts.ts', [
      'const verdicts = {',
      "const verdicts = {\n  dummy: { name: '三顶帽子' },",
    ])
  }

  const addCause = (): void => {
    add(
      'src/diagnose/causes/too-many-hats.ts',
      `import type { FindCause } from '../evidence/finding.ts'

/** One head wears three hats. */
export const tooManyHats: FindCause<'too-many-hats'> = ({ t }) => ({
  code: 'too-many-hats',
  role: 'contributing',
  ...t.causes['too-many-hats'],
})
`,
    )
    edit(
      'src/diagnose/causes/table.ts',
      [
        "import { wrongVictim } from './wrong-victim.ts'",
        "import { tooManyHats } from './too-many-hats.ts'\nimport { wrongVictim } from './wrong-victim.ts'",
      ],
      ['const table = [', "const table = [\n  cause(tooManyHats, { 'too-many-hats': { contributing: 99 } }),"],
    )
    edit('src/text/messages/en/causes.ts', [
      'const causes = {',
      "const causes = {\n  'too-many-hats': { evidence: 'Three hats are worn.', why: 'One head has room for one.', remedy: 'Take off two.' },",
    ])
    edit('src/text/messages/zh-CN/causes.ts', [
      'const causes = {',
      "const causes = {\n  'too-many-hats': { evidence: '戴了三顶帽子。', why: '一个头只能戴一顶。', remedy: '摘掉两顶。' },",
    ])
  }

  const addSetting = (): void => {
    edit('src/settings/table.ts', [
      'export const settingsTable = {',
      "export const settingsTable = {\n  hats: { kind: 'count', default: 3, min: 1, max: 9 },",
    ])
    for (const locale of ['en', 'zh-CN']) {
      const help = locale === 'en' ? 'how many hats may be worn' : '最多可以戴几顶帽子'
      edit(`src/text/messages/${locale}/settings.ts`, ['  help: {\n', `  help: {\n    hats: '${help}',\n`])
    }
  }

  const addFormat = (): void => {
    add(
      'src/deliver/format/hatbox.ts',
      `import type { Format } from '../http/format.ts'
import { outcomeOfStatus } from '../http/outcome.ts'

/** Posts the number of hats. */
export const hatbox: Format = {
  request: (alert, { url }) => ({ url, headers: { 'content-type': 'text/plain' }, body: alert.id }),
  heartbeat: (heartbeat, { url }) => ({ url, headers: { 'content-type': 'text/plain' }, body: heartbeat.id }),
  outcome: outcomeOfStatus,
}
`,
    )
    edit('src/deliver/format/formats.ts', [
      'export const formats = {',
      "export const formats = {\n  hatbox: { load: async () => (await import('./hatbox.ts')).hatbox, hosts: ['hats.example'] },",
    ])
  }

  const answerAsTarget = (): void =>
    edit('test/deliver/format/targets.ts', ['  generic:', '  hatbox: () => ({ status: 204 }),\n  generic:'])

  const addPhrase = (): void => {
    edit('src/parse/log-line/kernel-phrases.ts', [
      'const phrases: readonly KernelPhrase[] = [',
      "const phrases: readonly KernelPhrase[] = [\n  { search: 'Hat fell', begins: 'Hat fell on process \\\\d', within: 'Hat fell on process \\\\d', words: 'Hat fell', killed: 'Hat fell on process ' },",
    ])
    edit('src/parse/oom/oom-victim.ts', ['?Killed process (', '?(?:Killed|Hat fell on) process ('])
  }

  /** The prose of the docs: the tables of settings and flags are generated. */
  const describeThem = (): void => {
    edit('docs/alerts.md', [
      '\n## Signs',
      '| [`dummy`](operating.md#dummy) | `node` | info | three hats are worn |\n\n## Signs',
    ])
    edit('docs/operating.md', ['## agent-impaired', '## dummy\n\nTake off two hats.\n\n## agent-impaired'])
    edit('docs/diagnosis.md', [
      '| `futile-victim` |',
      '| `too-many-hats` | three hats are worn | two hats |\n| `futile-victim` |',
    ])
    edit('docs/delivery.md', ['| `generic` |', '| `hatbox` | the number of hats | – | – |\n| `generic` |'])
  }

  it('compile with the files of the table alone', () => {
    run(join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', '.')
  }, 120_000)

  it('take effect: the alert has a name and the cause, the setting has a flag and a check, the format is loaded', () => {
    add(
      'try.ts',
      `import { formatOfUrl } from './src/deliver/format/formats.ts'
import { loadFormat } from './src/deliver/format/load-format.ts'
import { createPipeline } from './src/pipeline.ts'
import { loadSettings } from './src/settings/load.ts'
const [, alert] = createPipeline().observe({ kind: 'lost', at: 5000, source: 'kmsg', records: 1 })
const settings = loadSettings({ environment: { OOMLOOP_HATS: '4' }, flags: {} })
const format = await loadFormat('hatbox')
console.log(JSON.stringify({ alert, hats: settings.values.hats, isLoaded: typeof format, found: formatOfUrl('https://hats.example/x') }))
`,
    )
    const output = run('try.ts')
    rmSync(join(copy, 'try.ts'))
    const { alert, hats, isLoaded, found } = JSON.parse(output)
    expect(alert).toMatchObject({ type: 'dummy', summary: expect.stringContaining('Three hats') })
    expect(alert.diagnosis).toContainEqual(
      expect.objectContaining({ code: 'too-many-hats', why: 'One head has room for one.' }),
    )
    expect(hats).toBe(4)
    expect([isLoaded, found]).toEqual(['object', 'hatbox'])
    expect(run('src/main.ts', 'run', '--help')).toMatch(/--hats COUNT +how many hats may be worn/)
    expect(() => run('src/main.ts', 'config', 'check', '--hats', '12')).toThrow(/hats/)
  }, 120_000)

  it('the kernel phrase is found in a log with and without prefixes, within other text and in JSON, and names a victim', () => {
    const line = (pid: number) =>
      `Hat fell on process ${pid} (java) total-vm:2383472kB, anon-rss:1018148kB, file-rss:128kB, shmem-rss:0kB`
    const lines = [
      `Apr 16 21:08:50 node-a kernel: [  100.000001] ${line(1)}`,
      'Apr 16 21:08:51 node-a sshd[7]: nothing',
      line(2),
      `[0:0] pasted by someone: ${line(3)}`,
      JSON.stringify({ message: line(4), program: 'kernel' }),
    ]
    add('hats.log', `${lines.join('\n')}\n`)
    const { stdout } = spawnSync(process.execPath, ['src/main.ts', 'replay', '--kills', 'hats.log'], {
      cwd: copy,
      encoding: 'utf8',
    })
    const kills = stdout
      .trimEnd()
      .split('\n')
      .map(text => JSON.parse(text))
    expect(kills.map(({ pid }) => pid)).toEqual([1, 2, 3, 4])
    add(
      'try.ts',
      `import { createVictimWatch } from './src/input/live/kill-line-watch.ts'
console.log(createVictimWatch()({ text: ${JSON.stringify(line(5))} })?.pid)
`,
    )
    expect(run('try.ts')).toBe('5\n')
    for (const file of ['try.ts', 'hats.log']) rmSync(join(copy, file))
  }, 120_000)

  it('pass the tests of docs, schemas, texts, structure and settings', () => {
    const tests = ['docs', 'schemas', 'language', 'architecture', 'settings'].map(name => `test/${name}`)
    run(join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'unit', ...tests)
  }, 120_000)
})
