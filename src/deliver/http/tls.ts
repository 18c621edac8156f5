import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { OomloopError } from '../../errors.ts'
import { type Locale, messagesOf } from '../../text/messages/catalogues.ts'
import { systemErrorText } from '../../text/system-error.ts'
import type { WebhookSettings } from '../../types.ts'

export interface Tls {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

/** Reads a webhook's certificates and key. Throws OOMLOOP_SETTINGS where one cannot be read, or is none. */
export function readTls({ name, caFile, certFile, keyFile }: WebhookSettings, locale: Locale = 'en'): Tls {
  const { delivery, units } = messagesOf(locale)
  const t = delivery.tls
  const webhook = name
  const readPem = (file: string | undefined): Buffer | undefined => {
    if (file === undefined) return undefined
    try {
      return readFileSync(file)
    } catch (cause) {
      throw new OomloopError('OOMLOOP_SETTINGS', t.cannotRead({ webhook, file, why: systemErrorText(cause, units) }), {
        cause,
      })
    }
  }
  const ca = readPem(caFile)
  const cert = readPem(certFile)
  const key = readPem(keyFile)
  if (ca) check(() => new X509Certificate(ca), t.noCertificate({ webhook, file: caFile! }))
  if (!cert && !key) return ca ? { ca } : {}
  // Not imported: a node without a client certificate does not pay for it.
  const { createSecureContext } = process.getBuiltinModule('node:tls')
  if (cert) check(() => createSecureContext({ cert }), t.noCertificate({ webhook, file: certFile! }))
  if (key) check(() => createSecureContext({ key }), t.noKey({ webhook, file: keyFile! }))
  if (cert && key)
    check(() => createSecureContext({ cert, key }), t.otherKey({ webhook, keyFile: keyFile!, certFile: certFile! }))
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

function check(parse: () => unknown, otherwise: string): void {
  try {
    parse()
  } catch (cause) {
    throw new OomloopError('OOMLOOP_SETTINGS', otherwise, { cause })
  }
}
