import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { makeDocs } from '../scripts/docs.ts'
import { type AlertSchema, alertFields, alertMeanings } from '../scripts/docs-alert-fields.ts'
import { metricTable } from '../src/agent/metrics.ts'
import { commands } from '../src/cli/commands.ts'
import { formatNames } from '../src/deliver/format/formats.ts'
import { causeCodes } from '../src/diagnose/causes/table.ts'
import { errorCodes } from '../src/errors.ts'
import { environmentOf, flagOf, settingKeys } from '../src/settings/table.ts'
import { verdictTypes } from '../src/verdicts/verdicts.ts'
import { expectValid, whyInvalid } from './support/schema.ts'

const repository = resolve(import.meta.dirname, '..')
const documents = globSync(['*.md', 'docs/**/*.md', 'deploy/**/*.md'], { cwd: repository }).sort()
const read = (path: string): string => readFileSync(join(repository, path), 'utf8')
const schema = JSON.parse(read('schemas/alert.schema.json')) as AlertSchema
const enumOf = (name: string): readonly string[] => schema.definitions[name]!.enum!

describe('docs and code say the same', () => {
  it.each(Object.entries(makeDocs()))('the made parts of docs/%s are as scripts/docs.ts makes them', (name, made) => {
    expect(read(`docs/${name}`), 'run node scripts/docs.ts').toBe(made)
  })

  it('the example alert is a whole one, as the schema says', () => {
    const [, example = ''] = /```json\n([\s\S]*?)\n```/.exec(read('docs/alerts.md')) ?? []
    const alert = expectValid('alert', JSON.parse(example))
    expect(alert.type).toBe('respawn-loop')
    const empty = ['workload', 'loop', 'limit', 'trigger', 'unownedKiB', 'pressure'].filter(
      name => alert[name] === null,
    )
    expect(empty).toEqual([])
  })

  it('the docs explain every field of an alert, and no other', () => {
    expect(Object.keys(alertMeanings).sort()).toEqual(
      alertFields(schema)
        .map(({ path }) => path)
        .sort(),
    )
  })

  it('every alert type has a runbook, and no other has', () => {
    expect(headings('docs/operating.md', 2)).toEqual(expect.arrayContaining([...verdictTypes]))
    const runbooks = headings('docs/operating.md', 2).filter(title => /^[a-z-]+$/.test(title))
    expect(runbooks.sort()).toEqual([...verdictTypes].sort())
    expect([...new Set(firstCells('docs/alerts.md', 'Types'))].filter(Boolean).sort()).toEqual([...verdictTypes].sort())
  })

  it('the docs explain every sign and note, and no other', () => {
    expect(firstCells('docs/alerts.md', 'Signs').sort()).toEqual([...enumOf('SignName')].sort())
    expect(firstCells('docs/alerts.md', 'Notes').sort()).toEqual([...enumOf('AlertNote')].sort())
    expect(headings('docs/operating.md', 3).sort()).toEqual([...enumOf('AlertNote')].sort())
  })

  it('the docs describe every format of a webhook, and no other', () => {
    expect(firstCells('docs/delivery.md', 'Formats').sort()).toEqual([...formatNames].sort())
  })

  it('every error code is documented', () => {
    for (const code of errorCodes) expect(read('docs/exit-codes.md')).toContain(`\`${code}\``)
  })

  it('every cause is documented', () => {
    const diagnosis = read('docs/diagnosis.md')
    for (const code of causeCodes) expect(diagnosis, code).toContain(`\`${code}\``)
  })
})

describe.each(documents)('%s', file => {
  const text = read(file)

  it('names no variable, error code or metric that does not exist', () => {
    const variables = [
      ...settingKeys.map(environmentOf),
      'OOMLOOP_CONFIG',
      'OOMLOOP_WEBHOOK',
      ...errorCodes,
      // How long a test goes on is said by its own.
      ...globSync('test/{live,vm}/*.ts', { cwd: repository }).flatMap(file =>
        matches(read(file), /\bOOMLOOP_[A-Z_]+/g),
      ),
    ]
    const unknown = matches(text, /\bOOMLOOP_[A-Z_]+/g).filter(name => !variables.includes(name))
    expect(unknown).toEqual([])
    const metrics = metricTable.map(({ name }) => name)
    const isOwn = (name: string) => metrics.includes(name) || /^oomloop_(process|nodejs)_/.test(name)
    expect(matches(text, /\boomloop_[a-z_]+/g).filter(name => !isOwn(name))).toEqual([])
  })

  it('quotes commands and flags that exist', () => {
    expect(quotedCommands(text).flatMap(problemsOf)).toEqual([])
  })

  it('shows settings that the schema of the settings file takes', () => {
    const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block]) => parseYaml(block!) as object)
    const known: readonly string[] = settingKeys
    const settings = blocks.filter(block => Object.keys(block).some(key => known.includes(key)))
    expect(settings.flatMap(block => whyInvalid('settings', block) ?? [])).toEqual([])
  })

  it('has links that lead somewhere', () => {
    const broken = [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target!)
      .filter(target => !/^[a-z]+:/.test(target) && !resolves(file, target))
    expect(broken).toEqual([])
  })

  it('names files of the repository that exist', () => {
    const named = matches(
      text,
      /`(?:src|docs|test|scripts|bench|fixtures|schemas|deploy|systemd|packaging)\/[\w./-]*`/g,
    )
    const missing = named.map(quoted => quoted.slice(1, -1)).filter(path => !existsSync(join(repository, path)))
    expect(missing).toEqual([])
  })
})

