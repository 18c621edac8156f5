// biome-ignore-all lint/suspicious/noExplicitAny: bodies of many shapes, each looked into by its own test
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadFormat } from '../../../src/deliver/format/load-format.ts'
import { sanitiseAlert } from '../../../src/text/sanitise.ts'
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
  const context = { webhook, url: webhook.urls[0]!, now: Date.now(), notifiedSeverity: null }
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
          notifiedSeverity: null,
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
    for (const block of value.blocks) {
      if (block.type === 'rich_text') {
        // Text elements are shown as they are; nothing else is made of a stranger's text.
        for (const { type, elements } of block.elements) {
          expect(['rich_text_section', 'rich_text_preformatted']).toContain(type)
          for (const element of elements) expect(element.type).toBe('text')
        }
        continue
      }
      for (const text of [block.text, ...(block.fields ?? []), ...(block.elements ?? [])].filter(Boolean)) {
        expect(text.type).toBe('plain_text')
        expect(text.text).not.toMatch(/[<>]/)
      }
    }
    expect(value.text).not.toMatch(/[<>]/)
    expect(value).toMatchObject({ mrkdwn: false, link_names: false })
  })

  it('Teams: text runs and facts, and no markdown that works, and no mention', async () => {
    const { value } = await posted('teams', hostile)
    const [{ content }] = value.attachments
    const blocks = content.body.flatMap((block: any) => (block.type === 'Container' ? block.items : [block]))
    for (const block of blocks) {
      if (block.type === 'FactSet') {
        for (const { value: fact } of block.facts) expect(fact).not.toMatch(/<|:\/\/|\]\(/)
        continue
      }
      expect(block.type).toBe('RichTextBlock')
      for (const run of block.inlines) {
        expect(run.type).toBe('TextRun')
        // A command keeps what is needed to paste it.
        expect(run.text).not.toMatch(run.fontType === 'Monospace' ? /<\w/ : /<|:\/\//)
      }
    }
    expect(content.msteams.entities).toBeUndefined()
  })

  it('Discord: no mention, and no character that is not escaped', async () => {
    const { value } = await posted('discord', hostile)
    expect(value.allowed_mentions).toEqual({ parse: [] })
    const [{ title, description, fields }] = value.embeds
    const bare = (text: string) =>
      text
        .replace(/\\[^A-Za-z0-9\s]/g, '')
        .replace(/^\*\*[\w .]+\*\*/gm, '')
        .replace(/^```\n[^`]*\n```$/gm, '')
    expect(bare(title)).not.toMatch(/[*_~`|<>[\]#@]|:\/\//)
    for (const text of [description, ...fields.map((field: any) => field.value)])
      expect(bare(text)).not.toMatch(/[*_~`|<>[\]#@]|:\/\//)
  })

  it('Feishu: plain text, and commands in which no tag works', async () => {
    const { value } = await posted('feishu', hostile)
    const visit = (node: any): void => {
      if (typeof node !== 'object' || node === null) return
      if (node.tag === 'plain_text') expect(node.content).not.toMatch(/[<>@]|:\/\//)
      if (node.tag === 'markdown') {
        expect(node.content).toMatch(/^```\n[\s\S]*\n```$/)
        expect(node.content.slice(4, -4)).not.toMatch(/<|>|```/)
      }
      for (const child of Object.values(node)) visit(child)
    }
    visit(value.card)
    expect(JSON.stringify(value.card)).not.toContain('lark_md')
  })

  it.each<[FormatName, (value: any) => string, RegExp]>([
    ['dingtalk', ({ markdown }) => markdown.text, /^> /],
    ['wecom', ({ markdown }) => markdown.content, /^`/],
  ])('%s: no mention, no tag, no link, no picture', async (format, textOf, command) => {
    const { value } = await posted(format, hostile)
    for (const line of textOf(value).split('\n')) {
      // A command keeps what is needed to paste it.
      if (command.test(line)) expect(line).not.toMatch(/<[\w@]|\]\(|:\/\//)
      else expect(line.replace(/^### |^\*\*[^*]+\*\*/, '')).not.toMatch(/[<>@*`[\]]|:\/\//)
    }
    if (format === 'dingtalk') expect(value.at).toEqual({ atMobiles: [], atUserIds: [], isAtAll: false })
  })

  it('alertmanager: no mention, no tag, no link', async () => {
    const { value } = await posted('alertmanager', hostile)
    const [alert] = value
    for (const text of [...texts(alert.labels), ...texts(alert.annotations)]) expect(text).not.toMatch(/[<>@]|:\/\//)
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
