import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeImageIndex } from '../../packaging/image-index.ts'
import { openRelease } from '../../packaging/release.ts'

/** An archive as makeImage makes it, with a text in place of each manifest. */
function archiveOf(architecture: string, dir: string): string {
  const layout = join(dir, architecture)
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true })
  const manifests = ['1.0.0', '1.0.0-journal'].map(tag => {
    const text = `manifest of ${tag} for ${architecture}`
    const hex = createHash('sha256').update(text).digest('hex')
    writeFileSync(join(layout, 'blobs/sha256', hex), text)
    return {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: `sha256:${hex}`,
      size: text.length,
      platform: { architecture, os: 'linux' },
      annotations: { 'org.opencontainers.image.ref.name': tag },
    }
  })
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
  const file = join(dir, `${architecture}.tar`)
  execFileSync('tar', ['-cf', file, '-C', layout, 'blobs', 'index.json'])
  return file
}

it('one image archive has an index for each tag, and in it a manifest for each architecture', () => {
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-index-'))
  const release = openRelease(join(dir, 'out'))
  const file = makeImageIndex(
    release,
    ['amd64', 'arm64'].map(architecture => archiveOf(architecture, dir)),
  )
  execFileSync('tar', ['-xf', file, '-C', dir])
  const blob = (digest: string): string => readFileSync(join(dir, 'blobs/sha256', digest.slice(7)), 'utf8')
  const { manifests } = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8'))
  const found = manifests.map((one: { digest: string; annotations: Record<string, string> }) => [
    one.annotations['org.opencontainers.image.ref.name'],
    JSON.parse(blob(one.digest)).manifests.map((inner: { digest: string; platform: { architecture: string } }) => [
      inner.platform.architecture,
      blob(inner.digest),
    ]),
  ])
  for (const folder of [dir, release.work]) rmSync(folder, { recursive: true })
  expect(found).toEqual(
    ['1.0.0', '1.0.0-journal'].map(tag => [
      tag,
      ['amd64', 'arm64'].map(architecture => [architecture, `manifest of ${tag} for ${architecture}`]),
    ]),
  )
})
