import { chmodSync, copyFileSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type DebianPackage, fetchDebian } from './debian.ts'
import { interpreterIn } from './elf-interpreter.ts'
import { findLibrary } from './executable.ts'
import type { Arch, Release } from './release.ts'

/** The folder within a release folder. Never beside the executable: a loader and a C library of two versions do not match. */
export const ownCLibrary = 'c-library'

/** The loader's name there. Short, so that its path fits where the executable names the loader of the machine. */
export const ownLoader = 'ld'

const loaders = { x64: 'ld-linux-x86-64.so.2', arm64: 'ld-linux-aarch64.so.1' } as const

/** What the executable links to, and what modules for looking up names link to. */
const libraries = [
  ['libc6', ['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'librt.so.1', 'libresolv.so.2']],
  ['libstdc++6', ['libstdc++.so.6']],
  ['libgcc-s1', ['libgcc_s.so.1']],
] as const

/**
 * Lays the C library for machines whose own is older than glibc 2.28 (RHEL 7 and CentOS 7 have 2.17), or is another:
 * Debian's packages, which ask for Linux 3.2. install.sh and the package for RHEL 7 put it in lib/oomloop and name its
 * loader in the executable, at the offset that is written beside it.
 */
export function layOwnCLibrary(options: {
  readonly release: Release
  readonly arch: Arch
  readonly folder: string
  readonly debian: readonly DebianPackage[]
}): void {
  const { release, arch, folder, debian } = options
  const dir = join(folder, ownCLibrary)
  mkdirSync(dir)
  const treeOf = (name: string): string => debian.find(one => one.name === name)!.tree
  const put = (tree: string, library: string, name: string, mode: number): void => {
    copyFileSync(findLibrary(tree, library), join(dir, name))
    chmodSync(join(dir, name), mode)
  }
  put(treeOf('libc6'), loaders[arch], ownLoader, 0o755)
  for (const [name, files] of libraries) for (const file of files) put(treeOf(name), file, file, 0o644)
  // Both libraries of GCC have their licence in a package of their own, whose name has GCC's version.
  const gcc = basename(readlinkSync(join(treeOf('libstdc++6'), 'usr/share/doc/libstdc++6')))
  const [gccBase] = fetchDebian(release, arch, [gcc])
  const licences = [
    [treeOf('libc6'), 'libc6'],
    [gccBase!.tree, gcc],
  ].map(([tree, name]) => readFileSync(join(tree!, 'usr/share/doc', name!, 'copyright'), 'utf8'))
  writeFileSync(join(dir, 'copyright'), licences.join('\n'), { mode: 0o644 })
  const { offset } = interpreterIn(readFileSync(join(folder, 'oomloop')))
  writeFileSync(join(dir, 'loader-offset'), `${offset}\n`, { mode: 0o644 })
}
