import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unknownPaths } from '../../src/deliver/check-template.ts'
import { formatNames, formatOfUrl } from '../../src/deliver/format/formats.ts'
import { loadSettings } from '../../src/settings/load.ts'
import { nearest } from '../../src/settings/problems.ts'
import { namesIn } from '../../src/settings/unit-secrets.ts'
import { oomloop } from '../support/oomloop.ts'

const folder = mkdtempSync(join(tmpdir(), 'oomloop-check-'))

function problemsOf(text: string): readonly string[] {
  const file = join(folder, 'settings.yaml')
  writeFileSync(file, text)
  const found: string[] = []
  loadSettings({ file, environment: {}, flags: {} }, { onError: sentence => found.push(sentence) })
  return found
}

const webhook = (rest: string) => `labels: {cluster: blue}\nwebhooks: [{url: "http://x", ${rest}}]`

describe('config check', () => {
  it('reports every error of settings, secrets, matchers and templates at once', async () => {
    const file = join(folder, 'many.yaml')
    writeFileSync(join(folder, 't.hbs'), '{"text": "{{sumary}}"}')
    writeFileSync(
      file,
      `loopWindw: 30m
stormEvents: 1
webhooks:
  - { url: "http://x", labels: { team: payments } }
  - { url: "http://y", secretFile: missing }
  - { name: mine, url: "http://z", format: template, template: t.hbs }
`,
    )
    const { code, stderr } = await oomloop(['config', 'check', '--config', file])
    expect(code).toBe(2)
    for (const sentence of [
      '5 errors in the settings:',
      'unknown key "loopWindw"',
      'stormEvents in the settings file is "1"',
      'webhook 1: labels: team can never match',
      'webhook 2: secretFile: cannot read',
      'webhook mine: the template uses {{sumary}}, which no alert has; did you mean summary?',
    ])
      expect(stderr).toContain(sentence)
  })

  it('names an unknown OOMLOOP_ variable, and says nothing of one that a webhook uses', async () => {
    const file = join(folder, 'env.yaml')
    writeFileSync(file, 'webhooks: [{urlEnv: OOMLOOP_SLACK}]\n')
    const { code, stderr, stdout } = await oomloop(['config', 'check', '--config', file], {
      env: {
        OOMLOOP_SLACK: 'https://hooks.slack.com/services/x',
        OOMLOOP_QUITE: '5m',
        OOMLOOP_SERVICE_HOST: '10.0.0.1',
      },
    })
    expect(code).toBe(0)
    expect(stderr.match(/unknown environment variable \S+/g)).toEqual(['unknown environment variable OOMLOOP_QUITE,'])
    expect(stderr).toContain('did you mean OOMLOOP_QUIET?')
    expect(stdout).toContain('hooks.slack.com: format slack (detected from the URL), warning and above')
  })
})

describe('matchers of a webhook', () => {
  it.each([
    ['labels: {team: payments}', /team can never match/],
    ['labels: {namespce: shop}', /did you mean namespace\?/],
    ['labels: {type: oom-kill}', /type is "oom-kill" and can never match/],
    ['types: [oom-storm], labels: {type: "respawn-*"}', /can never match; possible here: oom-storm/],
    ['labels: {severity: info}', /possible here: warning, critical/],
    ['labels: {cluster: green}', /possible here: blue/],
  ])('%s can never match and is an error', (rest, message) => {
    expect(problemsOf(webhook(rest))).toEqual([expect.stringMatching(message)])
  })

  it.each([
    'labels: {namespace: "shop-*", severity: critical, cluster: blue}',
    'labels: {type: "*loop", owner: web, container: app, unit: ssh.service, node: "*"}',
    'labels: {severity: info}, minSeverity: info',
    'podLabels: {team: payments}',
  ])('%s can match and is no error', rest => {
    expect(problemsOf(webhook(rest))).toEqual([])
  })
})

describe('templates against the schema of alerts', () => {
  it.each([
    ['{{sumary}}', ['sumary']],
    ['{{node.nam}} {{loop.pids.[0]}} {{pressure.headroom.KiBs}}', ['node.nam', 'pressure.headroom.KiBs']],
    ['{{#each actions}}{{do}}{{dow}}{{../summary}}{{../sumary}}{{@index}}{{@root.id}}{{/each}}', ['dow', '../sumary']],
    ['{{#with workload}}{{owner.name}}{{namespce}}{{/with}}', ['namespce']],
    ['{{#each members as |member|}}{{member.whatever}}{{/each}}', []],
    ['{{json loop}}{{json lop}}{{#if (lookup node.labels "x")}}{{evidence.length}}{{/if}}', ['lop']],
    ['{{node.labels.cluster}}{{#each node.labels}}{{this}}{{@key}}{{/each}}{{json this}}', []],
    ['{{#loop}}{{kills}}{{killed}}{{/loop}}', ['killed']],
  ])('%s', (template, paths) => {
    expect(unknownPaths(template).map(({ path }) => path)).toEqual(paths)
  })
})

describe('formats', () => {
  it.each([
    ['https://hooks.slack.com/services/T0/B0/x', 'slack'],
    ['https://discord.com/api/webhooks/1/x', 'discord'],
    ['https://acme.webhook.office.com/webhookb2/x', 'teams'],
    ['https://prod-07.westeurope.logic.azure.com:443/workflows/x', 'teams'],
    ['https://open.feishu.cn/open-apis/bot/v2/hook/x', 'feishu'],
    ['https://open.larksuite.com/open-apis/bot/v2/hook/x', 'feishu'],
    ['https://oapi.dingtalk.com/robot/send?access_token=x', 'dingtalk'],
    ['https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x', 'wecom'],
    ['https://events.pagerduty.com/v2/enqueue', 'pagerduty'],
    ['http://alertmanager:9093/api/v2/alerts', 'alertmanager'],
    ['https://slack.com.evil.example/x', undefined],
    ['https://example.com/hooks', undefined],
  ])('%s is %s', (url, format) => {
    expect(formatOfUrl(url)).toBe(format)
    if (format) expect(formatNames).toContain(format)
  })
})

it('names that a unit passes are found in credentials, variables and environment files', () => {
  const text =
    '[Service]\n#LoadCredential=no:/x\nLoadCredential=webhook-secret:/etc/x\nSetCredential=tls: abc\nEnvironment=A=1 "B=two words"\nEnvironmentFile=-/etc/env\n'
  expect([...namesIn(text, path => (path === '/etc/env' ? 'HOOK=x\n# NO=1\n' : undefined))].sort()).toEqual([
    'A',
    'B',
    'HOOK',
    'tls',
    'webhook-secret',
  ])
})

it('a near name is found, and a far one is not', () => {
  const known = ['loopWindow', 'stormEvents', 'quiet', 'locale']
  expect([nearest('loopwindw', known), nearest('qiuet', known), nearest('Locale', known)]).toEqual([
    'loopWindow',
    'quiet',
    'locale',
  ])
  expect(nearest('kubeconfig', known)).toBeUndefined()
})
