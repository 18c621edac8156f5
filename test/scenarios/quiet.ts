import { alert, type Scenario } from './scenario.ts'
import type { Process, SimulatedNode } from './simulated-node.ts'

/** What happens on healthy nodes every day, and what a single kill is: nothing here is a loop, a storm or critical. */
export const quietScenarios: readonly Scenario[] = [
  {
    name: 'one-kill-and-recovery',
    title: 'one node-level kill is a warning, over when the node has been well and quiet for ten minutes',
    quiet: true,
    happens: node => {
      const [filebeat] = crowded(node)
      node.wait(60)
      node.kill(filebeat!)
      node.hold(6_000)
      node.wait(2, 1)
      node.start(node.restarted(filebeat!.place), { comm: 'filebeat', rssMiB: 70 })
      node.wait(900)
    },
    alerts: [
      alert(60, 'memory-exhaustion', 'node', 'warning'),
      alert(662, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'rolling-update',
    title: 'a pod that is killed while a release replaces it was not restarted: its successor ran beside it',
    quiet: true,
    happens: node => {
      const old = ['web-5d8f9c7b54-aaaaa', 'web-5d8f9c7b54-bbbbb', 'web-5d8f9c7b54-ccccc'].map(name =>
        node.start(node.pod({ name }), { comm: 'web', rssMiB: 900 }),
      )
      node.wait(60)
      for (const [index, process] of old.entries()) {
        const next = node.pod({ name: `web-7f6c4d5b66-${'xyz'[index]!.repeat(5)}` })
        node.start(next, { comm: 'web', rssMiB: 300 })
        node.wait(20)
        if (index === 1) node.kill(process, { by: 'own' })
        else node.exit(process)
        node.wait(30)
      }
      node.wait(1_200)
    },
    alerts: [],
  },
  {
    name: 'prefork-pool-own-limit',
    title: 'workers of a pool that are killed one by one at their own limit are no loop: they lived side by side',
    quiet: true,
    happens: node => {
      for (const worker of pool(node)) {
        node.kill(worker, { by: 'own' })
        node.start(worker.place, { comm: 'php-fpm', rssMiB: 20, ppid: worker.ppid })
        node.wait(7, 1)
      }
      node.wait(1_200)
    },
    alerts: [],
  },
  {
    name: 'prefork-pool-node-level',
    title: 'nor are they where the node itself runs out, as long as no third event falls into five minutes',
    quiet: true,
    happens: node => {
      for (const worker of pool(node).slice(0, 4)) {
        node.kill(worker)
        node.wait(200)
      }
      node.wait(600)
    },
    alerts: [
      alert(60, 'memory-exhaustion', 'node', 'warning'),
      alert(260, 'memory-exhaustion', 'node', 'warning'),
      alert(660, 'memory-exhaustion', 'node', 'warning'),
      alert(1_260, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'three-replicas-once-each',
    title: 'three replicas that are killed once each at their own limits are no loop',
    quiet: true,
    happens: node => {
      for (const replica of replicas(node)) {
        node.kill(replica, { by: 'own' })
        node.wait(2, 1)
        node.start(node.restarted(replica.place), { comm: 'java', rssMiB: 500 })
        node.wait(100)
      }
      node.wait(1_800)
    },
    alerts: [],
  },
  {
    name: 'three-replicas-once-each-node-level',
    title: 'three replicas that are killed once each at node level, four minutes apart, are no loop and no storm',
    quiet: true,
    happens: node => {
      for (const replica of replicas(node)) {
        node.kill(replica)
        node.wait(2, 2)
        node.start(node.restarted(replica.place), { comm: 'java', rssMiB: 500 })
        node.wait(238)
      }
      node.wait(600)
    },
    alerts: [
      alert(60, 'memory-exhaustion', 'node', 'warning'),
      alert(300, 'memory-exhaustion', 'node', 'warning'),
      alert(1_140, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'group-kill-in-a-global-oom',
    title: 'a container of three processes that one decision kills is one event: no storm',
    quiet: true,
    happens: node => {
      const place = node.pod({ name: 'worker-0', container: 'worker' })
      const [first, ...others] = ['main', 'helper', 'helper'].map(comm => node.start(place, { comm, rssMiB: 800 }))
      node.wait(60)
      node.kill(first!, { others })
      node.wait(700)
    },
    alerts: [
      alert(60, 'memory-exhaustion', 'node', 'warning'),
      alert(60, 'memory-exhaustion', 'node', 'warning'),
      alert(660, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'hourly-job-at-its-own-limit',
    title: 'an hourly job that is killed at its own limit each time, two minutes early or late, is no loop',
    quiet: true,
    happens: node => {
      for (const lateSeconds of [0, 120, -120, 60, -60, 0]) {
        node.wait(3_540 + lateSeconds, 30)
        const job = node.start(node.pod({ name: `report-${29_000_000 + node.seconds()}-abcde` }), { comm: 'report' })
        node.wait(60)
        node.kill(job, { by: 'own' })
      }
      node.wait(1_800, 30)
    },
    alerts: [],
  },
  {
    name: 'ci-jobs-of-many-projects',
    title: 'CI jobs that are killed at their own limits all day, each another one, are no loop',
    quiet: true,
    happens: node => {
      for (let job = 0; job < 60; job++) {
        const name = `runner-project-${100 + job}`
        const build = node.start(node.pod({ name, namespace: 'ci', container: 'build' }), {
          comm: 'cc1plus',
          rssMiB: 2_000,
        })
        node.wait(120, 30)
        node.kill(build, { by: 'own' })
        node.wait(240, 30)
      }
    },
    alerts: [],
  },
  {
    name: 'ci-jobs-of-one-project',
    title:
      'CI jobs of one project that are killed at their own limit and retried all day are one alert of severity info',
    quiet: true,
    happens: node => {
      for (let job = 0; job < 60; job++) {
        const place = node.pod({ name: 'runner-project-7', namespace: 'ci', container: 'build' })
        const build = node.start(place, { comm: 'cc1plus', rssMiB: 2_000 })
        node.wait(120, 30)
        node.kill(build, { by: 'own' })
        node.wait(240, 30)
      }
      node.wait(1_200, 30)
    },
    // Fires at the second, reported again when the kills have doubled and when they are sixteen times as many as then.
    alerts: [
      alert(480, 'respawn-loop', 'pod/ci/runner-project-7/build', 'info'),
      alert(1_200, 'respawn-loop', 'pod/ci/runner-project-7/build', 'info'),
      alert(5_520, 'respawn-loop', 'pod/ci/runner-project-7/build', 'info'),
      alert(21_360 + 900, 'respawn-loop', 'pod/ci/runner-project-7/build', 'info', 'resolved'),
    ],
  },
  {
    name: 'pods-that-start-and-fill-memory',
    title: 'pods that start together, fill four fifths of the memory within seconds and stop there are nothing',
    quiet: true,
    happens: node => {
      node.hold(6_000)
      const pods = [1, 2, 3, 4].map(number =>
        node.start(node.pod({ name: `cache-${number}` }), { comm: 'cache', rssMiB: 200 }),
      )
      for (let second = 0; second < 8; second++) {
        for (const pod of pods) node.resize(pod, 200 + second * 220)
        node.wait(1, 1)
      }
      node.wait(1_200)
    },
    alerts: [],
  },
  {
    name: 'batch-job-at-92-percent',
    title: 'a batch job that holds the node at 92 % for hours is nothing',
    quiet: true,
    happens: node => {
      const job = node.start(node.pod({ name: 'train-x7k2p', qos: 'burstable', labels: { 'job-name': 'train' } }), {
        comm: 'python3',
        rssMiB: 4_000,
      })
      for (const rssMiB of [6_000, 8_000, 10_000, 12_000, 14_000]) {
        node.wait(60)
        node.resize(job, rssMiB)
      }
      node.wait(4 * 3_600, 30)
      node.exit(job)
      node.wait(600)
    },
    alerts: [],
  },
  {
    name: 'page-cache-heavy-build',
    title: 'a build that reads more files than fit into memory makes the kernel reclaim, and no task waits',
    quiet: true,
    happens: node => {
      node.start(node.pod({ name: 'build-0' }), { comm: 'cc1plus', rssMiB: 6_000 })
      node.reclaim({ readBackMiBPerSecond: 40, fullRatio: 0.01 })
      node.wait(1_800)
      node.reclaim({ readBackMiBPerSecond: 0, fullRatio: 0 })
      node.wait(300)
    },
    alerts: [],
  },
  {
    name: 'database-warming-up',
    title: 'a database that fills its buffers to four fifths of the node over twenty minutes is nothing',
    quiet: true,
    happens: node => {
      const database = node.start(node.pod({ name: 'postgres-0', qos: 'burstable' }), { comm: 'postgres', rssMiB: 500 })
      for (let rssMiB = 600; rssMiB <= 11_800; rssMiB += 100) {
        node.resize(database, rssMiB)
        node.wait(10)
      }
      node.wait(3_600, 30)
    },
    alerts: [],
  },
  {
    name: 'container-thrashing-at-its-own-limit',
    title: 'a container that thrashes at its own limit for an hour, on a node at 93 %, is its own trouble',
    quiet: true,
    happens: node => {
      node.hold(15_200)
      node.reclaim({ readBackMiBPerSecond: 200, fullRatio: 0.3, byLimits: true })
      node.wait(3_600)
    },
    alerts: [],
  },
  {
    name: 'bursts-at-90-percent',
    title: 'jobs of six seconds that take half of what is left and give it back, all day, are nothing',
    quiet: true,
    happens: node => {
      node.hold(13_900)
      const job = node.start(node.pod({ name: 'job-0' }), { comm: 'python3', rssMiB: 800 })
      for (let burst = 0; burst < 60; burst++) {
        node.resize(job, 1_700)
        node.reclaim({ readBackMiBPerSecond: 30, fullRatio: 0.15 })
        node.wait(6, 1)
        node.resize(job, 800)
        node.reclaim({ readBackMiBPerSecond: 0, fullRatio: 0 })
        node.wait(29, 1)
      }
    },
    alerts: [],
  },
  {
    name: 'tmpfs-that-fills-and-empties',
    title: 'a tmpfs that is filled to 80 % of the node and emptied again, while reclaim is at work, is nothing',
    quiet: true,
    happens: node => {
      for (let round = 0; round < 8; round++) {
        node.reclaim({ readBackMiBPerSecond: 3, fullRatio: 0.01 })
        for (let MiB = 6_000; MiB <= 13_000; MiB += 70) {
          node.hold(MiB)
          node.wait(1, 1)
        }
        node.hold(6_000)
        node.reclaim({ readBackMiBPerSecond: 0, fullRatio: 0 })
        node.wait(60, 5)
      }
    },
    alerts: [],
  },
  {
    name: 'ninety-one-percent-for-a-day',
    title:
      'a node that normally runs at 91 %, with pods that would be restarted, drops pages and reads some of them back, and is no alert',
    quiet: true,
    happens: node => {
      const app = node.start(node.pod({ name: 'app-0', qos: 'burstable' }), { comm: 'java', rssMiB: 13_800 })
      node.reclaim({ readBackMiBPerSecond: 2, fullRatio: 0.01 })
      for (let hour = 0; hour < 24; hour++) {
        node.resize(app, 13_800 + (hour % 3) * 60)
        node.wait(3_600, 30)
      }
    },
    alerts: [],
  },
  {
    name: 'release-on-a-full-node',
    title: 'a rolling update of ten pods on a node at 90 %, each new one beside its old one, causes no alert',
    quiet: true,
    happens: node => {
      node.hold(8_600)
      let pods = Array.from({ length: 10 }, (_, index) => {
        const place = node.pod({ name: `shop-5d8f9c7b54-${index}` })
        return { place, process: node.start(place, { comm: 'java', rssMiB: 620 }) }
      })
      node.wait(120)
      for (const [index, old] of pods.entries()) {
        const next = node.start(node.pod({ name: `shop-7f6c4d5b66-${index}` }), { comm: 'java', rssMiB: 80 })
        node.reclaim({ readBackMiBPerSecond: 10, fullRatio: 0.02 })
        for (let second = 1; second <= 9; second++) {
          node.resize(next, 80 + second * 60)
          node.wait(1, 1)
        }
        node.exit(old.process)
        node.reclaim({ readBackMiBPerSecond: 0, fullRatio: 0 })
        node.wait(4, 2)
        node.emit({ kind: 'pods', pods: [], gone: [old.place.pod!.uid] })
        node.wait(16, 2)
        pods = pods.filter(pod => pod !== old)
      }
      node.wait(600)
    },
    // The first old pod ends while what is left shrinks, and is gone as a whole: it was deleted.
    alerts: [],
  },
  {
    name: 'neighbours-of-a-nested-cluster',
    title:
      'an agent inside kind reports nothing of the kills beside it on the machine, nor of the machine’s own daemons',
    quiet: true,
    node: { host: { ownSubtree: `/docker/${'d'.repeat(64)}` } },
    happens: node => {
      const neighbour = node.cgroup(`/docker/${'e'.repeat(64)}`)
      for (let life = 0; life < 4; life++) {
        const victim = node.start(neighbour, { comm: 'java', rssMiB: 900, unseen: true })
        const sshd = node.start(node.unit('sshd.service'), { comm: 'sshd', rssMiB: 20, unseen: true })
        node.wait(30)
        node.kill(victim)
        node.kill(sshd, { suppressed: life > 1 })
      }
      node.wait(1_200)
    },
    alerts: [],
  },
  {
    name: 'healthy-swap',
    title: 'a node that keeps unused memory in swap causes no alert',
    quiet: true,
    happens: node => {
      node.swap({ totalMiB: 8_192, usedMiB: 3_000 })
      node.start(node.pod({ name: 'app-0', qos: 'burstable' }), { comm: 'java', rssMiB: 13_500 })
      node.wait(3_600, 30)
    },
    alerts: [],
  },
  {
    name: 'healthy-zram',
    title: 'a node that compresses what it does not use at once is nothing',
    quiet: true,
    happens: node => {
      node.swap({ totalMiB: 8_192, usedMiB: 2_000, zramRatio: 0.3 })
      node.start(node.pod({ name: 'app-0', qos: 'burstable' }), { comm: 'java', rssMiB: 13_500 })
      node.wait(3_600, 30)
    },
    alerts: [],
  },
  {
    name: 'sshd-inside-a-container',
    title: "an sshd that is killed at the limit of its container is none of the node's daemons",
    quiet: true,
    happens: node => {
      const sshd = node.start(node.pod({ name: 'bastion-0' }), { comm: 'sshd', rssMiB: 60 })
      node.wait(60)
      node.kill(sshd, { by: 'own' })
      node.wait(1_800)
    },
    alerts: [],
  },
  {
    name: 'containerd-inside-a-container',
    title: 'nor is a containerd inside a container, even where the node itself runs out',
    quiet: true,
    happens: node => {
      const nested = node.start(node.pod({ name: 'kind-0' }), { comm: 'containerd', rssMiB: 600 })
      node.wait(60)
      node.kill(nested)
      node.wait(700)
    },
    alerts: [
      alert(60, 'memory-exhaustion', 'node', 'warning'),
      alert(660, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'suspend-for-eight-hours',
    title: 'a node that sleeps for eight hours and wakes up is nothing',
    quiet: true,
    happens: node => {
      const app = node.start(node.pod({ name: 'app-0' }), { comm: 'app', rssMiB: 900 })
      node.wait(300)
      node.kill(app, { by: 'own' })
      node.start(node.restarted(app.place), { comm: 'app', rssMiB: 900 })
      node.skip(8 * 3_600)
      node.wait(900)
    },
    alerts: [],
  },
  {
    name: 'clock-set-forward',
    title: 'a clock that is set forward between the deaths of two replicas makes them no loop',
    quiet: true,
    happens: node => {
      const [one, two] = replicas(node)
      node.kill(one!, { by: 'own' })
      node.setClock(900)
      node.wait(60)
      node.kill(two!, { by: 'own' })
      node.wait(1_800)
    },
    alerts: [],
  },
  {
    name: 'clock-set-back',
    title: 'a clock that is set back between the deaths of two replicas makes them no loop',
    quiet: true,
    happens: node => {
      const [one, two] = replicas(node)
      node.wait(1_800, 30)
      node.kill(one!, { by: 'own' })
      node.setClock(-900)
      node.wait(60)
      node.kill(two!, { by: 'own' })
      node.wait(1_800)
    },
    alerts: [],
  },
  {
    name: 'clock-set-back-in-a-pool',
    title: 'workers that lived before the clock was set back, and are killed one by one after it, are no loop',
    quiet: true,
    happens: node => {
      const place = node.pod({ name: 'web-x7k2p' })
      const main = node.start(place, { comm: 'httpd', rssMiB: 20 })
      const workers = [1, 2, 3, 4].map(() => node.start(place, { comm: 'httpd', rssMiB: 300, ppid: main.pid }))
      node.wait(1_800, 30)
      node.setClock(-3_600)
      for (const worker of workers) {
        node.kill(worker, { by: 'own' })
        node.wait(60)
      }
      node.wait(900)
    },
    alerts: [],
  },
  {
    name: 'clock-set-back-in-a-crisis',
    title: 'a crisis is over as soon as it would be had the clock not been set back by six hours',
    quiet: true,
    happens: node => {
      const nested = node.start(node.cgroup('/system.slice/build.service'), { comm: 'cc1', rssMiB: 900 })
      node.wait(60)
      node.kill(nested)
      node.wait(10)
      node.setClock(-6 * 3_600)
      node.wait(900)
    },
    alerts: [
      alert(60, 'memory-exhaustion', 'node', 'warning'),
      alert(660 - 6 * 3_600, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'agent-restarts-between-two-kills',
    title: 'an agent that starts without saved state knows nothing of the kill before: the next one is its first',
    quiet: true,
    happens: node => {
      const app = node.start(node.pod({ name: 'app-0' }), { comm: 'app', rssMiB: 900 })
      node.wait(60)
      node.kill(app, { by: 'own' })
      const again = node.start(node.restarted(app.place), { comm: 'app', rssMiB: 900 })
      node.wait(60)
      node.emit({ kind: 'start' })
      node.wait(60)
      node.kill(again, { by: 'own' })
      node.wait(900)
    },
    alerts: [],
  },
  {
    name: 'quoted-kernel-lines',
    title: "the kernel's words in a line of another program are no kill",
    quiet: true,
    happens: node => {
      node.wait(60)
      const quoted = 'Out of memory: Killed process 4711 (java) total-vm:9kB, anon-rss:9kB, file-rss:0kB, shmem-rss:0kB'
      for (let time = 0; time < 4; time++) {
        node.emit({ kind: 'unit-line', unit: 'kubelet', line: `I0302 kuberuntime: log of pod: ${quoted}` })
        node.kernel(`audit: type=1400 msg='${quoted}'`, `systemd[1]: app.service: ${quoted}`)
        node.wait(30)
      }
    },
    alerts: [],
  },
  {
    name: 'two-containers-of-one-pod',
    title: 'two containers of one pod that are killed once each are no loop',
    quiet: true,
    happens: node => {
      const app = node.pod({ name: 'app-0', container: 'app' })
      const sidecar = { ...app, cgroup: app.cgroup.replace(/[0-9a-f]{64}/, 'b'.repeat(64)) }
      node.emit({
        kind: 'pods',
        pods: [
          {
            uid: app.pod!.uid,
            namespace: 'default',
            pod: 'app-0',
            containers: [
              { name: 'app', id: /[0-9a-f]{64}/.exec(app.cgroup)![0] },
              { name: 'sidecar', id: 'b'.repeat(64) },
            ],
          },
        ],
      })
      const first = node.start(app, { comm: 'app', rssMiB: 900 })
      const second = node.start(sidecar, { comm: 'envoy', rssMiB: 300 })
      node.wait(60)
      node.kill(first, { by: 'own' })
      node.wait(60)
      node.kill(second, { by: 'own' })
      node.wait(1_200)
    },
    alerts: [],
  },
  {
    name: 'own-limit-forty-minutes-apart',
    title: 'a container that is killed at its own limit every forty minutes is no loop',
    quiet: true,
    happens: node => {
      let app = node.start(node.pod({ name: 'app-0' }), { comm: 'app', rssMiB: 900 })
      for (let time = 0; time < 6; time++) {
        node.wait(2_400, 30)
        node.kill(app, { by: 'own' })
        app = node.start(node.restarted(app.place), { comm: 'app', rssMiB: 900 })
      }
      node.wait(1_200)
    },
    alerts: [],
  },
  {
    name: 'node-level-two-hours-apart',
    title: 'a workload that is killed twice, two hours apart, is two warnings of two incidents',
    quiet: true,
    happens: node => {
      let app = node.start(node.pod({ name: 'app-0' }), { comm: 'app', rssMiB: 900 })
      for (let time = 0; time < 2; time++) {
        node.wait(7_200, 30)
        node.kill(app)
        app = node.start(node.restarted(app.place), { comm: 'app', rssMiB: 900 })
      }
      node.wait(1_200, 30)
    },
    alerts: [
      alert(7_200, 'memory-exhaustion', 'node', 'warning'),
      alert(7_800, 'memory-exhaustion', 'node', 'warning', 'resolved'),
      alert(14_400, 'memory-exhaustion', 'node', 'warning'),
      alert(15_000, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'steady-limits-of-sight',
    title: 'what merely is so (no pressure figures, fewer privileges) is no alert',
    quiet: true,
    happens: node => {
      node.emit({ kind: 'source', source: 'pressure', state: 'blind', why: 'the kernel has no PSI', steady: true })
      node.emit({ kind: 'source', source: 'pods', state: 'blind', why: 'needs root', steady: true })
      node.wait(1_200)
    },
    alerts: [],
  },
  {
    name: 'muted-namespace',
    title: 'a loop in a namespace that the settings mute is not published',
    quiet: true,
    node: { settings: { mute: [{ namespace: 'load-test*' }] } },
    happens: node => {
      let app = node.start(node.pod({ name: 'app-0', namespace: 'load-test-3' }), { comm: 'app', rssMiB: 900 })
      for (let time = 0; time < 6; time++) {
        node.wait(20)
        node.kill(app, { by: 'own' })
        app = node.start(node.restarted(app.place), { comm: 'app', rssMiB: 900 })
      }
      node.wait(1_200)
    },
    alerts: [],
  },
  {
    name: 'manual-kill-by-sysrq',
    title: 'a person who asks the kernel to kill (sysrq-f) is no shortage',
    quiet: true,
    happens: node => {
      const app = node.start(node.pod({ name: 'app-0' }), { comm: 'app', rssMiB: 900 })
      node.wait(60)
      node.kill(app, { by: 'sysrq' })
      node.wait(900)
    },
    alerts: [],
  },
  {
    name: 'names-only-replicas-in-a-log',
    title: 'three processes of one name, killed within minutes, are no loop where a log knows only names',
    quiet: true,
    node: { host: { sight: 'log' } },
    happens: node => {
      for (const [pid, seconds] of [
        [18_271, 0],
        [18_518, 200],
        [17_990, 200],
        [18_733, 200],
      ] as const) {
        node.skip(seconds)
        node.kernel(
          `Out of memory: Kill process ${pid} (java) score 1002 or sacrifice child`,
          `Killed process ${pid} (java), UID 1000, total-vm:10065552kB, anon-rss:5265332kB, file-rss:0kB, shmem-rss:0kB`,
        )
      }
      node.emit({ kind: 'end', why: 'end-of-log' })
    },
    alerts: [
      alert(0, 'memory-exhaustion', 'node', 'warning'),
      alert(200, 'memory-exhaustion', 'node', 'warning'),
      alert(600, 'memory-exhaustion', 'node', 'warning'),
      alert(600, 'memory-exhaustion', 'node', 'warning', 'open-end'),
    ],
  },
]

/** A node at three per cent, with a DaemonSet's filebeat that is first in the kernel's order. */
function crowded(node: SimulatedNode): Process[] {
  node.hold(15_700)
  const place = node.pod({ name: 'filebeat-x7k2p', namespace: 'kube-system', container: 'filebeat' })
  return [node.start(place, { comm: 'filebeat', rssMiB: 73 })]
}

/** Eight workers below one master, in one container. */
function pool(node: SimulatedNode): Process[] {
  const place = node.pod({ name: 'php-0' })
  const master = node.start(place, { comm: 'php-fpm', rssMiB: 30, adj: 0 })
  const workers = Array.from({ length: 8 }, () => node.start(place, { comm: 'php-fpm', rssMiB: 300, ppid: master.pid }))
  node.wait(60)
  return workers
}

function replicas(node: SimulatedNode): Process[] {
  const processes = ['aaaaa', 'bbbbb', 'ccccc'].map(name =>
    node.start(node.pod({ name: `api-6d5f8c9b7d-${name}` }), { comm: 'java', rssMiB: 2_000 }),
  )
  node.wait(60)
  return processes
}
