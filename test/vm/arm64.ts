/**
 * `node test/vm/arm64.ts [--minutes 10]`: the released arm64 executable in an emulated arm64 machine (QEMU's virt,
 * cortex-a72) with Debian's kernel. A workload loops at its own limit in cgroup v2, the kernel kills, and the agent has to
 * print the alert. Needs root, qemu-system-arm, cpio and what `npm run package -- --arch arm64` needs. Not part of the
 * test run: it takes minutes.
 */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { type DebianPackage, fetchDebian } from '../../packaging/debian.ts'
import { makeFolder } from '../../packaging/folder.ts'
import { basePackages, layBase, layProgram } from '../../packaging/image-layers.ts'
import { openRelease, type Release } from '../../packaging/release.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, folder: { type: 'string' } },
})

/** What the machine does: the first process is this script. */
const init = `#!/bin/busybox sh
busybox mkdir -p /proc /sys /dev /tmp /run /var/lib/oomloop
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox mount -t devtmpfs dev /dev
busybox mount -t cgroup2 cgroup /sys/fs/cgroup
echo +memory > /sys/fs/cgroup/cgroup.subtree_control
busybox uname -a
oomloop run --state-dir /var/lib/oomloop --node-name arm64-node &
agent=$!
until busybox test -s /var/lib/oomloop/status.json; do busybox sleep 1; done
busybox mkdir /sys/fs/cgroup/hog
echo 16M > /sys/fs/cgroup/hog/memory.max
for kill in 1 2 3 4; do
  busybox sh -c 'echo $$ > /sys/fs/cgroup/hog/cgroup.procs; exec busybox tail /dev/zero'
  echo "hog $kill ended with $?"
  busybox sleep 3
done
busybox sleep 5
echo "agent: $(busybox grep -E 'VmRSS|VmLck' /proc/$agent/status | busybox tr -s '\\t\\n ' ' ')"
oomloop status
oomloop doctor | busybox head -n 30
echo "the script has ended"
busybox poweroff -f
`

const release = openRelease(join(import.meta.dirname, '../../out/release-arm64'))
try {
  const folder = values.folder ?? (await makeFolder(release, 'arm64'))
  const { kernel, initrd } = makeMachine(release, folder)
  const console = await emulate(kernel, initrd)
  const isSeen = /OOM-kill loop on arm64-node/.test(console)
  const hasEnded = console.includes('the script has ended')
  process.stdout.write(`\nloop alert printed: ${isSeen}, script ended: ${hasEnded}\n`)
  process.exitCode = isSeen && hasEnded ? 0 : 1
} finally {
  rmSync(release.work, { recursive: true, force: true })
}

function makeMachine(release: Release, folder: string): { readonly kernel: string; readonly initrd: string } {
  const tree = join(release.work, 'initrd')
  const debian = fetchDebian(release, 'arm64', [...basePackages, 'busybox-static'])
  layBase(
    tree,
    debian.filter(({ name }) => name !== 'busybox-static').map(one => one.tree),
  )
  layProgram(tree, folder)
  mkdirSync(join(tree, 'bin'), { recursive: true })
  copyFileSync(join(debian.at(-1)!.tree, 'bin/busybox'), join(tree, 'bin/busybox'))
  writeFileSync(join(tree, 'init'), init)
  for (const name of ['init', 'bin/busybox']) chmodSync(join(tree, name), 0o755)
  const initrd = join(release.work, 'initrd.cpio')
  execFileSync('sh', ['-c', `find . | cpio -o -H newc --quiet > ${initrd}`], { cwd: tree })
  const image = kernelPackage(release)
  return { kernel: join(image.tree, globSync('boot/vmlinuz-*', { cwd: image.tree })[0]!), initrd }
}

/** Debian names its newest kernel by a package that depends on it. */
function kernelPackage(release: Release): DebianPackage {
  const [newest] = fetchDebian(release, 'arm64', ['linux-image-arm64'])
  const archive = globSync('linux-image-arm64_*.deb', { cwd: dirname(newest!.tree) })[0]!
  const depends = execFileSync('dpkg-deb', ['-f', join(dirname(newest!.tree), archive), 'Depends'], {
    encoding: 'utf8',
  })
  return fetchDebian(release, 'arm64', [/linux-image-\S+/.exec(depends)![0]])[0]!
}

async function emulate(kernel: string, initrd: string): Promise<string> {
  const machine = [
    '-M',
    'virt',
    '-cpu',
    'cortex-a72',
    '-smp',
    '2',
    '-m',
    '1024',
    '-nographic',
    '-no-reboot',
    '-nic',
    'none',
  ]
  const child = spawn(
    'qemu-system-aarch64',
    [...machine, '-kernel', kernel, '-initrd', initrd, '-append', 'console=ttyAMA0 panic=-1 loglevel=4'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const timer = setTimeout(() => child.kill('SIGKILL'), Number(values.minutes) * 60_000)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    text += chunk
    process.stdout.write(chunk)
  })
  await new Promise(resolve => child.once('close', resolve))
  clearTimeout(timer)
  return text
}
