import { execFileSync } from 'node:child_process'
import type { Release } from './release.ts'

export interface ToolOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/** Runs a tool of the build machine where neither locale, time zone nor today's date can change what it makes. */
export function tool(release: Release, command: string, args: readonly string[], options: ToolOptions = {}): string {
  try {
    return execFileSync(command, args, {
      cwd: options.cwd ?? release.work,
      encoding: 'utf8',
      input: options.input,
      stdio: ['pipe', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC', SOURCE_DATE_EPOCH: String(release.epoch), ...options.env },
    })
  } catch (cause) {
    const { code, stderr } = cause as { code?: string; stderr?: string }
    if (code === 'ENOENT')
      throw new Error(`needs ${command}; on Debian: apt-get install ${packageOf[command] ?? command}`)
    throw new Error(`${command} ${args.join(' ').slice(0, 200)} failed: ${stderr?.trim().slice(-2000)}`, { cause })
  }
}

const packageOf: Readonly<Record<string, string>> = {
  'dpkg-deb': 'dpkg',
  rpmbuild: 'rpm',
  'aarch64-linux-gnu-strip': 'binutils-aarch64-linux-gnu',
  'x86_64-linux-gnu-strip': 'binutils-x86-64-linux-gnu',
  xz: 'xz-utils',
  readelf: 'binutils',
}
