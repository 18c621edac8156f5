import { chmodSync, copyFileSync, globSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeCliDocs } from '../scripts/cli-docs.ts'
import { stamp, writeChecksums } from './archive.ts'
import { fetchDebian } from './debian.ts'
import { buildExecutable, findLibrary } from './executable.ts'
import { basePackages } from './image-layers.ts'
import { layOwnCLibrary, ownCLibrary } from './own-c-library.ts'
import { type Arch, folderName, type Release } from './release.ts'
import { writeSbom } from './sbom.ts'

/** The release folder of an architecture: all that install.sh, the packages and the image are made from. */
export async function makeFolder(release: Release, arch: Arch): Promise<string> {
  const folder = join(release.out, folderName(release, arch))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const put = (from: string, name: string, mode = 0o644): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    copyFileSync(from, join(folder, name))
    chmodSync(join(folder, name), mode)
  }
  const debian = fetchDebian(release, arch, ['libatomic1', ...basePackages])
  put(await buildExecutable(release, arch), 'oomloop', 0o755)
  put(findLibrary(debian[0]!.tree, 'libatomic.so.1'), 'libatomic.so.1')
  put(join(release.root, 'install.sh'), 'install.sh', 0o755)
  put(join(release.root, 'systemd/oomloop.service'), 'oomloop.service')
  put(join(release.root, 'systemd/oomloop-systemd219.service'), 'oomloop-systemd219.service')
  put(join(release.root, 'systemd/oomloop-hold.service'), 'oomloop-hold.service')
  layOwnCLibrary({ release, arch, folder, debian })
  put(join(release.root, 'packaging/oomloop.yaml'), 'oomloop.yaml')
  put(join(release.root, 'LICENSE'), 'LICENSE')
  for (const name of globSync(['README*.md', 'CHANGELOG.md', 'docs/*.md', 'docs/zh-CN/*.md'], { cwd: release.root }))
    put(join(release.root, name), name)
  writeCliDocs(folder, new Date(release.epoch * 1000).toISOString().slice(0, 10))
  writeSbom(release, { file: join(folder, 'sbom.cdx.json'), arch, debian })
  writeChecksums(folder, [ownCLibrary, 'docs', 'docs/zh-CN'])
  stamp(release, folder)
  return folder
}
