import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { dingtalkSignature, feishuSignature, standardWebhookHeaders } from '../../src/deliver/http/signing.ts'

const secret = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
const message = {
  id: 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W',
  body: '{"type":"node.oom.respawn","timestamp":"2026-01-02T03:04:05Z","data":{"id":"x"}}',
}

describe('signatures', () => {
  it('are those of the Standard Webhooks vector', () => {
    expect(standardWebhookHeaders({ ...message, secret, now: 1_674_087_231_999 })).toEqual({
      'webhook-id': message.id,
      'webhook-timestamp': '1674087231',
      'webhook-signature': 'v1,F5IwaqJYxsBsJ6PqL2/qwvrTwsn/ollNhyeF3SD9N54=',
    })
  })

  it('are taken by the published library, and not for a changed body', () => {
    const headers = standardWebhookHeaders({ ...message, secret, now: Date.now() })
    expect(() => new Webhook(secret).verify(message.body, headers)).not.toThrow()
    expect(() => new Webhook(secret).verify(`${message.body} `, headers)).toThrow()
  })

  it('are made with both secrets while one is rotated', () => {
    const old = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    const headers = standardWebhookHeaders({ ...message, secret: `${secret} ${old}`, now: Date.now() })
    for (const one of [secret, old]) expect(() => new Webhook(one).verify(message.body, headers)).not.toThrow()
  })

  it('are left out where there is no secret; the id is not', () => {
    const headers = standardWebhookHeaders({ ...message, secret: undefined, now: 1000 })
    expect(headers).toEqual({ 'webhook-id': message.id, 'webhook-timestamp': '1' })
  })

  it('are those of the vectors of DingTalk and Feishu', () => {
    expect(dingtalkSignature(1_700_000_000_000, 'SEC0123456789abcdef')).toBe(
      'TSZbRFUuvaSQaRKUpF970OPCb2/LcQAP3wOvwZIzBZk=',
    )
    expect(feishuSignature(1_700_000_000, 'testsecret')).toBe('AOc8oJ7//5OlQlfWC3nRL0R+IkuzcD1FKcAyibRK9Q8=')
    expect(feishuSignature(1_700_000_000, 'testsecret')).not.toBe(dingtalkSignature(1_700_000_000, 'testsecret'))
  })
})
