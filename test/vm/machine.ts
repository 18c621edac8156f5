import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  constants,
  copyFileSync,
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { image, vmDir } from './image.ts'

export { whyNoMachine } from './image.ts'

export interface Boot {
  /** A shell script; it runs as root, finds `files` in /put, and leaves its results in /out. */
  readonly script: string
  /** Path below /put → file or folder here that is copied there. */
  readonly files?: Readonly<Record<string, string>>
  readonly memMiB?: number
  readonly cpus?: number
  /** systemd is the first process and the script one of its services; otherwise nothing but the script runs. */
  readonly systemd?: boolean
  /** Requests a second that the disk takes; absent: as many as it can. */
  readonly iops?: number
  /** The machine is ended after this long. */
  readonly seconds?: number
  /** Boots from this disk and leaves its changes there (made where it does not exist): two boots are a reboot. */
  readonly disk?: string
  /** Where the console goes while the machine runs. */
  readonly onConsole?: (text: string) => void
}

export interface Finished {
  /** The script ended by itself, with code 0. */
  readonly ok: boolean
  /** null: the machine was ended, or died, before the script was through. */
  readonly exitCode: number | null
  readonly console: string
  /** What the script left in /out. The caller removes it. */
  readonly outDir: string
  readonly seconds: number
}

/**
 * Boots a small virtual machine with Debian's kernel, runs a script in it, and brings back what it left. No network, no
 * swap, cgroup v2, software emulation: nothing in it can reach or harm the machine it runs on.
 */
export async function boot(options: Boot): Promise<Finished> {
  const { kernel, initrd, disk } = image()
  const work = mkdtempSync(join(vmDir, 'run-'))
  const files = { root: options.disk ?? join(work, 'root.img'), put: join(work, 'put.img'), out: join(work, 'out.img') }
  try {
    if (!existsSync(files.root)) copyFileSync(disk, files.root, constants.COPYFILE_FICLONE)
    makePut(work, files.put, options)
    truncated(files.out, 256)
    e2(['mkfs.ext4', '-q', files.out])
    const startedAt = Date.now()
    const console = await emulate({ ...options, kernel, initrd, ...files, log: join(work, 'console') })
    const outDir = join(work, 'out')
    takeOut(files.out, outDir)
    const exitCode = existsSync(join(outDir, 'exit-code'))
      ? Number(readFileSync(join(outDir, 'exit-code'), 'utf8'))
      : null
    return { ok: exitCode === 0, exitCode, console, outDir, seconds: (Date.now() - startedAt) / 1000 }
  } finally {
    for (const path of [files.put, files.out, join(work, 'root.img'), join(work, 'put')])
      rmSync(path, { recursive: true, force: true })
  }
}

/** /put is a disk of its own, made by mkfs: no time is spent on copying inside the machine. */
function makePut(work: string, path: string, { script, files = {} }: Boot): void {
  const put = join(work, 'put')
  mkdirSync(put)
  writeFileSync(join(put, 'script'), script)
  chmodSync(join(put, 'script'), 0o755)
  for (const [name, from] of Object.entries(files)) {
    mkdirSync(dirname(join(put, name)), { recursive: true })
    cpSync(from, join(put, name), { recursive: true, dereference: true })
  }
  const { stdout } = spawnSync('du', ['-sm', put], { encoding: 'utf8' })
  truncated(path, Math.ceil(Number.parseInt(stdout, 10) * 1.1) + 32)
  e2(['mkfs.ext4', '-q', '-d', put, path])
}

/** Read by debugfs, so that nothing has to be mounted here and what a machine left that was ended is there as well. */
function takeOut(disk: string, outDir: string): void {
  mkdirSync(outDir)
  spawnSync('e2fsck', ['-fy', disk], { stdio: 'ignore', env }) // a machine that was ended left a journal
  e2(['debugfs', '-R', `rdump / ${outDir}`, disk])
  rmSync(join(outDir, 'lost+found'), { recursive: true, force: true })
}

interface Emulation extends Boot {
  readonly kernel: string
  readonly initrd: string
  readonly root: string
  readonly put: string
  readonly out: string
  readonly log: string
}

function emulate(machine: Emulation): Promise<string> {
  const {
    kernel,
    initrd,
    root,
    put,
    out,
    log,
    memMiB = 512,
    cpus = 2,
    iops,
    systemd,
    seconds = 300,
    onConsole,
  } = machine
  const throttle = iops ? `,throttling.iops-total=${iops}` : ''
  const drive = (path: string, extra = '') => ['-drive', `file=${path},format=raw,if=virtio,cache=unsafe${extra}`]
  // no_timer_check: emulated on a busy machine the timer is late at boot, and the kernel panics ("IO-APIC + timer").
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', String(cpus), '-m', String(memMiB)],
      ...['-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot', '-nic', 'none'],
      ...['-kernel', kernel, '-initrd', initrd],
      ...[
        '-append',
        `console=ttyS0 quiet panic=-1 edd=off no_timer_check systemd.show_status=0${systemd ? ' vm.init=systemd' : ''}`,
      ],
      ...[...drive(root, throttle), ...drive(put, throttle), ...drive(out)],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
  const kept = createWriteStream(log)
  let console = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      console += text
      kept.write(text)
      onConsole?.(text)
    })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      clearTimeout(timer)
      kept.end()
      resolve(console)
    })
  })
}

const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }

function e2([program, ...args]: readonly string[]): void {
  const { status, stderr } = spawnSync(program!, args, { encoding: 'utf8', env })
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`)
}

function truncated(path: string, mib: number): void {
  writeFileSync(path, '')
  truncateSync(path, mib * 1024 * 1024)
}
