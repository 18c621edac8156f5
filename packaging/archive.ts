import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Release } from './release.ts'
import { tool } from './tool.ts'

/** A tar whose bytes depend on the names, modes and contents in a folder alone. */
export function packTar(
  release: Release,
  { from, file, entries = ['.'] }: { from: string; file: string; entries?: readonly string[] },
): void {
  tool(release, 'tar', [
    '--create',
    `--file=${file}`,
    '--sort=name',
    `--mtime=@${release.epoch}`,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--format=posix',
    '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
    '-C',
    from,
    ...entries,
  ])
}

/** Sets the time of every file in a folder to that of the release. */
export function stamp(release: Release, folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true }))
    if (!entry.isSymbolicLink()) utimesSync(join(entry.parentPath, entry.name), release.epoch, release.epoch)
  utimesSync(folder, release.epoch, release.epoch)
}

export function sha256Of(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** SHA256SUMS of the plain files in a folder, and in some of its folders, as `sha256sum --check` reads it. */
export function writeChecksums(folder: string, folders: readonly string[] = []): string {
  const names = ['', ...folders.map(name => `${name}/`)]
    .flatMap(prefix => readdirSync(join(folder, prefix)).map(name => `${prefix}${name}`))
    .filter(name => name !== 'SHA256SUMS' && !name.startsWith('.') && statSync(join(folder, name)).isFile())
    .sort()
  const text = names.map(name => `${sha256Of(join(folder, name))}  ${name}\n`).join('')
  writeFileSync(join(folder, 'SHA256SUMS'), text, { mode: 0o644 })
  return text
}
