import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkWebhooks } from '../../src/deliver/check-webhooks.ts'
import { oomloop } from '../support/oomloop.ts'
import { tempDir, webhookOf } from './samples.ts'

const dir = (): { readonly file: (name: string, text: string) => string; readonly path: string } => {
  const path = tempDir()
  return {
    path,
    file: (name, text) => {
      writeFileSync(join(path, name), text)
      return join(path, name)
    },
  }
}

describe('checking webhooks', () => {
  it('takes certificates that are ones, and a key that belongs to its certificate', async () => {
    const { path } = dir()
    for (const name of ['a', 'b'])
      execFileSync(
        'openssl',
        `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout ${name}.key -out ${name}.crt`.split(
          ' ',
        ),
        { cwd: path, stdio: 'ignore' },
      )
    const at = (name: string) => join(path, name)
    const webhook = (keyFile: string) =>
      webhookOf('https://localhost', { caFile: at('a.crt'), certFile: at('a.crt'), keyFile })
    await checkWebhooks([webhook(at('a.key'))])
    await expect(checkWebhooks([webhook(at('b.key'))])).rejects.toThrow('b.key is not the key of')
    await expect(checkWebhooks([webhook(at('b.crt'))])).rejects.toThrow('b.crt contains no key')
  })

  it.each([
    ['a line break', { 'x-team': 'sre\nx-admin: yes' }],
    ['a character beyond Latin-1', { 'x-team': 'équipe 値班' }],
    ['a name with a blank', { 'x team': 'sre' }],
    ['a header of the connection', { 'transfer-encoding': 'chunked' }],
    ['another length of the body', { 'content-length': '5' }],
  ])('refuses a header that no request can carry: %s', async (_, headers) => {
    const refused = checkWebhooks([webhookOf('https://localhost', { headers: headers as Record<string, string> })])
    await expect(refused).rejects.toThrow(/test.*header|header.*test|content-length/i)
  })

  it('takes headers that requests carry, and says no value of one that they do not', async () => {
    await checkWebhooks([
      webhookOf('https://localhost', { headers: { 'x-team': 'équipe', authorization: 'Bearer a.b' } }),
    ])
    const refused = checkWebhooks([webhookOf('https://localhost', { headers: { authorization: 'secret\n' } })])
    await expect(refused).rejects.toThrow(/authorization/)
    await expect(refused).rejects.not.toThrow(/secret/)
  })

  it('refuses files that are missing or hold something else', async () => {
    const garbage = dir().file('x.pem', 'garbage')
    const missing = '/no/such.pem'
    for (const key of ['caFile', 'certFile', 'keyFile']) {
      const check = (path: string) => checkWebhooks([webhookOf('https://localhost', { name: 'mine', [key]: path })])
      await expect(check(missing)).rejects.toThrow(`webhook mine: cannot read ${missing}`)
      await expect(check(garbage)).rejects.toThrow(`webhook mine: ${garbage} contains no`)
    }
  })

  it.each([
    ['a template that does not parse', 'format: template, template: broken.hbs', 'webhook mine: cannot make a request'],
    ['a certificate that is not there', 'caFile: /no/such.pem', 'cannot read /no/such.pem'],
  ])('config check and notify say so of %s', async (_, keys, sentence) => {
    const { file } = dir()
    file('broken.hbs', '{{#if')
    const config = file('oomloop.yaml', `webhooks: [{name: mine, url: "https://localhost", ${keys}}]`)
    for (const command of [
      ['config', 'check'],
      ['notify', '--test'],
      ['notify', '--dry-run'],
    ]) {
      const { code, stderr } = await oomloop([...command, '--config', config])
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(sentence) })
      expect(stderr).not.toMatch(/^\s+at /m)
    }
  })
})
