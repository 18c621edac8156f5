/** What a person can mend, by what went wrong. Undefined where the answer says it all. */
export function adviceFor(result: {
  readonly status?: number
  readonly code?: string
  readonly error?: string
}): string | undefined {
  if (result.status !== undefined) return byStatus(result.status)
  const code = result.code ?? ''
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code))
    return "the host's name cannot be resolved: check the URL and this node's DNS"
  if (code === 'ECONNREFUSED') return 'nothing listens there: check host and port, and whether the receiver runs'
  if (/EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|CONNECT_TIMEOUT/.test(code))
    return 'no way to the host: check route, firewall, and whether a proxy is needed (https_proxy)'
  if (/CERT_HAS_EXPIRED/.test(code)) return "the receiver's certificate has expired: renew it there"
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code))
    return 'the certificate is not trusted: name the authority that signed it with caFile, and check the host name'
  if (/^(EPROTO|ERR_SSL)/.test(code))
    return 'TLS failed: check that the URL says https where the receiver does, and certFile'
  if (/no whole answer/.test(result.error ?? ''))
    return 'the receiver took too long: raise timeout, or look at the receiver'
  if (/^(ECONNRESET|UND_ERR_SOCKET)$/.test(code)) return 'the receiver closed the connection: look at its log'
  return undefined
}

function byStatus(status: number): string | undefined {
  if (status >= 300 && status < 400) return 'redirects are not followed: set the URL to where it points'
  if (status === 400 || status === 415 || status === 422) return 'the receiver does not understand this: check format'
  if (status === 401 || status === 403) return 'not permitted: check secret, headers and the allowed addresses'
  if (status === 404 || status === 410) return 'there is no such webhook (any more): check the URL, or make a new one'
  if (status === 407) return 'the proxy wants a user and a password: put them into its URL'
  if (status === 413) return 'too large for the receiver: raise its limit'
  if (status === 429) return 'the receiver limits requests: wait, or raise its limit'
  return status >= 500 ? 'the receiver failed: look at its log' : undefined
}
