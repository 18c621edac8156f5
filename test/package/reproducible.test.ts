import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packTar, sha256Of, writeChecksums } from '../../packaging/archive.ts'
import { makeDeb } from '../../packaging/deb.ts'
import { interpreterIn } from '../../packaging/elf-interpreter.ts'
import { openRelease } from '../../packaging/release.ts'
import { makeRpm } from '../../packaging/rpm.ts'
import runtimes from '../../packaging/runtimes.json' with { type: 'json' }
import { writeSbom } from '../../packaging/sbom.ts'
import { checkout } from '../support/oomloop.ts'
import { hasProgram } from '../support/release.ts'

/** With a small file in the executable's place: what makes a package differ is not in it. `package -- --twice` has the real one. */
function smallFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'oomloop-small-'))
  const units = ['oomloop.service', 'oomloop-hold.service', 'oomloop-systemd219.service']
  for (const name of [...units, 'oomloop', 'libatomic.so.1', 'oomloop.yaml', 'LICENSE', 'sbom.cdx.json'])
    writeFileSync(join(folder, name), `${name}\n`)
  mkdirSync(join(folder, 'docs'))
  for (const name of ['README.md', 'docs/operating.md']) writeFileSync(join(folder, name), `${name}\n`)
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
    expect(names).toEqual([
      'LICENSE',
      'README.md',
      'libatomic.so.1',
      'oomloop',
      'oomloop-hold.service',
      'oomloop-systemd219.service',
      'oomloop.service',
      'oomloop.yaml',
      'sbom.cdx.json',
    ])
    rmSync(folder, { recursive: true })
  })
})

describe('what a package says of itself and carries', () => {
  const build = (make: typeof makeDeb): string => {
    const folder = smallFolder()
    const release = openRelease(mkdtempSync(join(tmpdir(), 'oomloop-out-')))
    const file = make(release, 'x64', folder)
    for (const dir of [folder, release.work]) rmSync(dir, { recursive: true })
    return file
  }
  const has = (list: string): void => {
    for (const path of ['doc/oomloop/README.md', 'doc/oomloop/docs/operating.md', 'doc/oomloop/copyright'])
      expect(list).toContain(`/usr/share/${path}\n`)
  }

  it('.deb: docs and a homepage', context => {
    if (!hasProgram('dpkg-deb')) return context.skip('needs dpkg-deb')
    const file = build(makeDeb)
    has(execFileSync('dpkg-deb', ['--contents', file], { encoding: 'utf8' }))
    expect(execFileSync('dpkg-deb', ['--field', file, 'Homepage'], { encoding: 'utf8' })).toMatch(/^https:\/\/\S+\n$/)
  })

  it('.rpm: docs, marked as such, and a homepage', context => {
    if (!hasProgram('rpmbuild')) return context.skip('needs rpmbuild')
    const file = build(makeRpm)
    const query = (...args: string[]): string => execFileSync('rpm', ['-qp', ...args, file], { encoding: 'utf8' })
    has(query('--docfiles'))
    expect(query('--queryformat', '%{URL}')).toMatch(/^https:\/\//)
  })
})

describe('the .rpm for RHEL 7', () => {
  it('brings a C library, names its loader, and needs no glibc of the machine', context => {
    if (!hasProgram('rpmbuild')) return context.skip('needs rpmbuild')
    const folder = smallFolder()
    copyFileSync('/bin/true', join(folder, 'oomloop'))
    mkdirSync(join(folder, 'c-library'))
    for (const name of ['ld', 'libc.so.6', 'loader-offset']) writeFileSync(join(folder, 'c-library', name), name)
    const release = openRelease(mkdtempSync(join(tmpdir(), 'oomloop-out-')))
    const file = makeRpm(release, 'x64', folder, 'el7')
    const run = (script: string): string => execFileSync('sh', ['-c', script], { encoding: 'utf8', cwd: folder })
    const files = run(`rpm -qpl ${file}`).split('\n')
    const needs = run(`rpm -qp --requires ${file}`)
    run(`rpm2cpio ${file} | cpio -idm --quiet`)
    const { path } = interpreterIn(readFileSync(join(folder, 'usr/bin/oomloop')))
    const unit = readFileSync(join(folder, 'usr/lib/systemd/system/oomloop.service'), 'utf8')
    for (const dir of [folder, release.work, release.out]) rmSync(dir, { recursive: true })
    expect(files).toEqual(expect.arrayContaining(['/usr/lib/oomloop/ld', '/usr/lib/oomloop/libc.so.6']))
    expect(files.filter(name => /hold|loader-offset/.test(name))).toEqual([])
    expect(needs).not.toContain('glibc')
    expect(path).toBe('/usr/lib/oomloop/ld')
    expect(unit).toBe('oomloop-systemd219.service\n')
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

  it('the pinned Node.js is the version that the project develops with', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
    expect(runtimes.version.split('.')[0]).toBe(devDependencies.node.replace('^', '').split('.')[0])
  })
})
