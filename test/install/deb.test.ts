import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeDeb } from '../../packaging/deb.ts'
import { openRelease } from '../../packaging/release.ts'
import { type FreshRoot, makeFreshRoot, whyNoFreshRoot } from '../support/fresh-root.ts'
import { checkout } from '../support/oomloop.ts'
import { hasProgram } from '../support/release.ts'

const why = whyNoFreshRoot() ?? (hasProgram('dpkg-deb') ? undefined : 'needs dpkg-deb')
const settings = '/etc/oomloop/oomloop.yaml'

/** The package's own scripts, with a small program in the executable's place: packing the real one takes half a minute. */
describe.skipIf(why)(`the .deb in a fresh Debian${why ? `: ${why}` : ''}`, () => {
  const out = mkdtempSync(join(tmpdir(), 'oomloop-deb-'))
  let root: FreshRoot
  let name: string

  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'oomloop-deb-folder-'))
    writeFileSync(join(folder, 'oomloop'), '#!/bin/sh\necho oomloop small\n')
    for (const [from, to] of [
      ['LICENSE', 'LICENSE'],
      ['LICENSE', 'libatomic.so.1'],
      ['LICENSE', 'sbom.cdx.json'],
      ['packaging/oomloop.yaml', 'oomloop.yaml'],
      ['systemd/oomloop.service', 'oomloop.service'],
      ['systemd/oomloop-hold.service', 'oomloop-hold.service'],
    ])
      copyFileSync(join(checkout, from!), join(folder, to!))
    const release = openRelease(out)
    name = makeDeb(release, 'x64', folder).slice(out.length + 1)
    for (const dir of [folder, release.work]) rmSync(dir, { recursive: true })
    root = makeFreshRoot()
  }, 300_000)
  afterAll(() => {
    root?.remove()
    rmSync(out, { recursive: true })
  }, 60_000)

  it('installs without a package that a minimal Debian lacks, settings readable for root alone', () => {
    const { code, out: said } = root.run(`dpkg -i /put/${name} && oomloop && stat -c %a ${settings}`, out)
    expect(code, said).toBe(0)
    expect(said).toMatch(/\noomloop small\n640\n$/)
  })

  it('keeps edited settings when installed over itself, and when removed; takes all when purged', () => {
    const { code, out: said } = root.run(
      `echo 'minSeverity: critical' >>${settings} && dpkg -i /put/${name} && dpkg -r oomloop && ls /usr/lib/oomloop /usr/bin/oomloop; tail -n 1 ${settings}`,
      out,
    )
    expect(code, said).toBe(0)
    expect(said).toMatch(/cannot access '\/usr\/bin\/oomloop'[\s\S]*\nminSeverity: critical\n$/)
    const purged = root.run('mkdir -p /var/lib/oomloop && dpkg -P oomloop && ls -d /etc/oomloop /var/lib/oomloop', out)
    expect(purged.out).toMatch(/cannot access '\/etc\/oomloop'[\s\S]*cannot access '\/var\/lib\/oomloop'/)
  })
})
