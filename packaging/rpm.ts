import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stamp } from './archive.ts'
import { setInterpreter } from './elf-interpreter.ts'
import { ownCLibrary, ownLoader } from './own-c-library.ts'
import { type Arch, archNames, homepage, type Release } from './release.ts'
import { tool } from './tool.ts'
import { cliDocs, layTree } from './tree.ts'

/** Which distribution an .rpm is for. RHEL 7 gets the C library of the release, and a unit that its systemd understands. */
const kinds = {
  current: { release: '1', requires: 'glibc >= 2.28, libstdc++ >= 5, libgcc' },
  el7: { release: '1.el7', requires: 'systemd >= 219' },
} as const

/** The .rpm, by rpmbuild from the finished tree: nothing is compiled, stripped or looked into. */
export function makeRpm(release: Release, arch: Arch, folder: string, kind: keyof typeof kinds = 'current'): string {
  const { rpm } = archNames[arch]
  const top = join(release.work, `rpm-${arch}-${kind}`)
  rmSync(top, { recursive: true, force: true })
  const tree = join(top, 'tree')
  const unit = 'usr/lib/systemd/system'
  layTree(folder, tree, { unit, zsh: zshDir })
  if (kind === 'el7') layForOldNode(folder, tree, unit)
  mkdirSync(join(top, 'RPMS'), { recursive: true })
  stamp(release, tree)
  const spec = join(top, 'oomloop.spec')
  writeFileSync(spec, specText(release, tree, kinds[kind]))
  tool(release, 'rpmbuild', [
    '-bb',
    `--target=${rpm}-linux`,
    ...Object.entries({
      _topdir: top,
      _buildhost: 'reproducible',
      // Without a database of its own it would look at, or make, the build machine's.
      _dbpath: join(top, 'db'),
      use_source_date_epoch_as_buildtime: '1',
      clamp_mtime_to_source_date_epoch: '1',
      _binary_payload: 'w1.xzdio',
      _build_id_links: 'none',
      __os_install_post: '%{nil}',
      debug_package: '%{nil}',
    }).flatMap(([name, value]) => ['--define', `${name} ${value}`]),
    spec,
  ])
  const name = `oomloop-${release.version}-${kinds[kind].release}.${rpm}.rpm`
  const file = join(release.out, name)
  renameSync(join(top, 'RPMS', rpm, name), file)
  return file
}

const specText = (
  { version, epoch }: Release,
  tree: string,
  kind: (typeof kinds)[keyof typeof kinds],
): string => `Name: oomloop
Version: ${version}
Release: ${kind.release}
Summary: Sees OOM kill-respawn loops before the node is gone
License: Apache-2.0
URL: ${homepage}
AutoReqProv: no
Requires: ${kind.requires}

%description
Watches the kernel's log, memory and pressure of a Linux node, and tells a
webhook when processes are killed for want of memory, come back and are
killed again, or when the node is about to get there.

%install
cp -a ${tree}/. %{buildroot}/
find %{buildroot} -exec touch -h -d @${epoch} {} +

%files
%attr(0755,root,root) /usr/bin/oomloop
%attr(0755,root,root) %dir /usr/lib/oomloop
%attr(-,root,root) /usr/lib/oomloop/*
%attr(0644,root,root) /usr/lib/systemd/system/oomloop*.service
%attr(0755,root,root) %dir /etc/oomloop
%attr(0640,root,root) %config(noreplace) /etc/oomloop/oomloop.yaml
%attr(-,root,root) %doc /usr/share/doc/oomloop
${cliDocsLines(tree)}
%post
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  if [ "$1" = 1 ]; then systemctl enable --now --quiet oomloop; fi
fi

%preun
if [ "$1" = 0 ] && [ -d /run/systemd/system ]; then systemctl disable --now --quiet oomloop; fi

%postun
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  if [ "$1" -ge 1 ]; then systemctl try-restart oomloop; fi
fi
`

function layForOldNode(folder: string, tree: string, unit: string): void {
  const library = join(tree, 'usr/lib/oomloop')
  for (const name of readdirSync(join(folder, ownCLibrary))) {
    copyFileSync(join(folder, ownCLibrary, name), join(library, name))
    chmodSync(join(library, name), name === ownLoader ? 0o755 : 0o644)
  }
  rmSync(join(library, 'loader-offset'))
  setInterpreter(join(tree, 'usr/bin/oomloop'), `/usr/lib/oomloop/${ownLoader}`)
  copyFileSync(join(folder, 'oomloop-systemd219.service'), join(tree, unit, 'oomloop.service'))
  // It sets memory.high, which cgroup v1 does not have.
  rmSync(join(tree, unit, 'oomloop-hold.service'))
}

const zshDir = 'usr/share/zsh/site-functions'

/** rpmbuild may pack the manual. */
const cliDocsLines = (tree: string): string =>
  Object.values(cliDocs(zshDir))
    .filter(path => existsSync(join(tree, path)))
    .map(path => `%attr(0644,root,root) /${path}${path.endsWith('.1') ? '*' : ''}\n`)
    .join('')
