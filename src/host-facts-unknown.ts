import type { HostFacts } from './types.ts'

/** The host before any observation about it, and the host of a plain log, which has none. */
export const unknownHost: HostFacts = {
  name: 'unknown',
  kernel: 'unknown',
  os: 'unknown',
  memTotalKiB: null,
  bootId: null,
  bootedAt: null,
  agentVersion: '0',
  sight: 'log',
}
