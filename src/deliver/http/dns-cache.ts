import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { DeliveryError } from './delivery-error.ts'
import { type ResolveHost, resolveHost } from './resolve-host.ts'

/** How long a connection waits for fresh addresses while it has older ones. */
const freshMs = 300
/** After an answer that took longer, older addresses are used at once for so long; asking goes on meanwhile. */
const distrustMs = 30_000

/**
 * Returns a `lookup` that remembers the last good answer and uses it when asking fails or takes long: the cluster's DNS is
 * a pod too, and may be one of those that are being killed.
 */
export function createLookup(
  resolve: ResolveHost = resolveHost,
  monotonicMs: () => number = () => performance.now(),
): LookupFunction {
  const known = new Map<string, readonly LookupAddress[]>()
  let slowAt = Number.NEGATIVE_INFINITY

  const askAnew = async (hostname: string): Promise<readonly LookupAddress[]> => {
    const begunAt = monotonicMs()
    try {
      const found = await resolve(hostname)
      known.set(hostname, found)
      return found
    } finally {
      const endedAt = monotonicMs()
      if (endedAt - begunAt > freshMs) slowAt = endedAt
    }
  }

  const addressesOf = async (hostname: string): Promise<readonly LookupAddress[]> => {
    const before = known.get(hostname)
    const fresh = askAnew(hostname)
    if (!before) return fresh
    fresh.catch(() => {}) // the addresses of before have to do
    if (monotonicMs() - slowAt < distrustMs) return before
    return Promise.race([
      fresh.catch(() => before),
      new Promise<readonly LookupAddress[]>(done => setTimeout(done, freshMs, before)),
    ])
  }

  return (hostname, options, callback) => {
    void addressesOf(hostname)
      .then(found => found.filter(({ family }) => !options.family || family === Number(options.family)))
      .then(
        found => {
          if (found.length === 0) return callback(noAddress(hostname), [])
          if (options.all) return callback(null, [...found])
          callback(null, found[0]!.address, found[0]!.family)
        },
        (error: NodeJS.ErrnoException) => callback(error, []),
      )
  }
}

function noAddress(hostname: string): NodeJS.ErrnoException {
  return new DeliveryError('ENOTFOUND', t => t.noAddress({ host: hostname }))
}
