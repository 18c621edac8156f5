import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DebianPackage } from './debian.ts'
import { type Arch, archNames, type Release } from './release.ts'
import runtimes from './runtimes.json' with { type: 'json' }

interface LockedPackage {
  readonly version: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
}

/** What a release is made of, as CycloneDX 1.5: npm packages of the lock file, the Node.js inside, Debian's libraries. */
export function writeSbom(
  release: Release,
  { file, arch, debian }: { file: string; arch: Arch; debian: readonly DebianPackage[] },
): void {
  const components = [
    ...npmComponents(release),
    runtimeComponent(arch),
    ...debian.map(one => debianComponent(one, archNames[arch].debian)),
  ].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1))
  const name = `pkg:generic/oomloop@${release.version}?arch=${archNames[arch].oci}`
  const bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([name, components]))}`,
    version: 1,
    metadata: {
      timestamp: new Date(release.epoch * 1000).toISOString(),
      component: { type: 'application', 'bom-ref': name, name: 'oomloop', version: release.version, purl: name },
    },
    components,
    dependencies: [{ ref: name, dependsOn: components.map(component => component['bom-ref']) }],
  }
  writeFileSync(file, `${JSON.stringify(bom, null, 1)}\n`)
}

/** Everything of the lock file that is not for development alone; the bundle may hold less, never more. */
function npmComponents(release: Release) {
  const { packages } = JSON.parse(readFileSync(join(release.root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>
  }
  return Object.entries(packages)
    .filter(([path, { dev, optional }]) => path.startsWith('node_modules/') && !dev && !optional)
    .map(([path, { version, integrity, license }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
      const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
      return component(purl, { name, version, license, integrity })
    })
}

function runtimeComponent(arch: Arch) {
  const { name, integrity } = runtimes.packages[arch]
  return component(`pkg:npm/${name}@${runtimes.version}`, {
    name: 'node',
    version: runtimes.version,
    license: 'MIT',
    integrity,
  })
}

function debianComponent({ name, version, sha256 }: DebianPackage, arch: string) {
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${arch}`
  return { ...component(purl, { name, version }), hashes: [{ alg: 'SHA-256', content: sha256 }] }
}

function component(
  purl: string,
  { name, version, license, integrity }: { name: string; version: string; license?: string; integrity?: string },
) {
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    ...(license && { licenses: [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }] }),
    ...(integrity?.startsWith('sha512-') && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.slice(7), 'base64').toString('hex') }],
    }),
  }
}

/** A UUID that depends on the content alone (version 8: of one's own making). */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
