import { type LookupAddress, lookup, promises } from 'node:dns'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { addressesInHosts, namesToAsk, parseResolvConf, type ResolverSettings } from './resolver-files.ts'

export type ResolveHost = (hostname: string) => Promise<readonly LookupAddress[]>

/** Time limit for a name, whatever the name servers do. */
const deadlineMs = 5_000
/** One question to one server; asked twice. */
const questionMs = 1_500
/** When one family has answered, the other one gets so much longer: some servers never answer for AAAA. */
const otherFamilyMs = 100

/**
 * Resolves a name as getaddrinfo(3) does (/etc/hosts, search domains, A and AAAA), but by UDP and TCP in the event loop:
 * getaddrinfo keeps one of libuv's four threads until its name server answers, and four names that hang would keep every
 * other webhook, and every file, waiting. Where DNS knows no such name getaddrinfo is asked all the same, for hosts with
 * other sources of names (mDNS, LDAP), by one thread at most.
 */
export const resolveHost: ResolveHost = async hostname => {
  const known = addressesInHosts(textOf('/etc/hosts'), hostname)
  if (known.length > 0) return known.map(addressOf)
  if (/^(.+\.)?localhost\.?$/i.test(hostname)) return ['127.0.0.1', '::1'].map(addressOf)
  const resolver = new promises.Resolver({ timeout: questionMs, tries: 2, maxTimeout: questionMs })
  const deadline = setTimeout(() => resolver.cancel(), deadlineMs)
  try {
    return await askAll(resolver, namesToAsk(hostname, resolverSettings()))
  } catch (error) {
    return await askSystem(hostname, error as NodeJS.ErrnoException)
  } finally {
    clearTimeout(deadline)
    resolver.cancel()
  }
}

async function askAll(resolver: promises.Resolver, names: readonly string[]): Promise<readonly LookupAddress[]> {
  let failure: unknown
  for (const name of names) {
    try {
      return await ask(resolver, name)
    } catch (error) {
      failure = error
      if ((error as NodeJS.ErrnoException).code === 'ECANCELLED') break
    }
  }
  throw failure
}

/** Both families at once; IPv4 first, since a node may have IPv6 addresses and no way out for them. */
async function ask(resolver: promises.Resolver, name: string): Promise<readonly LookupAddress[]> {
  const v4 = settled(resolver.resolve4(name))
  const v6 = settled(resolver.resolve6(name))
  const first = await Promise.race([v4, v6])
  const pause = new Promise<Answer>(resolve => setTimeout(resolve, otherFamilyMs, { error: undefined }))
  const [four, six] =
    'addresses' in first
      ? await Promise.all([Promise.race([v4, pause]), Promise.race([v6, pause])])
      : await Promise.all([v4, v6])
  const addresses = [four, six].flatMap(answer => ('addresses' in answer ? answer.addresses : []))
  if (addresses.length > 0) return addresses.map(addressOf)
  // A name that exists without the one family is answered by the other one's error: the useful one is not ENODATA.
  const errors = [four, six].flatMap(answer => ('error' in answer && answer.error ? [answer.error] : []))
  throw errors.find(({ code }) => code !== 'ENODATA') ?? errors[0]
}

type Answer = { readonly addresses: readonly string[] } | { readonly error: NodeJS.ErrnoException | undefined }

function settled(work: Promise<readonly string[]>): Promise<Answer> {
  return work.then(
    addresses => ({ addresses }),
    (error: NodeJS.ErrnoException) => ({ error }),
  )
}

let isSystemAsked = false

/** One name at a time: getaddrinfo cannot be ended, and must not get a second thread. */
function askSystem(hostname: string, why: NodeJS.ErrnoException): Promise<readonly LookupAddress[]> {
  if (isSystemAsked) return Promise.reject(why)
  isSystemAsked = true
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(reject, deadlineMs, why)
    lookup(hostname, { all: true }, (error, addresses) => {
      isSystemAsked = false
      clearTimeout(deadline)
      if (error) reject(error)
      else resolve(addresses)
    })
  })
}

function addressOf(address: string): LookupAddress {
  return { address, family: isIP(address) }
}

function resolverSettings(): ResolverSettings {
  return parseResolvConf(textOf('/etc/resolv.conf'))
}

/** Small files that are asked for seldom, and mostly lie in memory (a container's are the runtime's, on tmpfs). */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // none: names come from DNS alone
  }
}
