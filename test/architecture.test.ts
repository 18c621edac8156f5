import { globSync, readFileSync } from 'node:fs'
import { dirname, normalize, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** Pure rooms, left to right: a room may import those before it and the vocabulary, nothing else. */
const pureRooms = ['parse', 'identify', 'detect', 'diagnose', 'alert'] as const
/** A pure room may use these of Node and npm: they neither read a clock nor touch the world. */
const pureModules = new Set(['node:crypto', 'yaml'])
/** Members of Node's own `process`; a process of the host is a word of the domain. */
const forbiddenCalls =
  /\b(Date\.now\(|new Date\(\)|Math\.random\(|setTimeout\(|setInterval\(|process\.(?:env|argv|exit|cwd|hrtime|uptime|memoryUsage|cpuUsage|resourceUsage|on|once|emit|kill|nextTick|std(?:in|out|err)|platform|versions?|getuid)\b|performance\.|fetch\()/

const imports = (text: string): string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(match => match[1]!)

describe('architecture', () => {
  it.each(pureRooms)('%s imports pure rooms to its left and the vocabulary, nothing else', room => {
    const allowed = [
      'types.ts',
      'say.ts',
      'steady-clock.ts',
      'settings/core-settings.ts',
      ...pureRooms.slice(0, pureRooms.indexOf(room) + 1).map(name => `${name}/`),
    ]
    const wrong = files(room).flatMap(file =>
      imports(read(file))
        .map(name => (name.startsWith('.') ? normalize(`${dirname(file)}/${name}`).replace(/^src\//, '') : name))
        .filter(name => !pureModules.has(name) && !allowed.some(place => name === place || name.startsWith(place)))
        .map(name => `${file} → ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it.each(pureRooms)('%s knows no clock, no chance and no world', room => {
    const wrong = files(room).flatMap(file =>
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
    const wrong = globSync('src/{source,identify,detect,record}/**/*.ts', { cwd: root }).flatMap(file =>
      read(file)
        .split('\n')
        .filter(line => /proc/.test(line) && risky.test(code(line)))
        .map(line => `${file}: ${line.trim()}`),
    )
    expect(wrong).toEqual([])
  })
})

function files(room: string): string[] {
  return globSync(`src/${room}/**/*.ts`, { cwd: root })
}

function read(file: string): string {
  return readFileSync(resolve(root, file), 'utf8')
}

/** The line without its comment. */
function code(line: string): string {
  return line.replace(/^\s*(\/\*\*|\*).*$/, '').replace(/\s\/\/.*$/, '')
}
