/** Makes dist/: the program as emitted JavaScript, since stripping types at every start costs 18 MiB resident. */
import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { type BuildOptions, build } from 'esbuild'

const root = resolve(import.meta.dirname, '..')

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
  // What was CommonJS asks for `require`.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module';const require = makeRequire(import.meta.url);",
  },
  logLevel: 'warning',
}

if (import.meta.main) {
  rmSync(resolve(root, 'dist'), { recursive: true, force: true })
  await build(bundle)
}
