/** Makes dist/: the program as JavaScript, because stripping types at each start costs 18 MiB of resident memory. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type BuildOptions, build, type OutputFile, type Plugin } from 'esbuild'

const root = resolve(import.meta.dirname, '..')

const { engines } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { engines: { node: string } }
const leastVersion = Number(/\d+/.exec(engines.node)![0])

/** Written in syntax that an old Node.js understands. */
const versionCheck = `if (parseInt(process.versions.node) < ${leastVersion}) {\
process.stderr.write('oomloop: Node.js ${leastVersion} or newer is required, but this is ' + process.version + '\\n');\
process.exit(3)}`

/**
 * Writes everything beyond ASCII as an escape, also in patterns and templates, where esbuild leaves it: one `月` in a file,
 * and the engine keeps the whole text of that file with two bytes a character (2 MiB more in the executable). In a pattern
 * the escape means the same; `String.raw` may hold such a character as the text of a pattern only (test/build.test.ts).
 */
const asciiOnly: Plugin = {
  name: 'ascii-only',
  setup: ({ initialOptions, onEnd }) => {
    initialOptions.write = false
    onEnd(({ outputFiles = [] }) => {
      for (const file of outputFiles) writeAscii(file)
    })
  },
}

function writeAscii({ path, text }: OutputFile): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(
    path,
    text.replace(/[^\x00-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

export const bundle: BuildOptions = {
  absWorkingDir: root,
  entryPoints: { oomloop: 'src/main.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  // Each command in a file of its own: the resident agent compiles no line of a report.
  splitting: true,
  chunkNames: '[name]-[hash]',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  legalComments: 'none',
  // The engine keeps the text of what it runs. Names stay, and lines are short: a stack trace is still read by people.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 160,
  // CommonJS modules call `require`. The check of the version has to run before the first line of the program.
  banner: {
    js: `import { createRequire as makeRequire } from 'node:module';const require = makeRequire(import.meta.url);${versionCheck}`,
  },
  plugins: [asciiOnly],
  logLevel: 'warning',
}

if (import.meta.main) {
  rmSync(resolve(root, 'dist'), { recursive: true, force: true })
  await build(bundle)
}
