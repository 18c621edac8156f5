/**
 * Returns the proxy that the environment names for a URL, or null. Reads `https_proxy`, `http_proxy`, `all_proxy` and
 * `no_proxy`, in lower case first, as curl does; `http_proxy` in lower case only, since a CGI sets HTTP_PROXY from a
 * request's header.
 */
export function proxyFor(url: string, environment: Readonly<Record<string, string | undefined>>): string | null {
  const { protocol, hostname, port } = new URL(url)
  const either = (name: string) => environment[name] || environment[name.toUpperCase()]
  const proxy = (protocol === 'https:' ? either('https_proxy') : environment.http_proxy) || either('all_proxy')
  if (!proxy || isExempt(hostname, port, either('no_proxy') ?? '')) return null
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

/** `no_proxy`: hosts, domains with or without a leading dot, `host:port`, `*`; parted by commas or blanks. */
function isExempt(hostname: string, port: string, list: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .some(entry => {
      if (entry === '*') return true
      const [, name = entry, wantedPort] = /^(.+?|\[.+\]):(\d+)$/.exec(entry) ?? []
      const plain = (isAddress(entry) ? entry : name).replace(/^\[|\]$/g, '').replace(/^\*?\./, '')
      if (wantedPort && !isAddress(entry) && wantedPort !== port) return false
      return host === plain || host.endsWith(`.${plain}`)
    })
}

/** An IPv6 address without brackets has colons of its own. */
function isAddress(text: string): boolean {
  return !text.startsWith('[') && text.split(':').length > 2
}
