import { describe, expect, it } from 'vitest'
import { loadFormat } from '../../../src/deliver/format/load-format.ts'
import { loadSettings } from '../../../src/settings/load.ts'
import type { FormatName } from '../../../src/types.ts'
import { alertOf } from '../samples.ts'
import { targets } from './targets.ts'
import { webhookFor } from './webhooks.ts'

const runbooks = 'https://wiki.example/oomloop'
const link = `${runbooks}#respawn-loop`

async function bodyOf(format: FormatName, fields: { readonly runbooks?: string }): Promise<string> {
  const webhook = webhookFor(format, 'http://127.0.0.1:9', fields)
  const { request } = await loadFormat(format)
  // A stranger's address beside the operator's own.
  const alert = alertOf({ summary: 'see https://evil.example' })
  const now = Date.now()
  const made = request(alert, { webhook, url: webhook.urls[0]!, now, notifiedSeverity: null })
  const { pathname, search } = new URL(made.url)
  expect(targets[format]({ at: now, method: 'POST', path: pathname + search, ...made }).status).toBeLessThan(300)
  return made.body
}

describe('the runbook, where its address is set', () => {
  it.each<[FormatName, string]>([
    ['slack', `{"type":"link","url":"${link}","text":"Runbook"}`],
    ['teams', `{"type":"Action.OpenUrl","title":"Runbook","url":"${link}"}`],
    ['discord', `[Runbook](<${link}>)`],
    ['feishu', `"url":"${link}"`],
    ['dingtalk', `\\n[Runbook](${link})\\n`],
    ['wecom', `\\n[Runbook](${link})\\n`],
    ['pagerduty', `"links":[{"href":"${link}","text":"runbook"}]`],
    ['alertmanager', `"runbook_url":"${link}"`],
  ])('%s links to the part about this type of alert', async (format, wanted) => {
    expect(await bodyOf(format, { runbooks })).toContain(wanted)
    expect(await bodyOf(format, {})).not.toContain('wiki.example')
  })

  it.each<FormatName>(['teams', 'feishu', 'dingtalk', 'wecom', 'alertmanager'])(
    '%s links to nothing that a stranger wrote',
    async format => expect(await bodyOf(format, { runbooks })).not.toContain('https://evil.example'),
  )

  it('is set once for all webhooks, and must be an address', () => {
    const load = (address: string) =>
      loadSettings({ environment: {}, flags: { runbooks: address }, webhookUrls: ['http://127.0.0.1:9'] })
    expect(load(runbooks).webhooks[0]!.runbooks).toBe(runbooks)
    expect(() => load('javascript:alert(1)')).toThrow(/runbooks must begin with/)
  })
})
