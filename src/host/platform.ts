import { release } from 'node:os'
import { OomloopError } from './errors.ts'

/** Linux 4.18 and glibc 2.28 are what Node.js itself asks for (RHEL 8, Debian 10, Ubuntu 20.04 and later). */
const leastKernel = [4, 18] as const

/** Refuses to start where the agent cannot work, with a sentence that says why. Throws OOMLOOP_PLATFORM. */
export function checkPlatform(platform: string = process.platform, kernel: string = release()): void {
  if (platform !== 'linux')
    throw new OomloopError('OOMLOOP_PLATFORM', `run needs Linux, this is ${platform}; replay and report work anywhere`)
  const [major = 0, minor = 0] = kernel.split('.').map(part => Number.parseInt(part, 10))
  if (major < leastKernel[0] || (major === leastKernel[0] && minor < leastKernel[1]))
    throw new OomloopError(
      'OOMLOOP_PLATFORM',
      `run needs Linux ${leastKernel.join('.')} or later, this is ${kernel}; its logs can be read with replay`,
    )
}
