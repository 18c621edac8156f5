import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  cycles,
  folderImports,
  imports as importsOfSources,
  layerOf,
  layers,
  upwardImports,
} from '../scripts/import-graph.ts'

const root = resolve(import.meta.dirname, '..')

/** Folders whose code is pure: time and everything else of the world is an argument. */
const pureFolders = ['parse', 'identify', 'detect', 'hold', 'diagnose', 'alert'] as const
/** A pure folder may use these of Node and npm: they neither read a clock nor touch the world. */
const pureModules = new Set(['node:crypto', 'yaml'])
/** Members of Node's own `process`; a process of the host is a word of the domain. */
const forbiddenCalls =
  /\b(Date\.now\(|new Date\(\)|Math\.random\(|setTimeout\(|setInterval\(|process\.(?:env|argv|exit|cwd|hrtime|uptime|memoryUsage|cpuUsage|resourceUsage|on|once|emit|kill|nextTick|std(?:in|out|err)|platform|versions?|getuid)\b|performance\.|fetch\()/

const exported = /^export (?:async )?(?:const|function|class|interface|type) (\w+)/gm
/** The generator of the published schemas makes a definition of each type that these export. */
const ofSchemas = /^src\/(?:types\/|recording\/formats\.ts)/

const imports = (text: string): string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*'([^'\\]+)'/g)].map(match => match[1]!)

describe('architecture', () => {
  it('imports between folders point upward in the list of layers, and make no circle', () => {
    const all = importsOfSources()
    expect(upwardImports(all)).toEqual([])
    expect(cycles(folderImports(all))).toEqual([])
    expect(cycles(all)).toEqual([])
  })

  it('every folder of src stands in the list of layers, and every layer exists', () => {
    const folders = new Set(importsOfSources().map(({ from }) => layerOf(from)))
    expect([...folders].filter(folder => !layers.includes(folder))).toEqual([])
    expect(layers.filter(layer => !folders.has(layer))).toEqual([])
  })

  // An import by name reads each export, and exports of these load parts of Node.js that nothing here uses (process.getBuiltinModule).
  it('nothing imports node:http, node:util or node:tls by name: each agent would pay for it at start', () => {
    const costly = /^import (?!type ).* from 'node:(?:http|https|util|tls)'$/m
    expect(globSync('src/**/*.ts', { cwd: root }).filter(file => costly.test(read(file)))).toEqual([])
  })

  it('a folder holds at most 20 files', () => {
    const sizes = Object.entries(Object.groupBy(globSync('src/**/*.ts', { cwd: root }), file => dirname(file)))
    expect(sizes.filter(([, files]) => files!.length > 20).map(([folder]) => folder)).toEqual([])
  })

  it('every export of src is imported by another file', () => {
    const importers = new Map<string, string[]>()
    for (const file of globSync('{src,test,bench,scripts,packaging}/**/*.ts', { cwd: root })) {
      const text = read(file)
      const paths = imports(text).filter(path => path.startsWith('.'))
      for (const path of new Set(paths.map(path => join(dirname(file), path)))) {
        const known = importers.get(path)
        if (known) known.push(text)
        else importers.set(path, [text])
      }
    }
    const sources = globSync('src/**/*.ts', { cwd: root }).filter(file => !ofSchemas.test(file))
    const unused = sources.flatMap(file =>
      [...read(file).matchAll(exported)]
        .map(match => match[1]!)
        .filter(name => !importers.get(file)?.some(text => new RegExp(`\\b${name}\\b`).test(text)))
        .map(name => `${file}: ${name}`),
    )
    expect(unused).toEqual([])
  })

  it.each(pureFolders)('%s uses nothing of Node.js and npm that reads a clock or touches the world', folder => {
    const wrong = files(folder).flatMap(file =>
      imports(read(file))
        .filter(name => !name.startsWith('.') && !pureModules.has(name))
        .map(name => `${file} → ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it.each(pureFolders)('%s reads no clock, no random number and nothing of the world', folder => {
    const wrong = files(folder).flatMap(file =>
      read(file)
        .split('\n')
        .flatMap((line, index) => (forbiddenCalls.test(code(line)) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
    )
    expect(wrong).toEqual([])
  })

  it('nothing in the program starts a child process or ends another one', () => {
    const wrong = globSync('src/**/*.ts', { cwd: root }).filter(file => {
      const text = read(file)
      const kills = [...text.matchAll(/process\.kill\(([^)]*)/g)].filter(match => !match[1]!.startsWith('process.pid'))
      return imports(text).some(name => /child_process|cluster|worker_threads/.test(name)) || kills.length > 0
    })
    expect(wrong).toEqual([])
  })

  it('no file of another process is read but the five harmless ones, outside the facts asked once at start', () => {
    const risky = /\/(cmdline|environ|maps|smaps|smaps_rollup|mem|pagemap)\b/
    const wrong = globSync('src/{input,identify,detect,recording}/**/*.ts', { cwd: root }).flatMap(file =>
      read(file)
        .split('\n')
        .filter(line => /proc/.test(line) && risky.test(code(line)))
        .map(line => `${file}: ${line.trim()}`),
    )
    expect(wrong).toEqual([])
  })
})

function files(folder: string): string[] {
  return globSync(`src/${folder}/**/*.ts`, { cwd: root })
}

function read(file: string): string {
  return readFileSync(resolve(root, file), 'utf8')
}

/** The line without its comment. */
function code(line: string): string {
  return line.replace(/^\s*(\/\*\*|\*).*$/, '').replace(/\s\/\/.*$/, '')
}
