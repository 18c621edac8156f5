import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { OomloopError } from '../host/errors.ts'
import type { WebhookSettings } from '../types.ts'

export interface Tls {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

/** Reads a webhook's certificates and key. Throws OOMLOOP_SETTINGS where one cannot be read, or is none. */
export function readTls({ name, caFile, certFile, keyFile }: WebhookSettings): Tls {
  const ca = readPem(caFile, name)
  const cert = readPem(certFile, name)
  const key = readPem(keyFile, name)
  if (ca) check(() => new X509Certificate(ca), `webhook ${name}: ${caFile} holds no certificate`)
  if (!cert && !key) return ca ? { ca } : {}
  // Not imported: a node without a client certificate does not pay for it.
  const { createSecureContext } = process.getBuiltinModule('node:tls')
  if (cert) check(() => createSecureContext({ cert }), `webhook ${name}: ${certFile} holds no certificate`)
  if (key) check(() => createSecureContext({ key }), `webhook ${name}: ${keyFile} holds no key without a passphrase`)
  if (cert && key)
    check(() => createSecureContext({ cert, key }), `webhook ${name}: ${keyFile} is not the key of ${certFile}`)
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

function readPem(path: string | undefined, webhook: string): Buffer | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new OomloopError('OOMLOOP_SETTINGS', `webhook ${webhook}: cannot read ${path}`, { cause })
  }
}

function check(parse: () => unknown, otherwise: string): void {
  try {
    parse()
  } catch (cause) {
    throw new OomloopError('OOMLOOP_SETTINGS', otherwise, { cause })
  }
}
