/**
 * Regenerates the made parts of docs/: `node scripts/docs.ts`. What stands between `<!-- made: NAME -->` and
 * `<!-- end -->` comes from the tables that the program itself runs by; the rest is written by hand. A test holds the two
 * together (test/docs.test.ts).
 */
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { metricTable } from '../src/agent/metrics.ts'
import type { Flag } from '../src/cli/command.ts'
import { commands } from '../src/cli/commands.ts'
import { flagHelp, helpOf } from '../src/cli/flags.ts'
import {
  choicesOf,
  environmentOf,
  hasFlag,
  type Setting,
  type SettingKey,
  settingKeys,
  settingsTable,
  writtenFlagOf,
} from '../src/settings/table.ts'
import { type WebhookKeyRow, webhookKeys, webhookTable } from '../src/settings/webhook-table.ts'
import { messagesOf } from '../src/text/messages/catalogues.ts'
import { chartReadme, chartReadmePath } from './chart-readme.ts'
import { type AlertSchema, alertFields, alertMeanings } from './docs-alert-fields.ts'

const texts = messagesOf('en')
const chinese = messagesOf('zh-CN')
const repository = resolve(import.meta.dirname, '..')
export const docsFolder = join(repository, 'docs')

/** The example in docs/alerts.md: the first alert about a loop in this capture of a real kubelet's node. */
const exampleCapture = join(repository, 'fixtures/captures/filebeat-loop-kubepods-limit-100iops/capture.jsonl.gz')

/** `undefined` leaves a part as it is. */
const blocks: Readonly<Record<string, () => string | undefined>> = {
  settings: settingsTableText,
  'webhook-keys': () =>
    table(
      ['key', 'what it does'],
      webhookKeys.map(key => [
        code(key),
        `${texts.settings.webhookHelp[key]}${choiceText(choicesOfKey(key), '; one of ', ', ')}`,
      ]),
    ),
  'settings-zh-CN': () =>
    table(
      ['设置', '默认值', '作用'],
      settingKeys.map(key => [
        code(key),
        defaultOf(key),
        `${helpOf(key, chinese)}${choiceText(choicesOf(settingsTable[key]), '；可选 ', '、')}`,
      ]),
    ),
  'webhook-keys-zh-CN': () =>
    table(
      ['键', '作用'],
      webhookKeys.map(key => [
        code(key),
        `${chinese.settings.webhookHelp[key]}${choiceText(choicesOfKey(key), '；可选 ', '、')}`,
      ]),
    ),
  commands: commandsText,
  'alert-fields': alertFieldsText,
  'alert-example': exampleAlert,
  'leadtime-summary': leadtimeSummary,
  metrics: () =>
    table(
      ['metric', 'labels', 'what it is'],
      metricTable.map(({ name, labels, help }) => [code(name), (labels ?? []).map(code).join(', '), help]),
    ),
}

/** Every document that has made parts, as it should be. */
export function makeDocs(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    globSync('**/*.md', { cwd: docsFolder })
      .sort()
      .map(name => [name, readFileSync(join(docsFolder, name), 'utf8')] as const)
      .filter(([, text]) => text.includes('<!-- made: '))
      .map(([name, text]) => [name, fill(text)]),
  )
}

function fill(text: string): string {
  return text.replace(/<!-- made: (\S+) -->\n[\s\S]*?<!-- end -->/g, (whole, name: string) => {
    const make = blocks[name]
    if (!make) throw new Error(`there is no made part ${name}; there are ${Object.keys(blocks).join(', ')}`)
    const made = make()
    return made === undefined ? whole : `<!-- made: ${name} -->\n${made}\n<!-- end -->`
  })
}

function choiceText(choices: readonly string[] | undefined, lead: string, separator: string): string {
  return choices ? `${lead}${choices.map(code).join(separator)}` : ''
}

function choicesOfKey(key: (typeof webhookKeys)[number]): readonly string[] | undefined {
  const { choices }: WebhookKeyRow = webhookTable[key]
  return choices
}

