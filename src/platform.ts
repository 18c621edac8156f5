import { randomBytes } from 'node:crypto'
import { release } from 'node:os'
import { OomloopError } from './errors.ts'
import { type Locale, messagesOf } from './text/messages/catalogues.ts'

/**
 * Node.js requires Linux 4.18 and glibc 2.28. It also runs with the system calls of RHEL 7 (Linux 3.10,
 * docs/evidence/old-kernels.md), and the release contains a glibc.
 */
const leastKernel = [3, 10] as const
const leastGlibc = [2, 28] as const

interface Platform {
  readonly system: string
  /** As `uname -r` says it. */
  readonly kernel: string
  /** undefined: another C library (musl). */
  readonly glibc: string | undefined
  /** The kernel gives random bytes. */
  readonly hasEntropy: boolean
}

/** Checks that the agent can work here, with an error that names the reason. Throws OOMLOOP_PLATFORM. */
export function checkPlatform(
  { system, kernel, glibc, hasEntropy }: Platform = thisPlatform(),
  locale: Locale = 'en',
): void {
  const { platform } = messagesOf(locale).agent
  if (system !== 'linux') throw unfit(platform.system({ system }))
  if (isOlder(kernel, leastKernel)) throw unfit(platform.kernel({ least: leastKernel.join('.'), found: kernel }))
  if (glibc === undefined || isOlder(glibc, leastGlibc))
    throw unfit(platform.cLibrary({ least: leastGlibc.join('.'), found: glibc ?? null }))
  if (!hasEntropy) throw unfit(platform.entropy)
}

function thisPlatform(): Platform {
  Object.assign(process.report, { excludeNetwork: true }) // or it would look up the names of all connected hosts
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return {
    system: process.platform,
    kernel: release(),
    glibc: header.glibcVersionRuntime,
    hasEntropy: canMakeRandomBytes(),
  }
}

/** OpenSSL takes entropy from getrandom(2) alone (Linux 3.17, and later kernels of RHEL 7). */
function canMakeRandomBytes(): boolean {
  try {
    return randomBytes(1).length === 1
  } catch {
    return false
  }
}

function isOlder(version: string, [leastMajor, leastMinor]: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map(part => Number.parseInt(part, 10))
  return major < leastMajor || (major === leastMajor && minor < leastMinor)
}

function unfit(message: string): OomloopError {
  return new OomloopError('OOMLOOP_PLATFORM', message)
}
