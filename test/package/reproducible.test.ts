import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packTar, sha256Of, writeChecksums } from '../../packaging/archive.ts'
import { makeDeb } from '../../packaging/deb.ts'
import { openRelease } from '../../packaging/release.ts'
import { makeRpm } from '../../packaging/rpm.ts'
import runtimes from '../../packaging/runtimes.json' with { type: 'json' }
import { writeSbom } from '../../packaging/sbom.ts'
import { checkout } from '../support/oomloop.ts'
import { hasProgram } from '../support/release.ts'

/** With a small file in the executable's place: what makes a package differ is not in it. `package -- --twice` has the real one. */
function smallFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'oomloop-small-'))
  for (const name of ['oomloop', 'libatomic.so.1', 'oomloop.service', 'oomloop.yaml', 'LICENSE', 'sbom.cdx.json'])
    writeFileSync(join(folder, name), `${name}\n`)
  // Another day each time.
  utimesSync(join(folder, 'oomloop'), Math.random() * 1e9, Math.random() * 1e9)
  return folder
}

describe('building twice', () => {
  it.each([
    ['.deb', makeDeb, 'dpkg-deb'],
    ['.rpm', makeRpm, 'rpmbuild'],
  ] as const)('gives the same %s', (_, make, program) => {
    if (!hasProgram(program)) return
    const digests = [1, 2].map(() => {
      const out = mkdtempSync(join(tmpdir(), 'oomloop-out-'))
      const folder = smallFolder()
      const release = { ...openRelease(out), epoch: 1_767_225_600 }
      const digest = sha256Of(make(release, 'arm64', folder))
      for (const dir of [out, folder, release.work]) rmSync(dir, { recursive: true })
      return digest
    })
    expect(digests[0]).toBe(digests[1])
  })

  it('a tar does not depend on when and by whom its files were made, and does on what they hold', () => {
    const release = openRelease(mkdtempSync(join(tmpdir(), 'oomloop-out-')))
    const digest = (text: string): string => {
      const from = mkdtempSync(join(tmpdir(), 'oomloop-tar-'))
      mkdirSync(join(from, 'a'))
      writeFileSync(join(from, 'a/file'), text)
      utimesSync(join(from, 'a/file'), Math.random() * 1e9, 0)
      packTar(release, { from, file: join(release.work, 'x.tar') })
      rmSync(from, { recursive: true })
      return sha256Of(join(release.work, 'x.tar'))
    }
    expect(digest('one')).toBe(digest('one'))
    expect(digest('one')).not.toBe(digest('two'))
    rmSync(release.work, { recursive: true })
    rmSync(release.out, { recursive: true })
  })

  it('checksums name every file but themselves, as sha256sum reads them', () => {
    const folder = smallFolder()
    const names = writeChecksums(folder)
      .trim()
      .split('\n')
      .map(line => line.slice(66))
    expect(names).toEqual(['LICENSE', 'libatomic.so.1', 'oomloop', 'oomloop.service', 'oomloop.yaml', 'sbom.cdx.json'])
    rmSync(folder, { recursive: true })
  })
})

describe('the SBOM', () => {
  it('names what runs and nothing that only development needs, each with its digest', () => {
    const release = openRelease(mkdtempSync(join(tmpdir(), 'oomloop-out-')))
    const file = join(release.out, 'sbom.json')
    writeSbom(release, {
      file,
      arch: 'x64',
      debian: [{ name: 'libatomic1', version: '12.2.0-14', sha256: 'ab', tree: '' }],
    })
    const bom = JSON.parse(readFileSync(file, 'utf8'))
    for (const dir of [release.out, release.work]) rmSync(dir, { recursive: true })
    const names: string[] = bom.components.map(({ name }: { name: string }) => name)
    const manifest = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5' })
    expect(names).toEqual(expect.arrayContaining([...Object.keys(manifest.dependencies), 'node', 'libatomic1']))
    expect(names).not.toEqual(expect.arrayContaining(['vitest']))
    expect(bom.components.filter(({ hashes }: { hashes?: unknown }) => !hashes)).toEqual([])
  })

  it('the pinned Node.js is one that the project develops with', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
    expect(runtimes.version.split('.')[0]).toBe(devDependencies.node.replace('^', '').split('.')[0])
  })
})
