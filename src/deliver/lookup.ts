import { type LookupAddress, type LookupOptions, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

/**
 * Returns a `lookup` that remembers the last good answer and uses it when asking fails: the cluster's DNS is a pod too,
 * and may be one of those that are being killed.
 */
export function createLookup(resolve: typeof lookup = lookup): LookupFunction {
  const known = new Map<string, readonly LookupAddress[]>()
  return (hostname, options, callback) => {
    const asked: LookupOptions = { ...options, all: true }
    resolve(hostname, asked as LookupOptions & { all: true }, (error, found) => {
      const addresses = error ? known.get(hostname) : found
      if (!addresses || addresses.length === 0) return callback(error, [])
      known.set(hostname, addresses)
      if (options.all) return callback(null, [...addresses])
      callback(null, addresses[0]!.address, addresses[0]!.family)
    })
  }
}
