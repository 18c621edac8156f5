import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { makeImage } from '../../packaging/image.ts'
import { openRelease } from '../../packaging/release.ts'
import { whyNoKmsg } from '../../src/input/live/kmsg.ts'
import type { Alert } from '../../src/types.ts'
import { type Receiver, startReceiver } from '../deliver/receiver.ts'
import { readUpToNow } from '../support/live-agent.ts'
import { makeOomCgroup, whyNoKills } from '../support/oom-cgroup.ts'
import { checkout } from '../support/oomloop.ts'
import { hasProgram, releaseFolder, whyNoRelease } from '../support/release.ts'

const kmsgDenied = whyNoKmsg('/dev/kmsg')
const why =
  whyNoRelease() ??
  whyNoKills() ??
  ['runc', 'umoci'].map(name => (hasProgram(name) ? undefined : `needs ${name}`)).find(Boolean) ??
  (kmsgDenied && `/dev/kmsg ${kmsgDenied}`)

/** The image as runc runs it, with what the DaemonSet asks of Kubernetes translated into what Kubernetes asks of runc. */
describe.skipIf(why)(`the image under runc${why ? ` (skipped: ${why})` : ''}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-image-'))
  const name = `oomloop-test-${process.pid}`
  let receiver: Receiver
  let container: ChildProcess

  beforeAll(async () => {
    const release = openRelease(join(dir, 'release'))
    const archive = makeImage(release, 'x64', await releaseFolder())
    rmSync(release.work, { recursive: true })
    mkdirSync(join(dir, 'layout'))
    execFileSync('tar', ['-xf', archive, '-C', join(dir, 'layout')])
    execFileSync('umoci', ['unpack', '--image', `${dir}/layout:${release.version}`, join(dir, 'bundle')], {
      stdio: 'ignore',
    })
    receiver = await startReceiver()
    for (const folder of ['lock', 'state']) mkdirSync(join(dir, folder))
    // As kubelet does for hostPath DirectoryOrCreate: the host's root is mounted read-only over the mount point.
    mkdirSync('/run/oomloop', { recursive: true })
    readUpToNow(join(dir, 'state'))
    const config = join(dir, 'bundle/config.json')
    writeFileSync(
      config,
      JSON.stringify(asKubernetesWould(JSON.parse(readFileSync(config, 'utf8')), dir, receiver.url)),
    )
    container = spawn('runc', ['run', '--bundle', join(dir, 'bundle'), name], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [container.stdout!, container.stderr!]) stream.on('data', text => (said += text))
    for (let waited = 0; !said.includes('"watching"'); waited += 100) {
      if (waited > 30_000 || container.exitCode !== null) throw new Error(`it does not watch: ${said}`)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }, 240_000)

  afterAll(async () => {
    if (container?.exitCode === null) execFileSync('runc', ['kill', name, 'KILL'])
    await receiver?.close()
    rmSync(dir, { recursive: true, force: true })
  }, 60_000)

  it('sees a real kill loop of the host, and delivers it', async () => {
    const cgroup = makeOomCgroup('image')
    const pids = [await cgroup.kill(), await cgroup.kill()]
    cgroup.remove()
    // Others make the kernel kill meanwhile: the one that is ours is waited for.
    const ours = (): Alert | undefined =>
      (receiver.bodies() as unknown as Alert[]).find(({ loop }) => loop?.pids.includes(pids[1]!))
    for (let waited = 0; !ours() && waited < 40_000; waited += 50) await new Promise(resolve => setTimeout(resolve, 50))
    expect(ours()).toMatchObject({ type: 'respawn-loop', node: { name: 'node-of-the-test' }, loop: { pids } })
  }, 90_000)

  it('the image contains only glibc and the program, without a shell or package manager', () => {
    const files = execFileSync(
      'find',
      [join(dir, 'bundle/rootfs'), '-type', 'f', '-perm', '/111', '-not', '-name', '*.so*'],
      { encoding: 'utf8' },
    )
    expect(files.trim().split('\n')).toEqual([join(dir, 'bundle/rootfs/usr/bin/oomloop')])
  })

  it('ends by SIGTERM within the grace that the DaemonSet gives', async () => {
    const startedAt = Date.now()
    const ended = new Promise(resolve => container.once('exit', resolve))
    execFileSync('runc', ['kill', name, 'TERM'])
    await ended
    expect(Date.now() - startedAt).toBeLessThan(5000)
  }, 30_000)
})

// biome-ignore lint/suspicious/noExplicitAny: an OCI config and a manifest, as parsed
type Parsed = any

/**
 * What kubelet and containerd make of the pod: privileged is all capabilities, all devices and no seccomp; hostPID is no
 * pid namespace of its own. Two things differ: the network is the host's, where the test's receiver is, and
 * oom_score_adj is left alone, which this machine's root may not lower.
 */
function asKubernetesWould(config: Parsed, dir: string, webhook: string): Parsed {
  const text = readFileSync(join(checkout, 'deploy/kustomize/base/daemonset.yaml'), 'utf8')
  const { spec } = parseAllDocuments(text)[0]!.toJS().spec.template
  const [container] = spec.containers
  const { securityContext } = container
  const hostDirs: Record<string, string> = { host: '/', lock: join(dir, 'lock'), state: join(dir, 'state') }
  const own = new Set(['pid', 'network'].filter(kind => kind === 'network' || spec.hostPID))
  const all = capabilitiesOf()
  return {
    ...config,
    root: { path: 'rootfs', readonly: securityContext.readOnlyRootFilesystem },
    process: {
      ...config.process,
      terminal: false,
      user: { uid: securityContext.runAsUser, gid: securityContext.runAsGroup },
      args: ['/usr/bin/oomloop', ...container.args],
      env: [
        'PATH=/usr/bin',
        ...container.env.map(({ name, value }: Parsed) => `${name}=${value ?? 'node-of-the-test'}`),
        `OOMLOOP_WEBHOOK=${webhook}`,
      ],
      capabilities: securityContext.privileged ? { bounding: all, effective: all, permitted: all } : {},
      rlimits: [],
      noNewPrivileges: false,
    },
    mounts: [
      ...config.mounts.filter(({ destination }: Parsed) => destination !== '/sys/fs/cgroup'),
      ...container.volumeMounts
        .filter(({ name }: Parsed) => hostDirs[name])
        .map(({ name, mountPath, readOnly }: Parsed) => ({
          destination: mountPath,
          type: 'bind',
          source: hostDirs[name],
          options: ['rbind', readOnly ? 'ro' : 'rw'],
        })),
    ],
    linux: {
      ...config.linux,
      namespaces: config.linux.namespaces.filter(
        ({ type }: Parsed) => !own.has(type) && type !== 'cgroup' && type !== 'user',
      ),
      resources: { devices: [{ allow: securityContext.privileged === true, access: 'rwm' }] },
      maskedPaths: [],
      readonlyPaths: [],
    },
  }
}

/** What this machine's root may itself. */
function capabilitiesOf(): string[] {
  const set = BigInt(`0x${/^CapBnd:\s+(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]}`)
  return capabilityNames.filter((_, bit) => (set >> BigInt(bit)) & 1n)
}

// include/uapi/linux/capability.h, in the order of their bits
const capabilityNames =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
    .split(' ')
    .map(name => `CAP_${name}`)
