/** Hints about webhooks, test notifications, errors of receivers. */
export const delivery = {
  notConnected: ({ ms }: { ms: number }) => `connection not opened within ${ms} ms`,
  hungUp: 'the receiver closed the connection without a complete response',
  closedEarly: 'connection closed while it was being opened',
  noAddress: ({ host }: { host: string }) => `no usable address for ${host}`,
  badHeader: ({ header }: { header: string }) => `the header ${header} cannot be set here`,
  redirect: 'redirects are not followed',
  noAnswer: ({ ms }: { ms: number }) => `no complete response within ${ms} ms`,
  formatFailed: ({ format, why }: { format: string; why: string }) => `format ${format} failed: ${why}`,
  tooOld: ({ why }: { why: string }) => `not accepted for three days, last: ${why}`,
  tls: {
    noCertificate: ({ webhook, file }: { webhook: string; file: string }) =>
      `webhook ${webhook}: ${file} contains no certificate`,
    noKey: ({ webhook, file }: { webhook: string; file: string }) =>
      `webhook ${webhook}: ${file} contains no key without a passphrase`,
    otherKey: ({ webhook, keyFile, certFile }: { webhook: string; keyFile: string; certFile: string }) =>
      `webhook ${webhook}: ${keyFile} is not the key of ${certFile}`,
    cannotRead: ({ webhook, file, why }: { webhook: string; file: string; why: string }) =>
      `webhook ${webhook}: cannot read ${file}: ${why}`,
  },
  example: {
    summary:
      'This is a test of oomloop: nothing was killed. A real alert states here what happened, to which workload, and the next step.',
    step: 'Nothing to do: this is a test',
    why: 'Someone ran oomloop notify --test to check that alerts arrive.',
    evidence: 'the command oomloop notify --test',
    remedy: 'No fix is needed.',
  },
  sent: ({ format, bytes, url }: { format: string; bytes: number; url: string }) =>
    `${format}, ${bytes} bytes to ${url}`,
  noResponse: ({ why }: { why: string }) => `none: ${why}`,
  milliseconds: ({ response, ms }: { response: string; ms: number }) => `${response} (${ms} ms)`,
  accepted: 'accepted',
  notAccepted: ({ kind, why }: { kind: 'retry' | 'give-up' | 'disable'; why: string }) =>
    `not accepted (${afterFailure[kind]}): ${why}`,
  labels: { sent: 'request', response: 'response', result: 'result', fix: 'fix' },
  noCode: 'the response has no result code',
  html: 'the response is an HTML page, not the answer of a webhook',
  hints: {
    cloudevents: 'the receiver does not accept application/cloudevents+json',
    dingtalk: 'check secret, clock, the keyword as prefix, and the allowed addresses',
    feishuSecret: 'check the secret, and the clock of this node',
    feishuAddress: 'the bot does not allow requests from the address of this node',
    feishuKeyword: 'set prefix to the keyword of the bot',
    dns: "the host name cannot be resolved: check the URL and this node's DNS",
    refused: 'nothing listens there: check host and port, and that the receiver is running',
    unreachable: 'the host cannot be reached: check route, firewall, and whether a proxy is needed (https_proxy)',
    expired: "the receiver's certificate has expired: renew it",
    untrusted: 'the certificate is not trusted: set caFile to the authority that signed it, and check the host name',
    tls: 'TLS failed: check that the URL uses https only where the receiver does, and check certFile',
    timeout: 'the receiver took too long: raise timeout, or check the receiver',
    closed: 'the receiver closed the connection: check its log',
    redirect: 'redirects are not followed: set the URL to the target of the redirect',
    format: 'the receiver does not understand this message: check format',
    forbidden: 'not permitted: check secret, headers and the allowed addresses',
    gone: 'this webhook does not exist (any more): check the URL, or create a new one',
    proxy: 'the proxy requires a user and a password: add them to its URL',
    tooLarge: 'too large for the receiver: raise its limit',
    rateLimit: 'the receiver limits requests: wait, or raise its limit',
    failed: 'the receiver failed: check its log',
    html: 'a login page or a proxy responds there: check the URL, and that it needs no login',
  },
}

/** What `run` would do next. */
const afterFailure = {
  retry: 'an alert would be tried again',
  'give-up': 'an alert would not be tried again',
  disable: 'the webhook would be disabled until the next start',
}
