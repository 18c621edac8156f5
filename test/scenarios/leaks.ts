import { alert, type Scenario } from './scenario.ts'
import { type SimulatedNode, startOfTime } from './simulated-node.ts'

const api = 'pod/shop/api/java'

/** The agent has watched the pod for days: what it used at each hour, MiB. */
function watchedFor(node: SimulatedNode, usual: (bin: number) => number): void {
  const bins = Array.from({ length: 90 }, (_, bin) => usual(bin))
  node.emit({ kind: 'trends', workloads: [{ workload: api, lastAt: startOfTime, day: bins, usual: bins }] })
}

/** What grows for hours, and what only looks like it. */
export const leakScenarios: readonly Scenario[] = [
  {
    name: 'leak-that-uses-up-the-node-in-hours',
    title:
      'a pod that grows beyond what is usual is a notice hours ahead, a warning two hours ahead, and over when it stops',
    quiet: true,
    happens: node => {
      node.hold(4_000)
      watchedFor(node, () => 1_000)
      const java = node.start(node.pod({ name: 'api-6d5f7c9b8-x7k2p', namespace: 'shop', container: 'java' }), {
        comm: 'java',
        rssMiB: 1_000,
      })
      node.wait(600, 30)
      for (let minute = 1; minute <= 80; minute++) {
        node.resize(java, 1_000 + minute * 60)
        node.wait(60, 30)
      }
      node.wait(3_600, 30)
    },
    // Grown for half an hour, and looked at for eight minutes more. It stops at 5400: half an hour later nothing grows,
    // and a quarter of an hour after that it is over.
    alerts: [
      alert(3_510, 'memory-leak', api, 'info'),
      alert(4_830, 'memory-leak', api, 'warning'),
      alert(7_980, 'memory-leak', api, 'warning', 'resolved'),
    ],
  },
  {
    name: 'growth-as-on-every-day',
    title: 'a pod that grows as it does at this time of every day is no leak',
    quiet: true,
    happens: node => {
      node.hold(4_000)
      // It begins at 10:00 UTC; bins of 16 minutes by time of day.
      const first = Math.floor(startOfTime / 960_000) % 90
      watchedFor(node, bin => 1_000 + ((bin - first + 90) % 90) * 16 * 60)
      const java = node.start(node.pod({ name: 'api-6d5f7c9b8-x7k2p', namespace: 'shop', container: 'java' }), {
        comm: 'java',
        rssMiB: 1_000,
      })
      for (let minute = 1; minute <= 80; minute++) {
        node.resize(java, 1_000 + minute * 60)
        node.wait(60, 30)
      }
    },
    alerts: [],
  },
]
