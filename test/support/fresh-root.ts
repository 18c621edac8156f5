import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasProgram } from './release.ts'

/** A Debian as it comes, in a folder: what a new user's machine holds, and no more. */
export interface FreshRoot {
  readonly dir: string
  /** Runs a shell script in it as root, with `put` at /put, and returns how it ended. */
  readonly run: (script: string, put?: string) => { readonly code: number; readonly out: string }
  readonly remove: () => void
}

// Outside the checkout, kept from run to run: debootstrap takes half a minute.
const kept = join(tmpdir(), 'oomloop-fresh-root')

export function whyNoFreshRoot(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root to make a root file system'
  return ['debootstrap', 'unshare', 'chroot']
    .map(name => (hasProgram(name) ? undefined : `needs ${name}`))
    .find(Boolean)
}

export function makeFreshRoot(): FreshRoot {
  const minbase = join(kept, 'bookworm')
  if (!existsSync(minbase)) bootstrap(minbase)
  const dir = mkdtempSync(join(kept, 'root-'))
  sh(`cp -a --reflink=auto ${minbase}/. ${dir}/`)
  return {
    dir,
    // In a mount namespace of its own: nothing is left mounted, however it ends.
    run: (script, put) => {
      const mounts = `mount -t proc proc ${dir}/proc && mkdir -p ${dir}/put ${put ? `&& mount --bind ${put} ${dir}/put` : ''}`
      const { status, stdout, stderr } = spawnSync(
        'unshare',
        [
          '--mount',
          'sh',
          '-c',
          `${mounts} && exec chroot ${dir} /usr/bin/env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -c "$1" 2>&1`,
          'sh',
          script,
        ],
        { encoding: 'utf8' },
      )
      return { code: status ?? -1, out: `${stdout}${stderr}` }
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

function bootstrap(to: string): void {
  mkdirSync(kept, { recursive: true })
  const work = mkdtempSync(join(kept, 'making-'))
  sh(`debootstrap --variant=minbase bookworm ${work} >/dev/null`)
  renameSync(work, to)
}

function sh(command: string): void {
  const { status, stderr } = spawnSync('sh', ['-c', command], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`)
}
