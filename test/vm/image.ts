import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The parts that every boot shares; none of them is written to after it was built. */
export interface Image {
  readonly kernel: string
  readonly initrd: string
  /** ext4, with systemd, busybox and Python; copied for each boot. */
  readonly disk: string
}

/** Where the image and the results lie: outside the checkout, kept from run to run. */
export const vmDir = process.env.OOMLOOP_VM_DIR ?? join(tmpdir(), 'oomloop-vm')

/** Goes up when what is built changes, so that an older image is not taken for it. */
const edition = 1
const suite = 'bookworm'
/** libstdc++ and libatomic are what Node.js needs; Python plays the node in small. */
const packages = 'busybox-static,systemd,systemd-sysv,dbus,procps,libatomic1,libstdc++6,python3-minimal'
const modules = {
  boot: ['virtio', 'virtio_ring', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_pci', 'virtio_blk'],
  // For `modprobe`-less loading inside the machine: compressed swap.
  extra: ['lzo', 'lzo-rle', 'zsmalloc', 'zram'],
}

/** Why no machine can be booted here, or undefined where one can. */
export function whyNoMachine(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux on x64'
  if (process.getuid?.() !== 0) return 'needs root to build the image with debootstrap'
  for (const program of [
    'qemu-system-x86_64',
    'mkfs.ext4',
    'debugfs',
    ...(isBuilt() ? [] : ['debootstrap', 'cpio', 'apt-get']),
  ])
    if (!hasProgram(program)) return `needs ${program}`
  return undefined
}

/** Builds the image once, from Debian's packages alone (one to two minutes), and names its parts. */
export function image(): Image {
  if (!isBuilt()) build()
  return parts(join(vmDir, `image-${edition}`))
}

function isBuilt(): boolean {
  return existsSync(parts(join(vmDir, `image-${edition}`)).disk)
}

function parts(dir: string): Image {
  return { kernel: join(dir, 'vmlinuz'), initrd: join(dir, 'initrd.gz'), disk: join(dir, 'disk.img') }
}

function build(): void {
  const work = join(vmDir, `building-${process.pid}`)
  const root = join(work, 'root')
  mkdirSync(work, { recursive: true })
  try {
    sh(work, `debootstrap --variant=minbase --include=${packages} ${suite} root >debootstrap.log`)
    // Debian names its newest kernel by a package that depends on it.
    sh(
      work,
      `apt-get download -qq "$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ {print $2; exit}')"`,
    )
    sh(work, 'dpkg -x linux-image-*.deb kernel')
    const made = parts(work)
    sh(work, `cp kernel/boot/vmlinuz-* ${made.kernel}`)
    takeModules(work, modules.boot, join(work, 'initrd/modules'))
    takeModules(work, modules.extra, join(root, 'vm/modules'))
    makeInitrd(work, root, made.initrd)
    makeRoot(root)
    sh(work, `mkfs.ext4 -q -d root ${made.disk} 1024M`)
    sh(work, 'rm -rf root kernel initrd *.deb')
    rmSync(join(vmDir, `image-${edition}`), { recursive: true, force: true })
    renameSync(work, join(vmDir, `image-${edition}`))
  } catch (error) {
    rmSync(work, { recursive: true, force: true })
    throw error
  }
}

function takeModules(work: string, names: readonly string[], to: string): void {
  mkdirSync(to, { recursive: true })
  for (const name of names) sh(work, `find kernel/lib/modules -name ${name}.ko -exec cp {} ${to}/ ';'`)
}

function makeInitrd(work: string, root: string, path: string): void {
  const initrd = join(work, 'initrd')
  for (const dir of ['bin', 'proc', 'sys', 'dev', 'root']) mkdirSync(join(initrd, dir), { recursive: true })
  cpSync(join(root, 'bin/busybox'), join(initrd, 'bin/busybox'))
  guest('initrd-init', join(initrd, 'init'))
  sh(initrd, `find . | cpio -o -H newc 2>/dev/null | gzip -1 >${path}`)
}

function makeRoot(root: string): void {
  for (const dir of ['put', 'out', 'vm']) mkdirSync(join(root, dir), { recursive: true })
  guest('init', join(root, 'vm/init'))
  guest('go', join(root, 'vm/go'))
  const units = join(root, 'etc/systemd/system')
  guest('vm-script.service', join(units, 'vm-script.service'))
  mkdirSync(join(units, 'multi-user.target.wants'), { recursive: true })
  symlinkSync('../vm-script.service', join(units, 'multi-user.target.wants/vm-script.service'))
  // It waits for a device that only udev announces.
  symlinkSync('/dev/null', join(units, 'serial-getty@ttyS0.service'))
  writeFileSync(join(root, 'etc/hostname'), 'small-node\n')
}

/** Copies a file of ./guest to where it works. */
function guest(name: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(join(import.meta.dirname, 'guest', name), to)
  chmodSync(to, name.endsWith('.service') ? 0o644 : 0o755)
}

function hasProgram(name: string): boolean {
  return (process.env.PATH ?? '')
    .split(':')
    .concat('/usr/sbin', '/sbin')
    .some(dir => existsSync(join(dir, name)))
}

function sh(cwd: string, command: string): void {
  const { status, stderr, error } = spawnSync('bash', ['-euo', 'pipefail', '-c', command], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr.trim().slice(-2000)}`)
}
