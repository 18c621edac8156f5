import { chmodSync, copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { bundle } from '../scripts/build.ts'
import { engineFlags } from './engine-flags.ts'
import { type Arch, archNames, type Release } from './release.ts'
import { fetchRuntime } from './runtime.ts'
import { tool } from './tool.ts'

/** Where the executable looks for libatomic, which few machines have: beside itself, or in lib/oomloop of its prefix. */
const libraryPath = '$ORIGIN:$ORIGIN/../lib/oomloop'

/**
 * The program and its Node.js in one file. Code cache and snapshot are off: both differ from build to build, and what
 * they win is said in docs/evidence/footprint.md. Stripped first (30 MB of symbols), the library path last: either done after the
 * program was put in breaks the file.
 */
export async function buildExecutable(release: Release, arch: Arch): Promise<string> {
  const main = await buildMain(release)
  const bare = join(release.work, `node-${arch}`)
  const made = join(release.work, `oomloop-${arch}`)
  const config = join(release.work, `sea-${arch}.json`)
  copyFileSync(fetchRuntime(release, arch), bare)
  tool(release, `${archNames[arch].binutils}-strip`, [bare])
  writeFileSync(
    config,
    JSON.stringify({
      main,
      mainFormat: 'module',
      executable: bare,
      output: made,
      disableExperimentalSEAWarning: true,
      // What a command alone needs: not in the text of the program, which the engine keeps in memory.
      assets: { 'systeminformation.cjs': await buildSystemInformation(release) },
      useSnapshot: false,
      useCodeCache: false,
      execArgv: engineFlags,
      // NODE_OPTIONS in the caller's environment must not change a service that runs as root.
      execArgvExtension: 'none',
    }),
  )
  // The Node.js that builds must be the one that is built in.
  tool(release, fetchRuntime(release, process.arch as Arch), ['--build-sea', config])
  // DT_RPATH, not DT_RUNPATH: it holds for libraries of libraries too, which matters with a C library of our own.
  tool(release, 'patchelf', ['--force-rpath', '--set-rpath', libraryPath, made])
  chmodSync(made, 0o755)
  return made
}

/** One file, lazy commands inside it: nothing of a command runs before it is asked for. */
async function buildMain(release: Release): Promise<string> {
  const main = join(release.work, 'oomloop-main.mjs')
  const { entryPoints: _, outdir: __, outExtension: ___, chunkNames: ____, ...options } = bundle
  await build({
    ...options,
    entryPoints: ['src/main.ts'],
    outfile: main,
    splitting: false,
    minifySyntax: true,
    minifyWhitespace: true,
    external: ['systeminformation'],
  })
  return main
}

/** The library that doctor and record ask about the machine, as one file. */
async function buildSystemInformation(release: Release): Promise<string> {
  const outfile = join(release.work, 'systeminformation.cjs')
  await build({
    absWorkingDir: bundle.absWorkingDir!,
    stdin: { contents: "module.exports = require('systeminformation')", resolveDir: bundle.absWorkingDir! },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    minify: true,
    logLevel: 'warning',
  })
  return outfile
}

/** The real file of a shared library in an unpacked tree. */
export function findLibrary(tree: string, name: string): string {
  for (const dir of readdirSync(tree, { recursive: true, encoding: 'utf8' }))
    if (dir.endsWith(`/${name}`) && existsSync(join(tree, dir))) return join(tree, dir)
  throw new Error(`no ${name} in ${tree}`)
}
