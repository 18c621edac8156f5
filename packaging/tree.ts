import { chmodSync, copyFileSync, existsSync, globSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where the manual and the shells' completions go; zsh's place is not the same on Debian and on Fedora. */
export function cliDocs(zshDir: string): Readonly<Record<string, string>> {
  return {
    'oomloop.1': 'usr/share/man/man1/oomloop.1',
    'oomloop.bash': 'usr/share/bash-completion/completions/oomloop',
    'oomloop.fish': 'usr/share/fish/vendor_completions.d/oomloop.fish',
    _oomloop: `${zshDir}/_oomloop`,
  }
}

/** Lays a release folder out as packages of a distribution have it, and returns its size in KiB. */
export function layTree(folder: string, tree: string, dirs: { readonly unit: string; readonly zsh: string }): number {
  const put = (name: string, path: string, mode = 0o644): void => {
    const to = join(tree, path)
    mkdirSync(dirname(to), { recursive: true })
    copyFileSync(join(folder, name), to)
    chmodSync(to, mode)
  }
  put('oomloop', 'usr/bin/oomloop', 0o755)
  put('libatomic.so.1', 'usr/lib/oomloop/libatomic.so.1')
  put('oomloop.service', `${dirs.unit}/oomloop.service`)
  put('oomloop-hold.service', `${dirs.unit}/oomloop-hold.service`)
  put('oomloop.yaml', 'etc/oomloop/oomloop.yaml', 0o640)
  put('LICENSE', 'usr/share/doc/oomloop/copyright')
  put('sbom.cdx.json', 'usr/share/doc/oomloop/sbom.cdx.json')
  for (const name of docsIn(folder)) put(name, `usr/share/doc/oomloop/${name}`)
  for (const [name, path] of Object.entries(cliDocs(dirs.zsh))) if (existsSync(join(folder, name))) put(name, path)
  return sizeKiB(tree)
}

/** README, CHANGELOG and docs/, as makeFolder has put them into a release folder. */
function docsIn(folder: string): readonly string[] {
  return globSync(['*.md', 'docs/**/*.md'], { cwd: folder }).sort()
}

/** Not `du`: blocks taken differ from one file system to the next, and so would the package. */
function sizeKiB(tree: string): number {
  return readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .reduce((sum, entry) => sum + Math.ceil(statSync(join(entry.parentPath, entry.name)).size / 1024), 0)
}
