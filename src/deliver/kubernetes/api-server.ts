import { readFileSync } from 'node:fs'
import type { HttpAnswer } from '../http/outcome.ts'

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH'
  readonly path: string
  readonly contentType?: string
  readonly body?: string
}

/** Talks to the API server. Never throws: without an answer the result is an error. */
export interface ApiServer {
  readonly send: (request: ApiRequest) => Promise<HttpAnswer | { readonly error: string }>
}

interface ApiServerOptions {
  /** `https://10.96.0.1:443`. */
  readonly url: string
  readonly tokenFile: string
  readonly caFile: string
  readonly timeoutMs: number
  readonly userAgent: string
}

/** Where kubelet mounts the service account. */
const mounted = '/var/run/secrets/kubernetes.io/serviceaccount'

export const defaultTokenFile = `${mounted}/token`
export const defaultCaFile = `${mounted}/ca.crt`

/** The API server's address as a pod's environment has it; undefined outside a cluster. */
export function apiServerUrl(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = environment
  if (!host) return undefined
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** A Node object of a large cluster has some 100 KiB: images and volumes in use are listed in it. */
const mostBodyBytes = 1024 * 1024

/**
 * One connection a request: there are a few an hour, and each new connection reads token and CA. Both rotate: kubelet
 * replaces the token about every hour (kubernetes.io, "Managing Service Accounts", bound token volumes).
 */
export function createApiServer({ url, tokenFile, caFile, timeoutMs, userAgent }: ApiServerOptions): ApiServer {
  const send: ApiServer['send'] = ({ method, path, contentType, body }) =>
    new Promise(resolve => {
      const fail = (error: Error): void => resolve({ error: error.message.slice(0, 200) })
      try {
        const target = new URL(path, url)
        const headers = {
          authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`,
          accept: 'application/json',
          'user-agent': userAgent,
          ...(body !== undefined && {
            'content-type': contentType ?? 'application/json',
            'content-length': Buffer.byteLength(body),
          }),
        }
        const options = { method, headers, signal: AbortSignal.timeout(timeoutMs), agent: false }
        // Not imported: an import of node:http reads each of its exports, and one of them loads Node's own HTTP client.
        const request =
          target.protocol === 'http:'
            ? process.getBuiltinModule('node:http').request(target, options)
            : process.getBuiltinModule('node:https').request(target, { ...options, ca: readFileSync(caFile) })
        request.on('error', fail)
        request.on('response', response => {
          const chunks: Buffer[] = []
          let bytes = 0
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length
            if (bytes <= mostBodyBytes) chunks.push(chunk)
          })
          response.on('error', fail)
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: { 'retry-after': response.headers['retry-after'] },
              body: Buffer.concat(chunks).toString(),
            }),
          )
        })
        request.end(body)
      } catch (error) {
        fail(error as Error)
      }
    })
  return { send }
}
