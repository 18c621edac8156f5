import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Arch, archNames, type Release } from './release.ts'
import { tool } from './tool.ts'

/** One package of Debian that goes into a release. */
export interface DebianPackage {
  readonly name: string
  readonly version: string
  readonly sha256: string
  /** Its files, unpacked. */
  readonly tree: string
}

/** Fetches packages of Debian for an architecture with a package state of their own: the machine's stays as it is. */
export function fetchDebian(release: Release, arch: Arch, names: readonly string[]): readonly DebianPackage[] {
  const { debian } = archNames[arch]
  const home = join(release.cache, `debian-${debian}`)
  mkdirSync(home, { recursive: true })
  const missing = names.filter(name => !findArchive(home, name))
  if (missing.length > 0) download(release, { home, debian, names: missing })
  return names.map(name => unpack(release, home, findArchive(home, name)!))
}

function findArchive(home: string, name: string): string | undefined {
  const file = readdirSync(home).find(entry => entry.startsWith(`${name}_`) && entry.endsWith('.deb'))
  return file && join(home, file)
}

function download(
  release: Release,
  { home, debian, names }: { home: string; debian: string; names: readonly string[] },
): void {
  for (const dir of ['state/lists/partial', 'cache/archives/partial', 'sources'])
    mkdirSync(join(home, dir), { recursive: true })
  writeFileSync(join(home, 'state/status'), '')
  // Debian's own sources only: others of this machine may not have the architecture.
  for (const file of ['/etc/apt/sources.list', '/etc/apt/sources.list.d/debian.sources'])
    if (existsSync(file)) cpSync(file, join(home, 'sources', basename(file)))
  const options = [
    `Dir::State=${home}/state`,
    `Dir::State::status=${home}/state/status`,
    `Dir::Cache=${home}/cache`,
    'Dir::Etc::sourcelist=/dev/null',
    `Dir::Etc::sourceparts=${home}/sources`,
    `APT::Architecture=${debian}`,
    `APT::Architectures=${debian}`,
    'Acquire::Languages=none',
    'APT::Sandbox::User=root',
  ].flatMap(option => ['-o', option])
  tool(release, 'apt-get', [...options, '-qq', 'update'], { cwd: home })
  tool(release, 'apt-get', [...options, '-qq', 'download', ...names], { cwd: home })
}

function unpack(release: Release, home: string, archive: string): DebianPackage {
  const tree = join(home, `${basename(archive, '.deb')}.tree`)
  if (!existsSync(tree)) tool(release, 'dpkg-deb', ['-x', archive, tree])
  const field = (name: string): string => tool(release, 'dpkg-deb', ['-f', archive, name]).trim()
  return {
    name: field('Package'),
    version: field('Version'),
    sha256: createHash('sha256').update(readFileSync(archive)).digest('hex'),
    tree,
  }
}
