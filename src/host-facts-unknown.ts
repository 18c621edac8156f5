import type { HostFacts } from './types.ts'

/** A host of which nothing is known but a log: until an observation says better, which in a bare log none does. */
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
