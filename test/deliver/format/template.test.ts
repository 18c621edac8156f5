import { describe, expect, it } from 'vitest'
import { template } from '../../../src/deliver/format/template.ts'
import { bareAlert, exampleAlert } from '../../../src/deliver/test/example-alert.ts'
import type { Alert } from '../../../src/types.ts'
import { alertOf, startDelivery, webhookOf } from '../samples.ts'

function rendered(text: string, fields: Partial<Alert> = {}, contentType?: string) {
  const headers = contentType ? { 'Content-Type': contentType } : undefined
  const webhook = webhookOf('http://127.0.0.1', { format: 'template', template: text, ...(headers && { headers }) })
  return template.request(alertOf(fields), { webhook, url: webhook.urls[0]!, now: 0, notifiedSeverity: null })
}

const nasty = `"a" \\ <b> & 'c'=d`

describe('a template', () => {
  it('makes JSON of any text and any value', () => {
    const { body, headers } = rendered(
      '{"t":"{{summary}}","l":{{json loop}},"s":{{json summary}},"n":{{json forecast}} }',
      {
        summary: nasty,
        forecast: null,
      },
    )
    expect(JSON.parse(body)).toMatchObject({ t: nasty, s: nasty, n: null, l: { kills: 2, pids: [3241, 8437] } })
    expect(headers['content-type']).toBe('application/json')
  })

  it('keeps values of a form, of a page and of plain text apart from what is around them', () => {
    const form = rendered('text={{summary}}&x=1', { summary: nasty }, 'application/x-www-form-urlencoded').body
    expect(Object.fromEntries(new URLSearchParams(form))).toEqual({ text: nasty, x: '1' })
    expect(rendered('<p>{{summary}}</p>', { summary: nasty }, 'text/html').body).not.toMatch(/<b>/)
    expect(rendered('{{{summary}}}', { summary: '<b>' }, 'application/xml').body).toBe('&lt;b&gt;')
    expect(rendered('{{summary}}', { summary: nasty }, 'text/plain').body).toBe(nasty)
  })

  it('reaches no prototype and runs nothing of what a name says', () => {
    expect(rendered('{"a":"{{summary}}{{constructor.name}}{{__proto__.x}}"}', { summary: '{{node.name}}' }).body).toBe(
      '{"a":"{{node.name}}"}',
    )
  })

  it.each([
    ['that cannot be parsed', '{"a": {{#if}}'],
    ['that makes no JSON', 'a: {{summary}}'],
    ['that makes JSON of a full alert only', '{"kills": {{loop.kills}}}'],
  ])('%s stops the start and says which webhook it is', async (_what, text) => {
    const webhook = webhookOf('http://127.0.0.1:9', { name: 'mine', format: 'template', template: text })
    await expect(startDelivery([webhook])).rejects.toThrow(/webhook mine: cannot make a request/)
  })

  it('a template is tried with an alert that has all fields and one that has few', () => {
    expect(Object.keys(bareAlert(0))).toEqual(Object.keys(exampleAlert(0)))
    expect(bareAlert(0)).toMatchObject({ loop: null, workload: null, actions: [] })
  })
})
