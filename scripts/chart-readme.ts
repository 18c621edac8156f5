import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse } from 'yaml'

const chart = resolve(import.meta.dirname, '../deploy/helm/oomloop')

export const chartReadmePath = `${chart}/README.md`

/** The README of the chart: its values with the comments (`# --`) that stand above them in values.yaml. */
export function chartReadme(): string {
  const { name, version, description } = parse(readFileSync(`${chart}/Chart.yaml`, 'utf8'))
  const rows = valuesOf(readFileSync(`${chart}/values.yaml`, 'utf8')).map(
    ({ key, help, value }) => `| \`${key}\` | ${help} | \`${value}\` |`,
  )
  return `# ${name}

${description}. Chart ${version}.

\`\`\`sh
helm install oomloop deploy/helm/oomloop --namespace oomloop --create-namespace \\
  --set image.repository=REGISTRY/oomloop
\`\`\`

A namespace with Pod Security admission needs the label \`pod-security.kubernetes.io/enforce=privileged\`:
hostPID and hostPath need it. docs/installing.md describes the sources and the privileges that each needs.

<!-- Generated from values.yaml by npm run generate. -->

| value | what it does | default |
| --- | --- | --- |
${rows.join('\n')}
`
}

interface Value {
  readonly key: string
  readonly help: string
  readonly value: string
}

/** Every documented key of values.yaml with its comment and its default as JSON. */
function valuesOf(text: string): readonly Value[] {
  const values: Value[] = []
  const path: string[] = []
  let help = ''
  const defaults = parse(text)
  for (const line of text.split('\n')) {
    const comment = /^ *# -- (.*)/.exec(line)
    if (comment) help = comment[1]!
    const key = /^( *)([A-Za-z]\w*):/.exec(line)
    if (!key) continue
    path.length = key[1]!.length / 2
    path.push(key[2]!)
    if (!help) continue
    const value = path.reduce((at, name) => at?.[name], defaults)
    values.push({ key: path.join('.'), help: help.replaceAll('|', '\\|'), value: JSON.stringify(value) })
    help = ''
  }
  return values
}
