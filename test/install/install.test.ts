import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeChecksums } from '../../packaging/archive.ts'
import { type FreshRoot, makeFreshRoot, whyNoFreshRoot } from '../support/fresh-root.ts'
import { checkout } from '../support/oomloop.ts'
import { releaseFolder, whyNoRelease } from '../support/release.ts'

const script = join(checkout, 'install.sh')
const hook = 'https://hooks.slack.com/services/T0/B0/secret'
const whyNot = whyNoRelease() ?? whyNoFreshRoot()

describe('install.sh, before it does anything', () => {
  const asNobody = (args: readonly string[], shims: Readonly<Record<string, string>> = {}) => {
    const dir = mkdtempSync(join(tmpdir(), 'oomloop-shims-'))
    chmodSync(dir, 0o755)
    for (const [name, text] of Object.entries(shims))
      writeFileSync(join(dir, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    const { status, stdout, stderr } = spawnSync('sh', [script, ...args], {
      encoding: 'utf8',
      env: { PATH: `${dir}:/usr/bin:/bin` },
      ...(process.getuid?.() === 0 && { uid: 65534, gid: 65534 }),
    })
    rmSync(dir, { recursive: true })
    return { code: status, stdout, stderr }
  }

  it('refuses politely without root', () => {
    const { code, stderr } = asNobody([])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^install\.sh: only root can do this: sudo .*--dry-run/),
    })
  })

  it.each([
    [
      'an older kernel',
      { uname: 'case $1 in -s) echo Linux;; -m) echo x86_64;; -r) echo 2.6.32-754.el6.x86_64;; esac' },
      /needs Linux 3\.10 or later, this is 2\.6\.32/,
    ],
    ['another processor', { uname: 'case $1 in -s) echo Linux;; -m) echo riscv64;; esac' }, /no build for riscv64/],
    ['another system', { uname: 'echo Darwin' }, /runs on Linux, this is Darwin/],
  ])('refuses %s', (_, shims, message) => {
    const { code, stderr } = asNobody(['--dry-run'], shims)
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) })
  })

  it.each([
    [['--frobnicate'], /unknown argument: --frobnicate/],
    [['--webhook'], /--webhook needs a value/],
    [['--webhook', 'ftp://x'], /must begin with http/],
    [['--webhook', 'https://x/"\n- evil: yes'], /holds a character that no URL has/],
    [['--purge'], /goes with --uninstall/],
  ])('answers %j with what is wrong, and 2', (args, message) => {
    const { code, stderr } = asNobody(args)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) })
  })

  it('is plain POSIX shell without a finding', context => {
    if (spawnSync('shellcheck', ['--version']).error) return context.skip('needs shellcheck')
    expect(spawnSync('shellcheck', [script], { encoding: 'utf8' }).stdout).toBe('')
  })
})

