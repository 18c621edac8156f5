// biome-ignore-all lint/suspicious/noExplicitAny: bodies of many shapes, each looked into by its own test
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sanitiseAlert } from '../../../src/alert/sanitise.ts'
import { loadFormat } from '../../../src/deliver/format/formats.ts'
import type { Alert, FormatName } from '../../../src/types.ts'
import { alertOf } from '../samples.ts'
import { targets } from './targets.ts'
import { formatNames, webhookFor } from './webhooks.ts'

const hostile =
  '<!channel> <@U123> @everyone @all <at user_id="all">x</at> [here](http://evil.example) https://evil.example *b* _i_ ~s~ `c` ' +
  '\u202egnp.exe\u202c \u200b"}],"x":"\\" {{summary}} </div><script> ||s|| # h\n> q \u0000\u001b[31m \ud800'

/** The hostile text wherever a stranger can put one: names of processes, pods, cgroups, nodes, labels, kernel lines. */
function hostileAlert(text: string): Alert {
  const alert = alertOf({ id: 'alert-hostile' })
  return {
    ...alert,
    summary: text,
    subject: text,
    node: { ...alert.node, name: text, kernel: text, labels: { [text]: text, cluster: text } },
    workload: { ...alert.workload!, key: text, namespace: text, pod: text, container: text, comm: text, unit: text },
    trigger: { ...alert.trigger!, comm: text, workload: text },
    holders: [{ workload: text, KiB: 1, changeKiB: -5 }],
    growers: [{ workload: text, KiB: 1, changeKiB: 5 }],
    nextVictims: [victim(text)],
    limit: { scope: 'memcg', level: 'container', path: text, usageKiB: 1, limitKiB: 2 },
    members: [{ type: 'respawn-loop', subject: text, severity: 'critical', kills: 2 }],
    membersTotal: 1,
    diagnosis: [{ code: 'x', evidence: text, why: text, remedy: text }],
    actions: [{ do: text, command: text, expectKiB: null }],
    evidence: [text],
  }
}

function victim(text: string): Alert['nextVictims'][number] {
  const figures = { pid: 1, score: 1, oomScoreAdj: 0, rssKiB: 1 }
  return { workload: text, comm: text, ...figures, respawns: null, regainsKiB: null }
}

async function posted(format: FormatName, text: string): Promise<{ body: string; value: any }> {
  const webhook = webhookFor(format, 'http://127.0.0.1:9')
  const { request } = await loadFormat(format)
  const context = { webhook, url: webhook.urls[0]!, now: Date.now(), toldSeverity: null }
  const { body } = request(sanitiseAlert(hostileAlert(text)), context)
  return { body, value: JSON.parse(body) }
}

/** Every text in a value, keys too. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => [...(Array.isArray(value) ? [] : [key]), ...texts(item)])
}

describe.each(formatNames)('hostile names in format %s', format => {
  it('turn no direction, hide nothing, control no terminal and break no JSON', async () => {
    const { value } = await posted(format, hostile)
    for (const text of texts(value)) {
      expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u0000-\u0009\u000b-\u001f]/)
      expect(text.isWellFormed()).toBe(true)
    }
    // What a text could smuggle in as a key of its own.
    expect(Object.keys(value)).not.toContain('x')
  })

  it('are taken by the target, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async text => {
        const webhook = webhookFor(format, 'http://127.0.0.1:9')
        const { request } = await loadFormat(format)
        const now = Date.now()
        const made = request(sanitiseAlert(hostileAlert(text)), {
          webhook,
          url: webhook.urls[0]!,
          now,
          toldSeverity: null,
        })
        const { pathname, search } = new URL(made.url)
        const { status, body } = targets[format]({ at: now, method: 'POST', path: pathname + search, ...made })
        expect(status, body).toBeLessThan(300)
        expect(body ?? '').not.toMatch(/"(err)?code":[1-9-]/)
      }),
      { numRuns: 60 },
    )
  })
})

describe('hostile names mean nothing to', () => {
  it('Slack: no mention, no link, no markup', async () => {
    const { value } = await posted('slack', hostile)
    for (const text of texts(value)) expect(text).not.toMatch(/[<>]/)
    for (const { text } of value.blocks) {
      if (text.type === 'plain_text') continue
      // Code spans alone: nothing inside can close one.
      expect(text.text).toMatch(/^(`[^`\n]*`\n?)+$/)
      expect(text.verbatim).toBe(true)
    }
    expect(value).toMatchObject({ mrkdwn: false, link_names: false })
  })

  it('Teams: text runs alone, which know no markdown, and no mention', async () => {
    const { value } = await posted('teams', hostile)
    const [{ content }] = value.attachments
    for (const block of content.body) {
      expect(block.type).toBe('RichTextBlock')
      for (const run of block.inlines) {
        expect(run.type).toBe('TextRun')
        expect(run.text).not.toMatch(/<|:\/\//)
      }
    }
    expect(content.msteams.entities).toBeUndefined()
  })

  it('Discord: no mention, and no character that is not escaped', async () => {
    const { value } = await posted('discord', hostile)
    expect(value.allowed_mentions).toEqual({ parse: [] })
    const [{ title, description }] = value.embeds
    const bare = (text: string) =>
      text
        .replace(/\\[^A-Za-z0-9\s]/g, '')
        .replace(/^\*\*[\w ]+\*\*/gm, '')
        .replace(/`[^`\n]*`/g, '')
    expect(bare(title)).not.toMatch(/[*_~`|<>[\]#@]|:\/\//)
    expect(bare(description)).not.toMatch(/[*_~`|<>[\]#@]|:\/\//)
  })

  it.each<[FormatName, (value: any) => string[]]>([
    ['feishu', ({ content }) => texts(Object.values(content.post))],
    ['dingtalk', ({ text }) => [text.content]],
    ['wecom', ({ text }) => [text.content]],
    ['alertmanager', ([alert]) => [...texts(alert.labels), ...texts(alert.annotations)]],
  ])('%s: no mention, no tag, no link', async (format, contentOf) => {
    const { value } = await posted(format, hostile)
    for (const text of contentOf(value)) expect(text).not.toMatch(/[<>@]|:\/\//)
    if (format === 'dingtalk') expect(value.at).toEqual({ atMobiles: [], isAtAll: false })
    if (format === 'wecom') expect(value.text.mentioned_list).toEqual([])
  })

  it('PagerDuty, which shows plain text: the names as they are, and nothing beside them', async () => {
    const { value } = await posted('pagerduty', hostile)
    expect(value.payload.summary).toContain('<!channel>')
    expect(Object.keys(value.payload).toSorted()).toEqual(
      ['class', 'component', 'custom_details', 'group', 'severity', 'source', 'summary', 'timestamp'].toSorted(),
    )
  })

  it.each<FormatName>(['generic', 'cloudevents'])('%s: the alert itself, sanitised and whole', async format => {
    const { value } = await posted(format, hostile)
    expect(format === 'generic' ? value : value.data).toEqual({
      ...JSON.parse(JSON.stringify(sanitiseAlert(hostileAlert(hostile)))),
      startsAt: expect.any(String),
      at: expect.any(String),
      signs: expect.anything(),
      loop: expect.anything(),
    })
  })

  it('a template: the name stays inside the string that the template put it into', async () => {
    const { value } = await posted('template', hostile)
    const { summary, subject } = sanitiseAlert(hostileAlert(hostile))
    expect(value).toMatchObject({ text: summary, who: subject })
    expect(Object.keys(value)).toEqual(['title', 'text', 'loop', 'who'])
  })
})
