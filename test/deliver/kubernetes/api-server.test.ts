import { execFileSync } from 'node:child_process'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { apiServerUrl, createApiServer } from '../../../src/deliver/kubernetes/api-server.ts'
import { tempDir } from '../samples.ts'
import { createApiServerStub, failure } from './api-server-stub.ts'

/** A certificate for 127.0.0.1 that is its own authority. */
function certificate(dir: string, name: string) {
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`]
  const files = ['-keyout', join(dir, `${name}.key`), '-out', join(dir, `${name}.crt`)]
  execFileSync('openssl', [...args, ...files, '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'ignore' })
  return { key: readFileSync(join(dir, `${name}.key`)), cert: readFileSync(join(dir, `${name}.crt`)) }
}

async function listen(dir: string, name: string, port: number, token: () => string) {
  const stub = createApiServerStub()
  const server: Server = createServer(certificate(dir, name), (request, response) => {
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      const { method, url, headers } = request
      const isKnown = headers.authorization === `Bearer ${token()}`
      const answer = isKnown
        ? stub.handle({
            method: method as 'GET',
            path: url!,
            body,
            ...(headers['content-type'] && { contentType: headers['content-type'] }),
          })
        : failure(401, 'Unauthorized')
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
    })
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, close: () => new Promise(resolve => server.close(resolve)) }
}

describe('the API server over TLS', () => {
  it('gets the token of now, and is trusted by the authority of now, without a restart', async () => {
    const dir = tempDir()
    let token = 'first'
    const first = await listen(dir, 'first-authority', 0, () => token)
    const files = { tokenFile: join(dir, 'token'), caFile: join(dir, 'ca.crt') }
    writeFileSync(files.tokenFile, 'first\n')
    writeFileSync(files.caFile, readFileSync(join(dir, 'first-authority.crt')))
    const url = `https://127.0.0.1:${first.port}`
    const api = createApiServer({ url, ...files, timeoutMs: 5000, userAgent: 'oomloop/test' })
    const get = async () => {
      const answer = await api.send({ method: 'GET', path: '/api/v1/nodes/node-7' })
      return 'error' in answer ? answer.error : answer.status
    }
    expect(await get()).toBe(200)
    // kubelet replaces the file by a rename.
    token = 'second'
    expect(await get()).toBe(401)
    writeFileSync(join(dir, 'token.new'), 'second')
    renameSync(join(dir, 'token.new'), files.tokenFile)
    expect(await get()).toBe(200)
    await first.close()
    await listen(dir, 'second-authority', first.port, () => token)
    expect(await get()).toMatch(/self-signed|certificate/)
    writeFileSync(files.caFile, readFileSync(join(dir, 'second-authority.crt')))
    expect(await get()).toBe(200)
  }, 30_000)

  it('a token or authority that cannot be read is an answer, not an exception', async () => {
    const api = createApiServer({
      url: 'https://127.0.0.1:1',
      tokenFile: '/nonexistent/token',
      caFile: '/nonexistent/ca.crt',
      timeoutMs: 1000,
      userAgent: 'oomloop/test',
    })
    expect(await api.send({ method: 'GET', path: '/' })).toMatchObject({ error: expect.stringContaining('ENOENT') })
  })

  it('has the address that a pod has in its environment', () => {
    expect(apiServerUrl({ KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '6443' })).toBe(
      'https://10.96.0.1:6443',
    )
    expect(apiServerUrl({ KUBERNETES_SERVICE_HOST: 'fd00::1' })).toBe('https://[fd00::1]:443')
    expect(apiServerUrl({})).toBeUndefined()
  })
})