describe('README.zh-CN.md', () => {
  const lines = (path: string, what: RegExp): readonly string[] => read(path).match(what) ?? []

  it('has the headings of README.md, level by level', () => {
    const levels = (path: string) => lines(path, /^#+ /gm)
    expect(levels('README.zh-CN.md')).toEqual(levels('README.md'))
  })

  it('quotes the same commands in the same order', () => {
    const shell = (path: string) =>
      [...read(path).matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!.replaceAll(' --locale zh-CN', ''))
    expect(shell('README.zh-CN.md')).toEqual(shell('README.md'))
    const spans = (path: string) => matches(read(path), /`oomloop [^`]+`/g).sort()
    expect(spans('README.zh-CN.md')).toEqual(spans('README.md'))
  })

  it('links to the same pages, in Chinese where they exist', () => {
    const targets = (path: string) =>
      matches(withoutBlocks(read(path)), /\]\([^)]+\)/g)
        .filter(target => !target.includes('README'))
        .map(target => target.replace('docs/zh-CN/', 'docs/'))
        .sort()
    expect(targets('README.zh-CN.md')).toEqual(targets('README.md'))
  })
})

function headings(file: string, level: number): string[] {
  return [...read(file).matchAll(new RegExp(`^#{${level}} (.+)$`, 'gm'))].map(([, title]) => title!.trim())
}

/** What stands in code in the first column of the table below a heading. */
function firstCells(file: string, heading: string): string[] {
  const [, section = ''] = read(file).split(new RegExp(`^## ${heading}$`, 'm'))
  const [table = ''] = section.split(/^## /m)
  return [...table.matchAll(/^\| \[?`([\w-]+)`/gm)].map(([, name]) => name!)
}

function matches(text: string, pattern: RegExp): string[] {
  return text.match(pattern) ?? []
}

function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '')
}

/** Command lines in blocks (one a line, a continued one joined) and in code spans. */
function quotedCommands(text: string): string[] {
  const blocks = [...text.matchAll(/^```(?:sh|bash|console)?\n([\s\S]*?)^```$/gm)].flatMap(([, block]) =>
    block!.replaceAll('\\\n', ' ').split('\n'),
  )
  const spans = [...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!)
  return [...blocks, ...spans]
    .flatMap(line => line.replace(/\s#.*$/, '').split(/&&|\||;/))
    .map(line => line.trim().replace(/^(\$|sudo) /, ''))
    .filter(line => /^(oomloop|npm) [a-z-]/.test(line))
}

function problemsOf(line: string): string[] {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const [, script, rest = ''] = /^npm (?:run (?:-s )?)?([a-z:-]+)(?: -- (.*))?$/.exec(line) ?? []
  if (script && ['ci', 'install'].includes(script)) return []
  if (script === 'oomloop') return problemsOf(`oomloop ${rest}`)
  if (script === 'bench' && rest)
    return existsSync(join(repository, `bench/${rest.split(' ')[0]}.ts`)) || /^NAME/.test(rest) ? [] : [line]
  if (script) return script in scripts ? [] : [line]
  if (line.startsWith('npm ')) return line.startsWith('npm install') || line.startsWith('npm ci') ? [] : [line]
  const [name = '', ...args] = line.split(/\s+/).slice(1)
  if (['COMMAND', '--help', '--version', 'help'].includes(name)) return []
  const command = commands.find(each => each.name === name)
  if (!command) return [line]
  const known = [...command.flags.map(flag => flag.name), ...command.settings.map(flagOf), 'help', 'config']
  return args
    .flatMap(word => word.match(/^\[?--(?:no-)?([a-z-]+)/)?.[1] ?? [])
    .filter(flag => !known.includes(flag))
    .map(flag => `${line}: --${flag}`)
}

function resolves(file: string, target: string): boolean {
  const [path = '', anchor] = target.split('#')
  const whole = path === '' ? join(repository, file) : resolve(repository, dirname(file), path)
  if (!existsSync(whole)) return false
  if (!anchor) return true
  const slugs = [...readFileSync(whole, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title]) => slugOf(title!))
  return slugs.includes(anchor)
}

/** As GitHub makes anchors. */
function slugOf(title: string): string {
  return title
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
