import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeCliDocs } from '../scripts/cli-docs.ts'
import { stamp, writeChecksums } from './archive.ts'
import { fetchDebian } from './debian.ts'
import { buildExecutable, findLibrary } from './executable.ts'
import { type Arch, folderName, type Release } from './release.ts'
import { writeSbom } from './sbom.ts'

/** The release folder of an architecture: all that install.sh, the packages and the image are made from. */
export async function makeFolder(release: Release, arch: Arch): Promise<string> {
  const folder = join(release.out, folderName(release, arch))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const put = (from: string, name: string, mode = 0o644): void => {
    copyFileSync(from, join(folder, name))
    chmodSync(join(folder, name), mode)
  }
  const [atomic] = fetchDebian(release, arch, ['libatomic1'])
  put(await buildExecutable(release, arch), 'oomloop', 0o755)
  put(findLibrary(atomic!.tree, 'libatomic.so.1'), 'libatomic.so.1')
  put(join(release.root, 'install.sh'), 'install.sh', 0o755)
  put(join(release.root, 'systemd/oomloop.service'), 'oomloop.service')
  put(join(release.root, 'packaging/oomloop.yaml'), 'oomloop.yaml')
  put(join(release.root, 'LICENSE'), 'LICENSE')
  writeCliDocs(folder, new Date(release.epoch * 1000).toISOString().slice(0, 10))
  writeSbom(release, { file: join(folder, 'sbom.cdx.json'), arch, debian: [atomic!] })
  writeChecksums(folder)
  stamp(release, folder)
  return folder
}
