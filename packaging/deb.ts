import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stamp } from './archive.ts'
import { type Arch, archNames, homepage, type Release } from './release.ts'
import { tool } from './tool.ts'
import { layTree } from './tree.ts'

/** The .deb: the tree, the service switched on at once, settings that dpkg keeps. */
export function makeDeb(release: Release, arch: Arch, folder: string): string {
  const { debian } = archNames[arch]
  const tree = join(release.work, `deb-${arch}`)
  rmSync(tree, { recursive: true, force: true })
  const sizeKiB = layTree(folder, tree, {
    unit: 'lib/systemd/system',
    zsh: 'usr/share/zsh/vendor-completions',
  })
  const control = join(tree, 'DEBIAN')
  mkdirSync(control)
  const put = (name: string, text: string, mode: number): void => {
    writeFileSync(join(control, name), text)
    chmodSync(join(control, name), mode)
  }
  put('control', controlText(release.version, debian, sizeKiB), 0o644)
  put('conffiles', '/etc/oomloop/oomloop.yaml\n', 0o644)
  put('postinst', script(afterInstall), 0o755)
  put('prerm', script(beforeRemove), 0o755)
  put('postrm', script(afterRemove), 0o755)
  stamp(release, tree)
  const file = join(release.out, `oomloop_${release.version}_${debian}.deb`)
  // xz, not zstd: Debian 11 and Ubuntu 20.04 know no other.
  tool(release, 'dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', tree, file])
  return file
}

const controlText = (version: string, arch: string, sizeKiB: number): string => `Package: oomloop
Version: ${version}
Architecture: ${arch}
Maintainer: the oomloop authors <oomloop@users.noreply.invalid>
Section: admin
Priority: optional
Homepage: ${homepage}
Installed-Size: ${sizeKiB}
Depends: libc6 (>= 2.28), libstdc++6 (>= 5), libgcc-s1 | libgcc1
Description: sees OOM kill-respawn loops before the node is gone
 Watches the kernel's log, memory and pressure of a Linux node, and tells a
 webhook when processes are killed for want of memory, come back and are
 killed again, or when the node is about to get there.
`

const script = (body: string): string => `#!/bin/sh\nset -e\n${body}`

const afterInstall = `[ "$1" = configure ] || exit 0
chmod 640 /etc/oomloop/oomloop.yaml
command -v systemctl >/dev/null || exit 0
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
# On upgrade the administrator's choice stands.
if [ -z "$2" ]; then systemctl enable --quiet oomloop; fi
if [ -d /run/systemd/system ]; then
  if [ -z "$2" ]; then systemctl start oomloop; else systemctl try-restart oomloop; fi
fi
`

const beforeRemove = `[ "$1" = remove ] || exit 0
if command -v systemctl >/dev/null; then
  if [ -d /run/systemd/system ]; then systemctl disable --now --quiet oomloop; else systemctl disable --quiet oomloop; fi
fi
`

const afterRemove = `if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
[ "$1" = purge ] || exit 0
rm -rf /etc/oomloop /var/lib/oomloop /var/lib/private/oomloop /run/oomloop
`
