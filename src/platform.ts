import { release } from 'node:os'
import { OomloopError } from './errors.ts'

/** Linux 4.18 and glibc 2.28 are what Node.js itself asks for (RHEL 8, Debian 10, Ubuntu 20.04 and later). */
const leastKernel = [4, 18] as const
const leastGlibc = [2, 28] as const

export interface Platform {
  readonly system: string
  /** As `uname -r` says it. */
  readonly kernel: string
  /** undefined: another C library (musl). */
  readonly glibc: string | undefined
}

/** Refuses to start where the agent cannot work, with a sentence that says why. Throws OOMLOOP_PLATFORM. */
export function checkPlatform({ system, kernel, glibc }: Platform = thisPlatform()): void {
  if (system !== 'linux') throw unfit(`run needs Linux, this is ${system}; replay and report work anywhere`)
  if (isOlder(kernel, leastKernel))
    throw unfit(
      `run needs Linux ${leastKernel.join('.')} or later, this is ${kernel}; its logs can be read with replay`,
    )
  if (glibc === undefined || isOlder(glibc, leastGlibc))
    throw unfit(
      `run needs glibc ${leastGlibc.join('.')} or later, this is ${glibc ?? 'another C library'}; use the container image`,
    )
}

function thisPlatform(): Platform {
  Object.assign(process.report, { excludeNetwork: true }) // or it looks up the names of all that we are connected to
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return { system: process.platform, kernel: release(), glibc: header.glibcVersionRuntime }
}

function isOlder(version: string, [leastMajor, leastMinor]: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map(part => Number.parseInt(part, 10))
  return major < leastMajor || (major === leastMajor && minor < leastMinor)
}

function unfit(message: string): OomloopError {
  return new OomloopError('OOMLOOP_PLATFORM', message)
}
