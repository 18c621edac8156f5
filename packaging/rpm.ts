import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stamp } from './archive.ts'
import { type Arch, archNames, type Release } from './release.ts'
import { tool } from './tool.ts'
import { cliDocs, layTree } from './tree.ts'

/** The .rpm, by rpmbuild from the finished tree: nothing is compiled, stripped or looked into. */
export function makeRpm(release: Release, arch: Arch, folder: string): string {
  const { rpm } = archNames[arch]
  const top = join(release.work, `rpm-${arch}`)
  rmSync(top, { recursive: true, force: true })
  const tree = join(top, 'tree')
  layTree(folder, tree, { unit: 'usr/lib/systemd/system', zsh: zshDir })
  mkdirSync(join(top, 'RPMS'), { recursive: true })
  stamp(release, tree)
  const spec = join(top, 'oomloop.spec')
  writeFileSync(spec, specText(release, tree))
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
  const name = `oomloop-${release.version}-1.${rpm}.rpm`
  const file = join(release.out, name)
  renameSync(join(top, 'RPMS', rpm, name), file)
  return file
}

const specText = ({ version, epoch }: Release, tree: string): string => `Name: oomloop
Version: ${version}
Release: 1
Summary: Sees OOM kill-respawn loops before the node is gone
License: Apache-2.0
AutoReqProv: no
Requires: glibc >= 2.28, libstdc++ >= 5, libgcc

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
%attr(0644,root,root) /usr/lib/oomloop/*
%attr(0644,root,root) /usr/lib/systemd/system/oomloop.service
%attr(0755,root,root) %dir /etc/oomloop
%attr(0640,root,root) %config(noreplace) /etc/oomloop/oomloop.yaml
%attr(0755,root,root) %dir /usr/share/doc/oomloop
%attr(0644,root,root) /usr/share/doc/oomloop/*
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

const zshDir = 'usr/share/zsh/site-functions'

/** rpmbuild may pack the manual. */
const cliDocsLines = (tree: string): string =>
  Object.values(cliDocs(zshDir))
    .filter(path => existsSync(join(tree, path)))
    .map(path => `%attr(0644,root,root) /${path}${path.endsWith('.1') ? '*' : ''}\n`)
    .join('')
