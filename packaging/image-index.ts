import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packTar, sha256Of, stamp } from './archive.ts'
import type { Release } from './release.ts'
import { tool } from './tool.ts'

const indexType = 'application/vnd.oci.image.index.v1+json'
const refName = 'org.opencontainers.image.ref.name'

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform: { readonly architecture: string; readonly os: string }
  readonly annotations: Readonly<Record<string, string>>
}

/**
 * One OCI archive for all architectures: each tag names an index, and the index the manifest of each architecture, so that
 * a node pulls its own. `skopeo copy --all oci-archive:FILE:TAG docker://…` pushes it.
 */
export function makeImageIndex(release: Release, archives: readonly string[]): string {
  const layout = join(release.work, 'image-index')
  rmSync(layout, { recursive: true, force: true })
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true })
  const byTag = new Map<string, Descriptor[]>()
  for (const [number, archive] of archives.entries()) {
    const one = join(release.work, `image-of-${number}`)
    rmSync(one, { recursive: true, force: true })
    mkdirSync(one)
    tool(release, 'tar', ['-xf', archive, '-C', one])
    cpSync(join(one, 'blobs'), join(layout, 'blobs'), { recursive: true })
    const { manifests } = JSON.parse(readFileSync(join(one, 'index.json'), 'utf8')) as { manifests: Descriptor[] }
    for (const manifest of manifests) {
      const tag = manifest.annotations[refName]!
      byTag.set(tag, [...(byTag.get(tag) ?? []), manifest])
    }
    rmSync(one, { recursive: true })
  }
  const manifests = [...byTag].map(([tag, ofTag]) => {
    const bare = ofTag.map(({ annotations: _, ...manifest }) => manifest)
    return { ...addIndex(release, layout, bare), annotations: { [refName]: tag } }
  })
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }))
  writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  stamp(release, layout)
  const file = join(release.out, `oomloop-${release.version}-image.tar`)
  packTar(release, { from: layout, file, entries: ['blobs', 'index.json', 'oci-layout'] })
  return file
}

function addIndex(release: Release, layout: string, manifests: readonly object[]) {
  const file = join(release.work, 'index-blob.json')
  writeFileSync(file, JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }))
  const hex = sha256Of(file)
  const { size } = statSync(file)
  tool(release, 'mv', [file, join(layout, 'blobs/sha256', hex)])
  return { mediaType: indexType, digest: `sha256:${hex}`, size }
}