function defaultOf(key: SettingKey): string {
  const row: Setting = settingsTable[key]
  return row.default === null ? '–' : code(String(row.default))
}

function settingsTableText(): string {
  return table(
    ['setting', 'default', 'flag', 'environment', 'what it does'],
    settingKeys.map(key => {
      const row: Setting = settingsTable[key]
      const range = row.min === undefined ? '' : `; from ${row.min} to ${row.max}`
      return [
        code(key),
        defaultOf(key),
        hasFlag(key) ? code(settingFlag(key)) : 'file only',
        hasFlag(key) ? code(environmentOf(key)) : '–',
        `${helpOf(key)}${choicesOf(row) ? `; one of ${choicesOf(row)!.map(code).join(', ')}` : ''}${range}`,
      ]
    }),
  )
}

/** As a person writes it: a switch that is on by default is only ever turned off. */
function settingFlag(key: SettingKey): string {
  const row: Setting = settingsTable[key]
  return `--${writtenFlagOf(key)}${row.kind === 'boolean' ? '' : ` ${row.kind.toUpperCase()}`}`
}

function commandsText(): string {
  return commands
    .map(({ name, flags, settings }) => {
      const { usage, summary, help } = texts.cli.commands[name]
      const taken = settings.filter(hasFlag)
      return [
        `## ${name}`,
        `    oomloop ${name} ${usage}`,
        `${sentence(summary)} ${help}`,
        ...(flags.length > 0 ? [table(['flag', 'what it does'], flags.map(flagRow))] : []),
        ...(taken.length > 0
          ? [`Settings: ${taken.map(key => code(settingFlag(key).split(' ')[0]!)).join(', ')}.`]
          : []),
      ].join('\n\n')
    })
    .join('\n\n')
}

function flagRow(flag: Flag): readonly string[] {
  return [code(`--${flag.name}${flag.value ? ` ${flag.value}` : ''}`), flagHelp(flag)]
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}${text.endsWith('?') ? '' : '.'}`
}

function alertFieldsText(): string {
  const schema = JSON.parse(readFileSync(join(repository, 'schemas/alert.schema.json'), 'utf8')) as AlertSchema
  return table(
    ['field', 'holds', 'what it is'],
    alertFields(schema).map(({ path, type }) => [code(path), type, alertMeanings[path] ?? '']),
  )
}

/** Made by the program itself; undefined where its capture is not at hand. */
function exampleAlert(): string | undefined {
  const main = join(repository, 'src/main.ts')
  const { stdout } = spawnSync(process.execPath, [main, 'replay', '--alerts', exampleCapture], { encoding: 'utf8' })
  const alerts = stdout
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as { readonly type: string })
  const example = alerts.find(({ type }) => type === 'respawn-loop')
  return `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``
}

/** The rows of the back-test that others' rules are compared by, as `bench -- leadtime` last wrote them. */
function leadtimeSummary(): string {
  const [, summary = ''] = readFileSync(join(docsFolder, 'evidence/leadtime.md'), 'utf8').split('### Summary\n')
  const rows = summary
    .split('\n\n')[0]!
    .split('\n')
    .filter(line => line.startsWith('| '))
    .map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(text => text.trim()),
    )
  const wanted = /^(what|oomloop|MemAvailable below (10 %|100 MiB)$|PSI memory full|third node-level kill)/
  // Without the column about the clean ones: it takes a page to say what that is.
  const [head, ...found] = rows
    .filter(([what]) => wanted.test(what!))
    .map(row => row.filter((_, column) => column !== 4))
  if (!head || found.length < 6)
    throw new Error('docs/evidence/leadtime.md has no summary that docs/evidence/comparison.md could show')
  return table(head, found)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.map(cell).join(' | ')} |`).join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function code(text: string): string {
  return `\`${text}\``
}

if (import.meta.main) {
  const docs = makeDocs()
  for (const [name, text] of Object.entries(docs)) writeFileSync(join(docsFolder, name), text)
  writeFileSync(chartReadmePath, chartReadme())
  console.log(`made parts of ${Object.keys(docs).join(', ')} written`)
}
