import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { metricTable } from '../../src/agent/metrics.ts'
import { checkout } from '../support/oomloop.ts'
import { hasProgram } from '../support/release.ts'

const read = (path: string): string => readFileSync(join(checkout, 'deploy', path), 'utf8')
const rules = parse(read('kustomize/monitoring/rules.yaml')).spec
const dashboard = JSON.parse(read('grafana/oomloop.json'))
const queries: readonly string[] = [
  ...rules.groups.flatMap((group: { rules: { expr: string }[] }) => group.rules.map(rule => rule.expr)),
  ...dashboard.panels.flatMap((panel: { targets: { expr: string }[] }) => panel.targets.map(target => target.expr)),
  ...dashboard.templating.list.map((variable: { query: string }) => variable.query),
]

describe('rules and dashboard', () => {
  it('ask only for metrics and labels that the agent has', async () => {
    const registry = new Registry()
    collectDefaultMetrics({ register: registry, prefix: 'oomloop_' })
    const names = new Map<string, readonly string[]>([
      ...metricTable.map(({ name, labels }) => [name, labels ?? []] as const),
      ...(await registry.getMetricsAsJSON()).map(({ name }) => [name, []] as const),
    ])
    const used = queries.flatMap(query => [...query.matchAll(/(oomloop_\w+)(?:\{([^}]*)\})?/g)])
    expect(used.length).toBeGreaterThan(20)
    for (const [, name, selector = ''] of used) {
      expect([...names.keys()]).toContain(name)
      // `cluster`, `node` and `instance` are labels of the scrape, not of the agent.
      const labels = [...selector.matchAll(/(\w+)[!=]/g)]
        .map(match => match[1])
        .filter(label => !['cluster', 'node', 'instance'].includes(label!))
      expect(names.get(name!)).toEqual(expect.arrayContaining(labels))
    }
  })

  it('show every metric of the table somewhere', () => {
    const unseen = metricTable.map(({ name }) => name).filter(name => !queries.some(query => query.includes(name)))
    expect(unseen).toEqual([])
  })

  it('no panel draws a line for each of 2000 nodes', () => {
    const exprs: readonly string[] = dashboard.panels.flatMap((panel: { targets: { expr: string }[] }) =>
      panel.targets.map(({ expr }) => expr),
    )
    expect(
      exprs.filter(
        expr => !/(topk|bottomk|quantile|count|sum)\(|(sum|count) by \((webhook|outcome|version)\)/.test(expr),
      ),
    ).toEqual([])
    for (const expr of exprs) expect(expr).toMatch(/cluster=~"\$cluster",node=~"\$node"/)
  })

  it('no panel lies on another, and each says what it shows', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }: { gridPos: Record<string, number> }) =>
      Array.from({ length: w! * h! }, (_, index) => `${x! + (index % w!)},${y! + Math.floor(index / w!)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(dashboard.panels.filter((panel: { description?: string }) => !panel.description)).toEqual([])
  })

  const whyNoPromtool = hasProgram('promtool') ? undefined : 'needs promtool (prometheus)'
  it.skipIf(whyNoPromtool)(
    `promtool takes the rules, and they fire when they should${whyNoPromtool ? `: ${whyNoPromtool}` : ''}`,
    () => {
      const dir = mkdtempSync(join(tmpdir(), 'oomloop-rules-'))
      writeFileSync(join(dir, 'rules.yaml'), stringify(rules))
      writeFileSync(join(dir, 'test.yaml'), stringify(ruleTests))
      const promtool = (...args: string[]) =>
        execFileSync('promtool', args, { cwd: dir, encoding: 'utf8', stdio: 'pipe' })
      expect(promtool('check', 'rules', 'rules.yaml')).toMatch(/SUCCESS: 7 rules found/)
      expect(promtool('test', 'rules', 'test.yaml')).toMatch(/SUCCESS/)
      rmSync(dir, { recursive: true })
    },
  )

  it('every dashboard query is one that Prometheus understands', context => {
    if (whyNoPromtool) return context.skip(whyNoPromtool)
    const dir = mkdtempSync(join(tmpdir(), 'oomloop-queries-'))
    const exprs = dashboard.panels.flatMap((panel: { targets: { expr: string }[] }) =>
      panel.targets.map(target => target.expr),
    )
    const groups = [
      {
        name: 'dashboard',
        rules: exprs.map((expr: string, index: number) => ({
          record: `panel_${index}`,
          expr: expr.replaceAll('$node', '.*').replaceAll('$cluster', '.*').replaceAll('$top', '10'),
        })),
      },
    ]
    writeFileSync(join(dir, 'queries.yaml'), stringify({ groups }))
    expect(execFileSync('promtool', ['check', 'rules', join(dir, 'queries.yaml')], { encoding: 'utf8' })).toMatch(
      /SUCCESS/,
    )
    rmSync(dir, { recursive: true })
  })
})

const node = 'node="a"'
/** Each rule once where it must fire and once where it must not. */
const ruleTests = {
  rule_files: ['rules.yaml'],
  tests: [
    fires('OomloopCritical', '1m', [`oomloop_firing{${node},type="oom-storm",severity="critical"}`, '1 1 1'], {
      node: 'a',
      type: 'oom-storm',
      severity: 'critical',
    }),
    silent('OomloopCritical', '1m', [`oomloop_firing{${node},type="memory-exhaustion",severity="warning"}`, '1 1 1']),
    fires('OomloopDeliveryStuck', '12m', [`oomloop_delivery_pending{${node},webhook="w"}`, '1x20'], {
      node: 'a',
      webhook: 'w',
      severity: 'warning',
    }),
    silent('OomloopDeliveryStuck', '12m', [`oomloop_delivery_pending{${node},webhook="w"}`, '1 1 1 1 0x20']),
    fires('OomloopDeliveryRefused', '5m', [`oomloop_delivery_given_up_total{${node},webhook="w"}`, '0 0 1 1 1 1'], {
      node: 'a',
      webhook: 'w',
      severity: 'warning',
    }),
    silent('OomloopDeliveryRefused', '5m', [
      `oomloop_delivery_total{${node},webhook="w",outcome="failed"}`,
      '0 0 1 1 1 1',
    ]),
    fires('OomloopSourceDown', '20m', [`oomloop_source_up{${node},source="kmsg"}`, '0x30'], {
      node: 'a',
      source: 'kmsg',
      severity: 'warning',
    }),
    silent('OomloopSourceDown', '20m', [`oomloop_source_up{${node},source="kmsg"}`, '1x30']),
    fires('OomloopLostRecords', '5m', [`oomloop_lost_kernel_records_total{${node}}`, '0 0 9 9 9 9'], {
      node: 'a',
      severity: 'warning',
    }),
    silent('OomloopLostRecords', '5m', [`oomloop_lost_kernel_records_total{${node}}`, '9x9']),
    missed('8m', '0 0 2x20', '0x20', [{ node: 'a', severity: 'warning' }]),
    // Seen a moment later, and a quarter of an hour after the miss: it resolves.
    missed('8m', '0 0 2x20', '0 0 0 2x20', []),
    missed('40m', '0 0 2x60', '0x60', []),
    // Without the PodMonitor's relabeling the instance takes the place of the node.
    fires('OomloopSourceDown', '20m', ['oomloop_source_up{instance="10.0.0.1:9465",source="kmsg"}', '0x30'], {
      node: '10.0.0.1:9465',
      source: 'kmsg',
      severity: 'warning',
    }),
    fires('OomloopCritical', '1m', ['oomloop_firing{instance="i",type="oom-storm",severity="critical"}', '1 1 1'], {
      node: 'i',
      type: 'oom-storm',
      severity: 'critical',
    }),
    fires('OomloopDown', '8m', [`up{${node},job="oomloop/oomloop"}`, '0x9'], { node: 'a', severity: 'warning' }),
    silent('OomloopDown', '8m', [`up{${node},job="oomloop/oomloop"}`, '1x9']),
  ],
}

function missed(eval_time: string, kernel: string, seen: string, labels: readonly Record<string, string>[]) {
  const series = (name: string, values: string) => ({ series: `oomloop_${name}_oom_kills_total{${node}}`, values })
  const [exp_labels] = labels
  const base = exp_labels
    ? fires('OomloopMissedKills', eval_time, ['', ''], exp_labels)
    : silent('OomloopMissedKills', eval_time, ['', ''])
  return { ...base, input_series: [series('kernel', kernel), series('seen', seen)] }
}

function fires(alertname: string, eval_time: string, [series, values]: readonly [string, string], exp_labels: object) {
  const described = rules.groups[0].rules.find((rule: { alert: string }) => rule.alert === alertname).annotations
  const filled = Object.fromEntries(
    Object.entries(described as Record<string, string>).map(([key, text]) => [
      key,
      text.replace(
        /\{\{ \$labels\.(\w+) \}\}/g,
        (_, label: string) => (exp_labels as Record<string, string>)[label] ?? '',
      ),
    ]),
  )
  return {
    interval: '1m',
    input_series: [{ series, values }],
    alert_rule_test: [{ alertname, eval_time, exp_alerts: [{ exp_labels, exp_annotations: filled }] }],
  }
}

function silent(alertname: string, eval_time: string, [series, values]: readonly [string, string]) {
  return {
    interval: '1m',
    input_series: [{ series, values }],
    alert_rule_test: [{ alertname, eval_time, exp_alerts: [] }],
  }
}
