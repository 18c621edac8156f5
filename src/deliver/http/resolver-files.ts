import { isIP } from 'node:net'

export interface ResolverSettings {
  /** Domains that are tried behind a short name, in order. */
  readonly search: readonly string[]
  /** A name with so many dots is tried as it is first. */
  readonly ndots: number
}

/** Reads `search` (or `domain`) and `options ndots:N` of /etc/resolv.conf; the name servers are read by c-ares itself. */
export function parseResolvConf(text: string): ResolverSettings {
  let search: readonly string[] = []
  let ndots = 1
  for (const line of text.split('\n')) {
    const [key, ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/)
    if (key === 'search' || key === 'domain') search = values.slice(0, 16)
    const dots = key === 'options' ? values.find(value => /^ndots:\d{1,2}$/.test(value)) : undefined
    if (dots) ndots = Math.min(15, Number(dots.slice('ndots:'.length)))
  }
  return { search, ndots }
}

/** The names to ask for, in the order of resolv.conf(5). A name that ends in a dot is complete. */
export function namesToAsk(hostname: string, { search, ndots }: ResolverSettings): readonly string[] {
  if (hostname.endsWith('.')) return [hostname.slice(0, -1)]
  const searched = search.map(domain => `${hostname}.${domain.replace(/\.$/, '')}`).filter(name => name.length < 254)
  const dots = hostname.split('.').length - 1
  return dots >= ndots ? [hostname, ...searched] : [...searched, hostname]
}

/** The addresses that /etc/hosts has for a name. */
export function addressesInHosts(text: string, hostname: string): readonly string[] {
  const wanted = hostname.toLowerCase().replace(/\.$/, '')
  const found: string[] = []
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (isIP(address) && names.some(name => name.toLowerCase() === wanted)) found.push(address)
  }
  return found
}
