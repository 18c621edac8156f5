import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

/**
 * The folders of `src/`, from the ground up. A folder imports itself and folders above it in this list, nothing below.
 * `.` are the files that stand in `src/` itself.
 */
export const layers: readonly string[] = [
  'verdicts',
  'text/messages',
  'tables',
  'types',
  '.',
  'text',
  'parse/proc',
  'parse/cgroup',
  'parse/kubernetes',
  'parse/killers',
  'parse/log-line',
  'parse/log-line/pasted',
  'parse/oom',
  'settings',
  'identify',
  'detect/memory',
  'detect/leak',
  'detect/respawn',
  'detect',
  'diagnose/platform',
  'hold',
  'diagnose/evidence',
  'diagnose/commands',
  'diagnose/causes',
  'diagnose/advice',
  'diagnose/summary',
  'diagnose',
  'alert',
  'pipeline',
  'doctor',
  'platform',
  'input/live',
  'input/sampler',
  'recording',
  'input/playback/unpack',
  'input/playback/log',
  'input/playback',
  'deliver/http',
  'deliver/policy',
  'deliver/outbox',
  'deliver/kubernetes',
  'deliver/format',
  'deliver/test',
  'deliver',
  'hold-service',
  'agent',
  'agent/hold',
  'view/incident',
  'view/page',
  'view/terminal',
  'view/terminal/watch',
  'cli/record',
  'cli/run',
  'cli/watch',
  'cli',
  'main',
]

/** Files of `src/` itself that do not belong to the layer `.`, with the layer that they stand in. */
const placed: Readonly<Record<string, string>> = {
  'types.ts': 'types',
  'pipeline.ts': 'pipeline',
  'main.ts': 'main',
  // Tables that types follow from.
  'settings/table.ts': 'tables',
  'deliver/format/formats.ts': 'tables',
}

/** Tables of things that are loaded when they are asked for: `await import(…)` in them is no arrow. */
const lazy = new Set(['deliver/format/formats.ts'])

/** The layer of a file: its folder, or where `placed` puts it. The sections of a catalogue are one layer with it. */
export function layerOf(file: string): string {
  if (file.startsWith('text/messages/')) return 'text/messages'
  return placed[file] ?? dirname(file)
}

export interface Import {
  readonly from: string
  readonly to: string
}

/** Every import of one file of `src/` by another, types included; paths are relative to `src/`. */
export function imports(): readonly Import[] {
  return globSync('src/**/*.ts', { cwd: root }).flatMap(path => {
    const from = path.replace(/^src\//, '')
    const text = readFileSync(join(root, path), 'utf8')
    const pattern = lazy.has(from) ? /\bfrom\s*'(\.[^']+)'/g : /(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g
    return [...text.matchAll(pattern)].map(match => ({
      from,
      to: normalize(join(dirname(from), match[1]!)),
    }))
  })
}

/** Imports that point upward: to a folder further down in `layers`. */
export function upwardImports(all: readonly Import[]): readonly string[] {
  const rank = (file: string): number => layers.indexOf(layerOf(file))
  return all.filter(({ from, to }) => rank(to) > rank(from)).map(({ from, to }) => `${from} → ${to}`)
}

/** Groups of files that import each other in a circle. */
export function cycles(edges: readonly Import[]): readonly string[] {
  const next = Map.groupBy(edges, ({ from }) => from)
  const state = new Map<string, 'open' | 'done'>()
  const found: string[] = []
  const visit = (node: string, path: readonly string[]): void => {
    if (state.get(node) === 'done') return
    if (state.get(node) === 'open') {
      found.push([...path.slice(path.indexOf(node)), node].join(' → '))
      return
    }
    state.set(node, 'open')
    for (const { to } of next.get(node) ?? []) if (to !== node) visit(to, [...path, node])
    state.set(node, 'done')
  }
  for (const node of next.keys()) visit(node, [])
  return found
}

/** The same imports, between folders. */
export function folderImports(all: readonly Import[]): readonly Import[] {
  return all.map(({ from, to }) => ({ from: layerOf(from), to: layerOf(to) })).filter(({ from, to }) => from !== to)
}

if (import.meta.main) {
  const all = imports()
  const edges = folderImports(all)
  for (const layer of layers) {
    const to = [...new Set(edges.filter(({ from }) => from === layer).map(edge => edge.to))].sort()
    const files = new Set(all.flatMap(({ from, to }) => [from, to]).filter(file => layerOf(file) === layer)).size
    console.log(`${layer} (${files} files) → ${to.join(', ') || 'nothing'}`)
  }
  const wrong = [...upwardImports(all), ...cycles(edges), ...cycles(all)]
  for (const line of wrong) console.log(`wrong: ${line}`)
  process.exitCode = wrong.length > 0 ? 1 : 0
}
