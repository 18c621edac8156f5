/**
 * `npm run package -- [--arch x64|arm64] [--only folder,archive,deb,rpm,image] [--out DIR] [--twice]`: all that a
 * release consists of, in out/release. Two builds of one commit are the same to the byte; `--twice` shows it.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { packTar, writeChecksums } from '../packaging/archive.ts'
import { makeDeb } from '../packaging/deb.ts'
import { makeFolder } from '../packaging/folder.ts'
import { makeImage } from '../packaging/image.ts'
import { makeImageIndex } from '../packaging/image-index.ts'
import { type Arch, arches, commitEpoch, folderName, openRelease, type Release } from '../packaging/release.ts'
import { makeRpm } from '../packaging/rpm.ts'
import { tool } from '../packaging/tool.ts'

const parts = ['folder', 'archive', 'deb', 'rpm', 'image'] as const
type Part = (typeof parts)[number]

export interface PackageOptions {
  readonly arches: readonly Arch[]
  readonly only: readonly Part[]
  readonly out?: string
}

/** Makes the asked-for parts and returns the checksums of all of them. */
export async function makeRelease(options: PackageOptions): Promise<string> {
  const release = openRelease(options.out)
  try {
    const images: string[] = []
    for (const arch of options.arches) images.push(...(await makeArch(release, arch, options.only)))
    if (images.length > 1) console.log(`        ${makeImageIndex(release, images)}`)
    const folders = options.arches.map(arch => join(release.out, folderName(release, arch), 'SHA256SUMS'))
    return [writeChecksums(release.out), ...folders.map(sums => readFileSync(sums, 'utf8'))].join('')
  } finally {
    rmSync(release.work, { recursive: true, force: true })
  }
}

/** Makes the parts for one architecture, and returns its image. */
async function makeArch(release: Release, arch: Arch, only: readonly Part[]): Promise<readonly string[]> {
  const startedAt = Date.now()
  const said = (path: string): void =>
    console.log(`${((Date.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${path}`)
  const folder = await makeFolder(release, arch)
  said(folder)
  if (only.includes('archive')) said(makeArchive(release, arch))
  if (only.includes('deb')) said(makeDeb(release, arch, folder))
  if (only.includes('rpm')) for (const kind of ['current', 'el7'] as const) said(makeRpm(release, arch, folder, kind))
  if (!only.includes('image')) return []
  const image = makeImage(release, arch, folder)
  said(image)
  return [image]
}

/** What a person downloads who has neither package manager nor registry. */
function makeArchive(release: Release, arch: Arch): string {
  const name = folderName(release, arch)
  const file = join(release.out, `${name}.tar`)
  packTar(release, { from: release.out, file, entries: [name] })
  tool(release, 'xz', ['-1', '--threads=2', '--block-size=16MiB', '--force', file])
  return `${file}.xz`
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string' },
      only: { type: 'string' },
      out: { type: 'string' },
      twice: { type: 'boolean', default: false },
    },
  })
  const options: PackageOptions = {
    arches: values.arch ? arches.filter(arch => values.arch!.split(',').includes(arch)) : arches,
    only: values.only ? parts.filter(part => values.only!.split(',').includes(part)) : parts,
    out: values.out,
  }
  // Read once: a commit can be made between two builds.
  process.env.SOURCE_DATE_EPOCH ??= String(commitEpoch(resolve(import.meta.dirname, '..')))
  const first = await makeRelease(options)
  console.log(first)
  if (values.twice) {
    const second = await makeRelease(options)
    const isSame = first === second
    console.log(isSame ? 'built twice: the same digests' : `built twice, and not the same:\n${second}`)
    process.exitCode = isSame ? 0 : 1
  }
}
