import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packTar, sha256Of, stamp } from './archive.ts'
import { fetchDebian } from './debian.ts'
import { basePackages, layBase, layProgram, layShell, shellPackage } from './image-layers.ts'
import { type Arch, archNames, homepage, type Release } from './release.ts'
import { writeSbom } from './sbom.ts'
import { tool } from './tool.ts'

/** One blob of an image layout. */
interface Blob {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

interface Layer extends Blob {
  /** Digest of the unpacked tar. */
  readonly diffId: string
  readonly made: string
}

/**
 * The container image as an OCI archive, without a Docker engine: `skopeo copy oci-archive:FILE docker://…`,
 * `ctr images import`, `podman load`. It holds two: VERSION (glibc and the program, no shell) and VERSION-journal (the
 * same, and a static busybox, to pipe the host's journalctl in).
 */
export function makeImage(release: Release, arch: Arch, folder: string): string {
  const { oci } = archNames[arch]
  const layout = join(release.work, `image-${oci}`)
  rmSync(layout, { recursive: true, force: true })
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true })
  const debian = fetchDebian(release, arch, [...basePackages, shellPackage])
  const tree = (name: string): string => debian.find(one => one.name === name)!.tree

  const base = makeLayer(release, layout, 'base', dir => layBase(dir, basePackages.map(tree)))
  const program = makeLayer(release, layout, 'oomloop', dir => layProgram(dir, folder))
  const shell = makeLayer(release, layout, 'busybox', dir => layShell(dir, tree(shellPackage)))
  const image = (layers: readonly Layer[], tag: string) => makeManifest(release, layout, { arch: oci, layers, tag })
  const manifests = [
    image([base, program], release.version),
    image([base, program, shell], `${release.version}-journal`),
  ]
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }
  writeFileSync(join(layout, 'index.json'), JSON.stringify(index))
  writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  stamp(release, layout)

  const name = join(release.out, `oomloop-${release.version}-image-${oci}`)
  writeSbom(release, { file: `${name}.cdx.json`, arch, debian })
  packTar(release, { from: layout, file: `${name}.tar`, entries: ['blobs', 'index.json', 'oci-layout'] })
  return `${name}.tar`
}

function makeLayer(release: Release, layout: string, made: string, lay: (dir: string) => void): Layer {
  const dir = join(release.work, `layer-${made}`)
  const tar = join(release.work, `${made}.tar`)
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir)
  lay(dir)
  packTar(release, { from: dir, file: tar })
  const diffId = sha256Of(tar)
  tool(release, 'gzip', ['--no-name', '--force', '-6', tar])
  const blob = addBlob(layout, `${tar}.gz`, 'application/vnd.oci.image.layer.v1.tar+gzip', release)
  return { ...blob, diffId: `sha256:${diffId}`, made }
}

function makeManifest(
  release: Release,
  layout: string,
  { arch, layers, tag }: { arch: string; layers: readonly Layer[]; tag: string },
) {
  const created = new Date(release.epoch * 1000).toISOString()
  const labels = {
    'org.opencontainers.image.title': 'oomloop',
    'org.opencontainers.image.version': release.version,
    'org.opencontainers.image.url': homepage,
    'org.opencontainers.image.licenses': 'Apache-2.0',
  }
  const config = addJson(release, layout, 'application/vnd.oci.image.config.v1+json', {
    created,
    architecture: arch,
    os: 'linux',
    config: {
      // A deployment that needs more privileges than this user has sets them: the DaemonSet does.
      User: '65532:65532',
      // One heap for malloc: each thread's own keeps what it freed (docs/evidence/footprint.md).
      Env: ['PATH=/usr/bin:/bin', 'MALLOC_ARENA_MAX=1'],
      Entrypoint: ['/usr/bin/oomloop'],
      Cmd: ['--help'],
      WorkingDir: '/',
      Labels: labels,
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ made }) => ({ created, created_by: made })),
  })
  const manifest = addJson(release, layout, 'application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config,
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
    annotations: labels,
  })
  return {
    ...manifest,
    platform: { architecture: arch, os: 'linux' },
    annotations: { 'org.opencontainers.image.ref.name': tag },
  }
}

function addJson(release: Release, layout: string, mediaType: string, value: object): Blob {
  const file = join(release.work, 'blob.json')
  writeFileSync(file, JSON.stringify(value))
  return addBlob(layout, file, mediaType, release)
}

function addBlob(layout: string, file: string, mediaType: string, release: Release): Blob {
  const hex = sha256Of(file)
  const { size } = statSync(file)
  tool(release, 'mv', [file, join(layout, 'blobs/sha256', hex)])
  return { mediaType, digest: `sha256:${hex}`, size }
}
