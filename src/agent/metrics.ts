import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { AgentStatus } from './agent-status.ts'
import { downSources } from './down-sources.ts'

/**
 * The metrics of the agent, filled from its status at each scrape: a scrape costs, monitoring does not.
 * Names and help are the reference: docs/metrics.md is checked against them.
 */
export function createMetrics(status: () => AgentStatus): {
  readonly text: () => Promise<string>
  readonly registry: Registry
} {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'oomloop_' })
  for (const { name, help, labels, read } of metricTable) {
    const base = { name, help, labelNames: labels ?? [], registers: [registry] }
    if (name.endsWith('_total')) {
      const counter: Counter = new Counter({
        ...base,
        collect() {
          counter.reset()
          for (const [value, ...labelValues] of read(status())) counter.labels(...labelValues).inc(value)
        },
      })
    } else {
      const gauge: Gauge = new Gauge({
        ...base,
        collect() {
          gauge.reset()
          for (const [value, ...labelValues] of read(status())) gauge.labels(...labelValues).set(value)
        },
      })
    }
  }
  return { registry, text: () => registry.metrics() }
}

type Row = readonly [value: number, ...labels: string[]]

interface Metric {
  readonly name: string
  readonly help: string
  readonly labels?: string[]
  readonly read: (status: AgentStatus) => readonly Row[]
}

const optional = (value: number | null | undefined, ...labels: string[]): readonly Row[] =>
  value === null || value === undefined ? [] : [[value, ...labels]]