describe.skipIf(whyNot)(`install.sh in a fresh Debian${whyNot ? `: ${whyNot}` : ''}`, () => {
  let root: FreshRoot
  let folder: string
  let older: string
  const settings = '/etc/oomloop/oomloop.yaml'
  const read = (path: string): string => readFileSync(join(root.dir, path), 'utf8')
  const changed = (path: string): string =>
    execFileSync('find', [root.dir, '-newer', path, '-type', 'f', '-not', '-path', '*/proc/*'], { encoding: 'utf8' })

  beforeAll(async () => {
    folder = await releaseFolder()
    older = olderRelease(folder)
    root = makeFreshRoot()
  }, 300_000)
  afterAll(() => {
    root?.remove()
    rmSync(older, { recursive: true, force: true })
  }, 60_000)

  // In order: each goes on where the one before has left the machine.
  it('says what it would do, and does nothing', () => {
    const mark = join(root.dir, 'mark')
    writeFileSync(mark, '')
    const { code, out } = root.run(`/put/install.sh --dry-run --webhook ${hook}`, folder)
    expect(code, out).toBe(0)
    expect(out).toMatch(/would write \/usr\/local\/bin\/oomloop/)
    expect(changed(mark)).toBe('')
  })

  it('refuses a release folder that was changed on its way', () => {
    const broken = mkdtempSync(join(tmpdir(), 'oomloop-broken-'))
    cpSync(older, broken, { recursive: true })
    writeFileSync(join(broken, 'oomloop.service'), 'ExecStart=/bin/evil\n')
    const { code, out } = root.run('/put/install.sh; echo code $?; ls /usr/local/bin', broken)
    rmSync(broken, { recursive: true })
    expect(code, out).toBe(0)
    expect(out).toMatch(/oomloop\.service: FAILED[\s\S]*not what was released[\s\S]*code 1\n$/)
  })

  it('installs, where even libatomic is missing, and says how to run it without systemd', () => {
    const { code, out } = root.run(`ldconfig -p | grep -c libatomic; /put/install.sh --webhook ${hook}`, older)
    expect(code, out).toBe(0)
    expect(out).toMatch(/^0\n/)
    expect(out).toMatch(/no systemd here[\s\S]*\/usr\/local\/bin\/oomloop run/)
    expect(read(settings)).toMatch(
      /\nwebhooks:\n {2}- urlFile: \/etc\/oomloop\/credentials\/webhook-url\n {4}format: slack\n$/,
    )
    expect(statSync(join(root.dir, settings)).mode & 0o777).toBe(0o640)
  })

  it('upgrades, and keeps the settings as they were edited', () => {
    writeFileSync(join(root.dir, settings), `${read(settings)}minSeverity: critical\n`)
    const { code, out } = root.run('/put/install.sh && oomloop --version && oomloop config print', folder)
    expect(code, out).toBe(0)
    expect(out).toMatch(/over oomloop 0\.0\.9\n/)
    expect(out).toMatch(/wrote {4}\/usr\/local\/bin\/oomloop\n/)
    expect(out).toMatch(/kept {5}\/etc\/oomloop\/oomloop\.yaml\n/)
    expect(out).toMatch(/\noomloop \d+\.\d+\.\d+\n/)
    expect(read(settings)).toMatch(/format: slack\nminSeverity: critical\n$/)
  })

  it('changes nothing the second time', () => {
    const mark = join(root.dir, 'mark')
    writeFileSync(mark, '')
    const { code, out } = root.run(`/put/install.sh --webhook ${hook}`, folder)
    expect(code, out).toBe(0)
    expect(out).not.toMatch(/wrote/)
    expect(changed(mark)).toBe('')
  })

  const onCentos7 =
    'mkdir -p /shims && printf "#!/bin/sh\\necho glibc 2.17\\n" >/shims/getconf && chmod +x /shims/getconf'
  const librariesOf = (out: string): string[] =>
    [...out.matchAll(/^\s+\S+ (?:=> )?(\/\S*\/)?\S+ \(0x/gm)].map(([, dir]) => dir ?? '').filter(Boolean)

  it('brings its own C library where the glibc is old, and takes nothing from the machine', () => {
    const { code, out } = root.run(
      `${onCentos7} && PATH=/shims:$PATH /put/install.sh && oomloop --version && LD_TRACE_LOADED_OBJECTS=1 oomloop`,
      folder,
    )
    expect(code, out).toBe(0)
    expect(out).toMatch(/this machine has glibc 2\.17: the C library of the release goes to \/usr\/local\/lib\/oomloop/)
    expect(out).toMatch(/\noomloop \d+\.\d+\.\d+\n/)
    expect(librariesOf(out).length).toBeGreaterThan(5)
    expect(librariesOf(out).filter(dir => !/^\/usr\/local\/(bin\/\.\.\/)?lib\/oomloop\/$/.test(dir))).toEqual([])
    const again = root.run(`PATH=/shims:$PATH /put/install.sh`, folder)
    expect(again.out).not.toMatch(/^(wrote|removed)/m)
  })

  it('removes its own C library when the machine has a newer glibc', () => {
    const { code, out } = root.run('/put/install.sh && oomloop --version && ls /usr/local/lib/oomloop', folder)
    expect(code, out).toBe(0)
    expect(out).toMatch(/removed {2}\/usr\/local\/lib\/oomloop\/libc\.so\.6\n/)
    expect(out).toMatch(/\nLICENSE\nlibatomic\.so\.1\nrestart-due\n$/)
  })

  it('refuses an executable that does not name its loader where it should', () => {
    const broken = mkdtempSync(join(tmpdir(), 'oomloop-broken-'))
    cpSync(older, broken, { recursive: true })
    writeFileSync(join(broken, 'c-library/loader-offset'), '8\n')
    writeChecksums(broken, ['c-library'])
    const { code, out } = root.run('PATH=/shims:$PATH /put/install.sh', broken)
    rmSync(broken, { recursive: true })
    expect(code, out).toBe(1)
    expect(out).toMatch(/does not run here|does not name its loader where it should/)
  })

  it('gives systemd 219 a unit that it understands', () => {
    const shim = `mkdir -p /shims219 && cat >/shims219/systemctl <<'END'
#!/bin/sh
[ "$1" != --version ] || echo 'systemd 219'
END
chmod +x /shims219/systemctl`
    const path = '/etc/systemd/system/oomloop.service'
    const { code, out } = root.run(
      `${shim}; PATH=/shims219:$PATH /put/install.sh && cat ${path}; rm -r ${path}`,
      folder,
    )
    expect(code, out).toBe(0)
    expect(out).toMatch(/\nExecStart=\/usr\/local\/bin\/oomloop run\n/)
    expect(out).toMatch(/\nMemoryLimit=/)
    expect(out).not.toMatch(/\n(SystemCallFilter|PrivateDevices|DynamicUser)=/)
  })

  it('does not change existing webhooks', () => {
    const { code, out } = root.run('/put/install.sh --webhook http://other.example/', folder)
    expect(code, out).toBe(1)
    expect(out).toMatch(/has webhooks already, and is yours/)
    expect(read(settings)).not.toMatch('other.example')
  })

  /** Runs a script with these settings in place of those that are there, and where systemd seems to run. */
  const runWith = (text: string, script: string, put = folder) => {
    const good = read(settings)
    writeFileSync(join(root.dir, settings), text)
    const shim = join(root.dir, 'usr/local/bin/systemctl')
    writeFileSync(shim, '#!/bin/sh\necho "systemctl $*"\n[ "$1" != restart ] || [ ! -f /fails ]\n', { mode: 0o755 })
    mkdirSync(join(root.dir, 'run/systemd/system'), { recursive: true })
    const ended = root.run(script, put)
    const after = read(settings)
    for (const path of ['run/systemd', 'etc/systemd/system/oomloop.service', 'etc/systemd/system/oomloop.service.d'])
      rmSync(join(root.dir, path), { recursive: true, force: true })
    rmSync(shim)
    writeFileSync(join(root.dir, settings), good)
    return { ...ended, after }
  }

  it('changes nothing for settings that are wrong, so that the next run upgrades and restarts', () => {
    expect(root.run('/put/install.sh', older).code).toBe(0)
    const mend = "sed -i '/stormEvents/d' /etc/oomloop/oomloop.yaml"
    const { code, out } = runWith(
      `${read(settings)}stormEvents: many\n`,
      `/put/install.sh; echo code $?; oomloop --version; ${mend}; /put/install.sh && oomloop --version`,
    )
    expect(code, out).toBe(0)
    expect(out).toMatch(
      /stormEvents in the settings file is "many"[\s\S]*nothing was changed\ncode 1\noomloop 0\.0\.9\n/,
    )
    expect(out).toMatch(/code 1[\s\S]*systemctl restart oomloop\nrunning: [\s\S]*\noomloop (?!0\.0\.9)/)
  })

  it('restarts a service that an earlier run could not, and then not again', () => {
    expect(root.run('/put/install.sh', older).code).toBe(0)
    const { out } = runWith(
      read(settings),
      'touch /fails; /put/install.sh; echo code $?; rm /fails; /put/install.sh; echo again; /put/install.sh',
    )
    const [first, second, third] = out.split(/^(?:code 1|again)\n/m)
    expect(first).toMatch(/the service did not start/)
    expect(second).not.toMatch(/^wrote/m)
    expect(second).toMatch(/^systemctl restart oomloop\nrunning: /m)
    expect(third).toMatch(/\nrunning, and nothing has changed\n$/)
  })

  it.each([
    ['without an end of its last line', 'labels: { cluster: prod }'],
    ['with one', 'labels: { cluster: prod }\n'],
  ])('adds a webhook to settings %s', (_, text) => {
    const { code, out, after } = runWith(text, `/put/install.sh --webhook ${hook} && oomloop config print`)
    expect(code, out).toBe(0)
    expect(after).toBe(
      `labels: { cluster: prod }\nwebhooks:\n  - urlFile: /etc/oomloop/credentials/webhook-url\n    format: slack\n`,
    )
  })

  it('puts no settings in place that are not right with the webhook', () => {
    const text = 'labels: { cluster: prod }\n'
    const { code, out, after } = runWith(text, `/put/install.sh --webhook ${hook} --format smoke-signals`)
    expect(code, out).toBe(1)
    expect(out).toMatch(/format is "smoke-signals", but must be one of[\s\S]*nothing was changed\n$/)
    expect(after).toBe(text)
  })

  it('finds secrets where the service will: credentials of drop-ins, and the environment file', () => {
    const text = [
      'webhooks:',
      '  - { url: "http://a.example/", secretFile: webhook-secret }',
      '  - { urlFile: hidden-url }',
      '  - { urlEnv: HOOK }',
      '',
    ].join('\n')
    const dropIns = '/etc/systemd/system/oomloop.service.d'
    const script = (secret: string) => `
      mkdir -p /etc/oomloop/credentials ${dropIns}
      echo s3cret >/etc/oomloop/credentials/webhook-secret
      printf '# where\\nHOOK="https://b.example/"\\n' >/etc/oomloop/environment
      printf '[Service]\\nLoadCredential=webhook-secret:${secret}\\nLoadCredentialEncrypted=hidden-url:/etc/x\\n' >${dropIns}/override.conf
      /put/install.sh; code=$?
      rm -r /etc/oomloop/credentials /etc/oomloop/environment; exit $code`
    const { code, out } = runWith(text, script('/etc/oomloop/credentials/webhook-secret'))
    expect(code, out).toBe(0)
    expect(runWith(text, script('/etc/oomloop/credentials/misspelt'))).toMatchObject({
      code: 1,
      out: expect.stringMatching(/webhook 1: secretFile: cannot read [\s\S]*nothing was changed\n$/),
    })
  })

  it('uninstalls, keeping settings; again, it says so; --purge takes all', () => {
    const left = "find / -xdev -path '*oomloop*' -not -path '/proc/*' -not -path '/put/*'"
    const first = root.run(`/put/install.sh --uninstall && ${left}`, folder)
    expect(first.code, first.out).toBe(0)
    expect(first.out).toMatch(/removed {2}\/usr\/local\/bin\/oomloop\n[\s\S]*kept {5}\/etc\/oomloop/)
    expect(first.out.split('not installed\n')[1]).toBe('/etc/oomloop\n/etc/oomloop/oomloop.yaml\n')
    const second = root.run('/put/install.sh --uninstall', folder)
    expect(second.code, second.out).toBe(0)
    expect(second.out).not.toMatch(/removed/)
    const purged = root.run(`/put/install.sh --uninstall --purge && ${left}`, folder)
    expect(purged.out).toMatch(/removed {2}\/etc\/oomloop\noomloop is not installed\n$/)
  })

  it('install.sh changes nothing on a machine that has oomloop as a package', () => {
    const admin = join(root.dir, 'var/lib/dpkg/status')
    const before = readFileSync(admin, 'utf8')
    writeFileSync(
      admin,
      `${before}\nPackage: oomloop\nStatus: install ok installed\nVersion: 0.1.0\nArchitecture: amd64\nMaintainer: x\nDescription: x\n`,
    )
    const { code, out } = root.run('/put/install.sh', folder)
    writeFileSync(admin, before)
    expect({ code, out }).toEqual({ code: 1, out: expect.stringMatching(/installed here as a package/) })
  })
})

/** The same release, but an executable that calls itself 0.0.9. */
function olderRelease(folder: string): string {
  const older = mkdtempSync(join(tmpdir(), 'oomloop-older-'))
  cpSync(folder, older, { recursive: true })
  writeFileSync(join(older, 'oomloop'), '#!/bin/sh\necho oomloop 0.0.9\n')
  writeChecksums(older, ['c-library'])
  return older
}
