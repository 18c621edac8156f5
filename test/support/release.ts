import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderName, openRelease } from '../../packaging/release.ts'
import { checkout } from './oomloop.ts'

/** Why no release can be built here, or undefined where one can. */
export function whyNoRelease(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'builds on Linux x64'
  for (const program of ['patchelf', 'x86_64-linux-gnu-strip', 'dpkg-deb', 'apt-get'])
    if (!hasProgram(program)) return `needs ${program}`
  return undefined
}

/**
 * The release folder of this checkout for x64, built unless it is newer than what it is built from. Tests that run at
 * the same time build it once.
 */
export async function releaseFolder(): Promise<string> {
  const release = openRelease()
  const lock = join(release.out, '.building')
  const mark = join(release.out, '.built-x64')
  while (!take(lock)) await new Promise(resolve => setTimeout(resolve, 500))
  try {
    if (!existsSync(mark) || newestSource() > statSync(mark).mtimeMs) {
      const startedAt = new Date()
      execFileSync(process.execPath, ['scripts/package.ts', '--arch', 'x64', '--only', 'folder'], {
        cwd: checkout,
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      writeFileSync(mark, startedAt.toISOString())
    }
  } finally {
    rmdirSync(lock)
    rmdirSync(release.work)
  }
  return join(release.out, folderName(release, 'x64'))
}

/** A lock of a build that died is not waited for. */
function take(lock: string): boolean {
  try {
    mkdirSync(lock)
    return true
  } catch {
    if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 300_000) rmdirSync(lock)
    return false
  }
}

function newestSource(): number {
  const files = globSync(
    ['src/**/*.ts', 'packaging/*', 'systemd/*', 'scripts/{build,package}.ts', 'install.sh', 'package-lock.json'],
    {
      cwd: checkout,
    },
  )
  return Math.max(...files.map(file => statSync(join(checkout, file)).mtimeMs))
}

export function hasProgram(name: string): boolean {
  return [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].some(dir => existsSync(join(dir, name)))
}