export const metricTable: readonly Metric[] = [
  {
    name: 'oomloop_build_info',
    help: '1, with the version as a label',
    labels: ['version'],
    read: status => [[1, status.version]],
  },
  {
    name: 'oomloop_kernel_oom_kills_total',
    help: 'OOM kills since monitoring started, counted by the kernel',
    read: ({ coverage }) => optional(coverage.counted),
  },
  {
    name: 'oomloop_seen_oom_kills_total',
    help: 'OOM kills since monitoring started, found in the kernel log',
    read: ({ coverage }) => [[coverage.seen]],
  },
  {
    name: 'oomloop_attributed_oom_kills_total',
    help: 'OOM kills whose workload is known',
    read: ({ coverage }) => [[coverage.attributed]],
  },
  {
    name: 'oomloop_lost_kernel_records_total',
    help: 'kernel records that were overwritten before they could be read',
    read: ({ coverage }) => [[coverage.lostRecords]],
  },
  {
    name: 'oomloop_dropped_observations_total',
    help: 'observations that are missing in the recording because the disk was too slow',
    read: ({ droppedObservations }) => optional(droppedObservations),
  },
  {
    name: 'oomloop_source_up',
    help: '1 while the source is up, 0 while it is down; absent for sources that this host does not have',
    labels: ['source'],
    read: status => missable(status).map(source => [source.state === 'sighted' ? 1 : 0, source.name] as const),
  },
  {
    name: 'oomloop_headroom_bytes',
    help: 'memory that can still be allocated before the kernel kills',
    labels: ['of'],
    read: ({ headroom }) =>
      headroom
        ? [
            [headroom.KiB * 1024, 'least'],
            [headroom.nodeKiB * 1024, 'node'],
            ...optional(headroom.kubepodsKiB === null ? null : headroom.kubepodsKiB * 1024, 'kubepods'),
            ...optional(headroom.numaKiB === null ? null : headroom.numaKiB * 1024, 'numa'),
          ]
        : [],
  },
  {
    name: 'oomloop_headroom_ratio',
    help: 'headroom as a share of all memory',
    read: ({ headroom }) => optional(headroom?.ratio),
  },
  {
    name: 'oomloop_headroom_slope_bytes_per_second',
    help: 'change of headroom per second; negative: it shrinks',
    read: ({ headroom }) => optional(headroom?.slopeKiBPerSecond == null ? null : headroom.slopeKiBPerSecond * 1024),
  },
  {
    name: 'oomloop_memory_exhaustion_eta_seconds',
    help: 'seconds until the node runs out of memory because of a leak; absent while no leak is detected',
    labels: ['workload', 'bound'],
    read: ({ leak }) =>
      leak
        ? [
            [leak.etaRangeSeconds[0], leak.workload, 'soonest'],
            [leak.etaSeconds, leak.workload, 'estimate'],
            [leak.etaRangeSeconds[1], leak.workload, 'latest'],
          ]
        : [],
  },
  {
    name: 'oomloop_hold_held',
    help: 'containers that oomloop hold slows down now; absent with hold: off',
    read: ({ hold }) => optional(hold?.held.length),
  },
  {
    name: 'oomloop_hold_saved_bytes',
    help: 'memory saved by oomloop hold, compared with growth at the former rate',
    read: ({ hold }) => optional(hold && hold.held.reduce((sum, { savedKiB }) => sum + savedKiB, 0) * 1024),
  },
  {
    name: 'oomloop_hold_releases_total',
    help: 'containers that oomloop hold has released',
    read: ({ hold }) => optional(hold?.releases),
  },
  {
    name: 'oomloop_stall_ratio',
    help: 'share of time in which tasks wait for memory or I/O (PSI), and share of the file cache that is read back per second',
    labels: ['kind'],
    read: ({ stall }) =>
      stall
        ? [
            ...optional(stall.memorySomeRatio, 'memory_some'),
            ...optional(stall.memoryFullRatio, 'memory_full'),
            ...optional(stall.ioFullRatio, 'io_full'),
            ...optional(stall.refaultRatioPerSecond, 'refault'),
          ]
        : [],
  },
  {
    name: 'oomloop_firing',
    help: 'alerts that are firing now',
    labels: ['type', 'severity'],
    read: status => countBy(status.firing.map(verdict => [verdict.type, verdict.severity] as const)),
  },
  {
    name: 'oomloop_alerts_judged_total',
    help: 'alert updates since start, sent or not',
    read: ({ alerts }) => [[alerts.judged]],
  },
  {
    name: 'oomloop_alerts_withheld_total',
    help: 'alert updates that were not sent because of observe: true',
    read: ({ alerts }) => [[alerts.suppressed]],
  },
  {
    name: 'oomloop_delivery_total',
    help: 'delivery attempts; a failed attempt may be retried',
    labels: ['webhook', 'outcome'],
    read: status =>
      status.delivery.flatMap(to => [
        [to.delivered, to.webhook, 'delivered'] as const,
        [to.failed, to.webhook, 'failed'] as const,
      ]),
  },
  {
    name: 'oomloop_delivery_given_up_total',
    help: 'alerts that were dropped: refused by the webhook, or not accepted for three days',
    labels: ['webhook'],
    read: status => status.delivery.map(to => [to.givenUp, to.webhook] as const),
  },
  {
    name: 'oomloop_delivery_pending',
    help: 'notifications that wait in the outbox',
    labels: ['webhook'],
    read: status => status.delivery.map(to => [to.pending, to.webhook] as const),
  },
  {
    name: 'oomloop_longest_gap_seconds',
    help: 'longest time without CPU since start',
    read: status => [[status.longestGapMs / 1000]],
  },
]

/** Without the sources that are down as this host is: a host without PSI has nothing to fix. */
function missable(status: AgentStatus): AgentStatus['sources'] {
  const down = downSources(status)
  return status.sources.filter(source => source.state === 'sighted' || down.includes(source))
}

function countBy(keys: readonly (readonly string[])[]): readonly Row[] {
  const counts = new Map<string, { labels: readonly string[]; count: number }>()
  for (const labels of keys) {
    const key = labels.join('\n')
    counts.set(key, { labels, count: (counts.get(key)?.count ?? 0) + 1 })
  }
  return [...counts.values()].map(({ labels, count }) => [count, ...labels])
}
