import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { settingKeys } from '../src/settings/table.ts'

const repository = resolve(import.meta.dirname, '..')

/** The pages that a new user reads, in their order. */
export const pages = [
  'README.md',
  'docs/getting-started.md',
  'docs/settings.md',
  'docs/messages.md',
  'docs/operating.md',
  'docs/installing.md',
  'docs/kubernetes.md',
  'docs/hold.md',
  'docs/recipes.md',
]

export interface Rule {
  readonly command: RegExp
  /** Why it is not run as it stands, and what is run instead; null: it is not run here. */
  readonly standIn?: string
  readonly instead?: ((command: string) => string) | null
  /** It goes on: until the page's end, or until the next that does. */
  readonly isService?: boolean
  readonly exit?: number
  /** What the page says that it prints. */
  readonly prints?: RegExp
}

const incident = 'fixtures/incident/messages.log'

/** The first rule that matches holds. */
const rules: readonly Rule[] = [
  { command: /^npm ci$/, standIn: 'packages are installed', instead: null },
  {
    command: /^npm ci( && npm start)?$/,
    standIn: 'packages are installed',
    instead: line => line.replace(/npm ci( && )?/, '') || 'true',
    isService: true,
    prints: /"msg":"watching"/,
  },
  { command: /^npm start -- --config/, isService: true, prints: /"msg":"watching"/ },
  { command: /^npm start/, isService: true, prints: /"msg":"watching"/ },
  {
    command: /replay \/var\/log\//,
    standIn: `the log of an incident: ${incident}`,
    instead: line => line.replace(/\/var\/log\/\S+/, incident),
    exit: 1,
    prints: /OOM/,
  },
  { command: /replay fixtures/, exit: 1, prints: /OOM/ },
  { command: /replay state\/recordings/, prints: /OOM kill|No OOM/i, exit: -1 },
  { command: /report state\/recordings/, prints: /wrote incident\.html/, exit: -1 },
  { command: /oomloop -- doctor/, prints: /MACHINE/, exit: -1 },
  { command: /config check/, prints: /settings are valid[\s\S]*format slack/ },
  { command: /notify --test --config/, prints: /result +accepted[\s\S]*result +accepted/ },
  { command: /oomloop -- status/, prints: /last heartbeat/, exit: -1 },
  { command: /oomloop -- watch/, standIn: 'a view until q: its screen needs a terminal', instead: null },
  { command: /^printf|^node -e/, isService: false },
  { command: /\/sys\/fs\/cgroup/, exit: -1 },
  {
    command: /^kubectl apply -k (\S+)/,
    standIn: 'no cluster: the folder exists',
    instead: line => `test -f ${line.split(' ').at(-1)}/kustomization.yaml`,
  },
  {
    command: /^helm install/,
    standIn: 'no cluster: the chart exists',
    instead: () => 'test -f deploy/helm/oomloop/Chart.yaml',
  },
  { command: /^(kubectl|skopeo)/, standIn: 'no cluster and no registry', instead: null },
  {
    command: /install\.sh/,
    standIn: 'with --dry-run; test/install walks the rest in a fresh system',
    instead: line => `${line.replace('sudo ', '').replace(' --dry-run', '')} --dry-run`,
    prints: /would|not installed|building/,
  },
  {
    command: /^oomloop report \/var\/lib/,
    standIn: 'the recording of getting-started.md',
    instead: line => line.replace('/var/lib/oomloop/', 'state/'),
    prints: /wrote incident\.html/,
    exit: -1,
  },
  {
    command: /^oomloop (notify|status|watch|doctor)/,
    standIn: 'walked in getting-started.md, against what runs there',
    instead: null,
  },
  { command: /^oomloop hold/, standIn: 'test/hold does, where there is cgroup v2', instead: null },
  { command: /^(df|grep) / },
  { command: /^slabtop/, standIn: 'procps may be missing', instead: null },
  { command: /^systemctl/, standIn: 'no systemd; test/vm/service.test.ts has one', instead: null },
  { command: /^docker/, standIn: 'no Docker engine; test/package/image.test.ts runs the image', instead: null },
  { command: /^npm run package/, standIn: 'builds for minutes; test/package does', instead: null },
]

export interface Block {
  readonly page: string
  readonly kind: string
  readonly text: string
}

/** The blocks of a page, those within a list too; each command of oomloop in a table is a block of its own. */
export function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(repository, page), 'utf8')
  return [...text.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$|^\|.*\| `(oomloop [^`]+)` \|$/gm)].map(
    ([, indent, kind, block, command]) =>
      command === undefined
        ? { page, kind: kind!, text: block!.replaceAll(new RegExp(`^${indent}`, 'gm'), '') }
        : { page, kind: 'sh', text: `${command}\n` },
  )
}

/** The commands of a block of shell text. A script that makes a loop is one. */
export function commandsOf({ text }: Block): readonly string[] {
  if (text.includes('/sys/fs/cgroup/')) return [text]
  const lines = text.replaceAll('\\\n', ' ').split('\n')
  return lines.map(line => line.replace(/\s+#.*$/, '').trim()).filter(line => line !== '' && !line.startsWith('#'))
}

export function ruleFor(command: string): Rule | undefined {
  return rules.find(rule => rule.command.test(command))
}

/** Does a block of YAML hold settings of oomloop? Others are of Kubernetes or Prometheus. */
export function isSettings({ kind, text }: Block): boolean {
  if (kind !== 'yaml') return false
  const known: readonly string[] = settingKeys
  return Object.keys((parseYaml(text) ?? {}) as object).some(key => known.includes(key))
}

/** Files that settings name, with content that stands in for the secret: a URL, a template, a key. */
export function filesNamedIn({ text }: Block): ReadonlyMap<string, string> {
  const named = text.matchAll(/(\w+(?:File|-\w+)?|template): *'?(?:file:)?([\w./-]+)'?/g)
  const files = [...named].flatMap(([, key, file]): (readonly [string, string])[] => {
    if (key === 'urlFile') return [[file!, 'https://receiver.example.com/hook']]
    if (key === 'template' && file!.endsWith('.hbs')) return [[file!, '{"text": "{{summary}}"}']]
    return key!.endsWith('File') ? [[file!, '0123456789abcdef0123456789abcdef']] : []
  })
  const headers = [...text.matchAll(/'file:([\w./-]+)'/g)].map(([, file]) => [file!, 'Bearer 0123'] as const)
  return new Map([...files, ...headers])
}
