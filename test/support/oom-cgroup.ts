import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Makes the kernel really kill: a memory cgroup with a limit (v1 or v2, whichever this machine has) and hogs in it.
 * Only below a directory of its own; what it starts ends by itself or by the kernel.
 */
export interface OomCgroup {
  /** Path as the kernel names it. */
  readonly path: string
  /** Starts a hog that allocates without end; resolves with its pid when the kernel has killed it.
   * `idleSeconds`: how long it sits there before it does, to be seen. */
  readonly kill: (comm?: string, idleSeconds?: number) => Promise<number>
  readonly remove: () => void
}

const v1 = '/sys/fs/cgroup/memory'
const v2 = '/sys/fs/cgroup'

/** Why real kills cannot be made here, or undefined where they can. */
export function whyNoKills(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root to make memory cgroups'
  if (existsSync(`${v1}/memory.limit_in_bytes`)) return undefined
  const controllers = existsSync(`${v2}/cgroup.controllers`) ? readFileSync(`${v2}/cgroup.controllers`, 'utf8') : ''
  return controllers.includes('memory') ? undefined : 'has no memory controller'
}

export function makeOomCgroup(name: string, limitMiB = 16): OomCgroup {
  const isV1 = existsSync(`${v1}/memory.limit_in_bytes`)
  const path = `/oomloop-test-${process.pid}-${name}`
  const dir = `${isV1 ? v1 : v2}${path}`
  if (!isV1) writeFileSync(`${v2}/cgroup.subtree_control`, '+memory')
  mkdirSync(dir)
  writeFileSync(`${dir}/${isV1 ? 'memory.limit_in_bytes' : 'memory.max'}`, String(limitMiB * 1024 * 1024))
  return {
    path,
    kill: (comm = 'hog', idleSeconds = 0) => runHog(`${dir}/cgroup.procs`, comm, idleSeconds),
    remove: () => rmdirSync(dir),
  }
}

/** A copy of `tail` bears the name; of a file without newlines it keeps all in memory. The shell enters the cgroup first. */
function runHog(procs: string, comm: string, idleSeconds: number): Promise<number> {
  const hog = join(mkdtempSync(join(tmpdir(), 'oomloop-hog-')), comm)
  copyFileSync('/usr/bin/tail', hog)
  return new Promise((resolve, reject) => {
    const script = 'echo $$ >"$1" && sleep "$3" && exec "$2" /dev/zero'
    const child = spawn('sh', ['-c', script, 'sh', procs, hog, String(idleSeconds)], { stdio: 'ignore' })
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      signal === 'SIGKILL'
        ? resolve(child.pid!)
        : reject(new Error(`the hog ended by ${signal ?? code}, not by the kernel`)),
    )
  })
}

/** The kernel's own count of OOM kills. */
export function kernelKills(): number {
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? Number.NaN)
}
