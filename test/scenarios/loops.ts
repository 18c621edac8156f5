import { alert, type Scenario } from './scenario.ts'
import type { KillOptions, Place, SimulatedNode } from './simulated-node.ts'

const filebeat = 'pod/kube-system/filebeat/filebeat'
const app = 'pod/default/app/app'

/** A workload is killed, restarted, and killed again: everything here is a loop, and is reported once it is one. */
export const loopScenarios: readonly Scenario[] = [
  {
    name: 'back-off-to-five-minutes',
    title: "a container at its own limit under kubelet's back-off: a warning while it is fast, silence once it is slow",
    quiet: false,
    happens: node => {
      const pauses = [1, 10, 20, 40, 80, 160, ...Array.from({ length: 14 }, () => 300)]
      loop(node, node.pod(appPod), { by: 'own', lifeSeconds: 5, pauses })
      node.wait(1_000)
    },
    // Kills at 5, 11, 26, 51, 96, 181, 346, 651 and every 305 s to 4616. Over 2.5 × 305 s after the last.
    alerts: [
      alert(11, 'respawn-loop', app, 'warning'),
      alert(51, 'respawn-loop', app, 'warning'),
      alert(4_616 + 770, 'respawn-loop', app, 'warning', 'resolved'),
    ],
  },
  {
    name: 'twelve-minute-leaker-of-the-node',
    title: 'a leaker that takes the node down every twelve minutes for a day is one incident of six notifications',
    quiet: false,
    node: { memTotalMiB: 16_384 },
    happens: node => {
      node.hold(9_000)
      loop(node, node.pod({ ...appPod, name: 'app-x7k2p' }), leak)
      node.hold(4_000)
      node.wait(2_400, 30)
    },
    // Kills every 720 s, 120 of them. After the first the node is well for ten minutes; then at the 2nd, 4th and 16th.
    alerts: [
      alert(720, 'memory-exhaustion', 'node', 'warning'),
      alert(1_328, 'memory-exhaustion', 'node', 'warning', 'resolved'),
      alert(1_440, 'respawn-loop', app, 'critical', 'reopened'),
      alert(1_440, 'memory-exhaustion', 'node', 'warning', 'reopened'),
      alert(2_160, 'memory-exhaustion', 'node', 'warning'),
      alert(2_880, 'respawn-loop', app, 'critical'),
      alert(3_600, 'memory-exhaustion', 'node', 'warning'),
      alert(11_520, 'respawn-loop', app, 'critical'),
      alert(12_240, 'memory-exhaustion', 'node', 'warning'),
      alert(88_200, 'respawn-loop', app, 'critical', 'resolved'),
      alert(88_200, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'twelve-minute-leaker-at-its-own-limit',
    title: 'the same at its own limit is information',
    quiet: false,
    happens: node => {
      loop(node, node.pod({ ...appPod, name: 'app-x7k2p' }), { ...leak, by: 'own' })
      node.wait(2_400, 30)
    },
    alerts: [
      alert(1_440, 'respawn-loop', app, 'info'),
      alert(2_880, 'respawn-loop', app, 'info'),
      alert(11_520, 'respawn-loop', app, 'info'),
      alert(88_200, 'respawn-loop', app, 'info', 'resolved'),
    ],
  },
  {
    name: 'chronic-for-three-days',
    title: 'a loop that goes on for days says so once a day',
    quiet: false,
    happens: node => {
      const pauses = Array.from({ length: 3 * 72 + 6 }, () => 600)
      loop(node, node.pod(appPod), { by: 'own', lifeSeconds: 600, pauses, stepSeconds: 60 })
    },
    // Kills at 600 + 1200 n; it fires at the second, and the day begins with that.
    alerts: [
      alert(1_800, 'respawn-loop', app, 'info'),
      alert(4_200, 'respawn-loop', app, 'info'),
      alert(18_600, 'respawn-loop', app, 'info'),
      alert(1_800 + 86_400, 'respawn-loop', app, 'info', 'reminder'),
      alert(1_800 + 2 * 86_400, 'respawn-loop', app, 'info', 'reminder'),
      alert(1_800 + 3 * 86_400, 'respawn-loop', app, 'info', 'reminder'),
    ],
  },
  {
    name: 'clock-set-forward-in-a-loop',
    title: 'a loop is reported at its second kill, though the clock was set forward by an hour before it',
    quiet: false,
    happens: node => {
      node.wait(60)
      node.setClock(3_600)
      loop(node, node.pod(appPod), { by: 'own', lifeSeconds: 120, pauses: [2, 2, 2] })
    },
    // Kills at 180, 302, 424 and 546 s, an hour later by the clock.
    alerts: [alert(3_600 + 302, 'respawn-loop', app, 'info'), alert(3_600 + 546, 'respawn-loop', app, 'info')],
  },
  {
    name: 'clock-set-forward-between-two-kills',
    title: 'the same where it is set after the first kill',
    quiet: false,
    happens: node => {
      const place = node.pod(appPod)
      loop(node, place, { by: 'own', lifeSeconds: 120, pauses: [] })
      node.setClock(600)
      loop(node, node.restarted(place), { by: 'own', lifeSeconds: 120, pauses: [2] })
    },
    alerts: [alert(840, 'respawn-loop', app, 'info')],
  },
  {
    name: 'respawn-within-200-ms',
    title: 'a worker that its master restarts five times a second is counted generation by generation',
    quiet: false,
    happens: node => {
      const place = node.pod(appPod)
      const master = node.start(place, { comm: 'master', rssMiB: 20, adj: 0 })
      node.wait(10)
      for (let life = 0; life < 150; life++) {
        // One in five lives when /proc is read; ten in five seconds are named by the kernel.
        const unseen = life % 5 !== 2
        const worker = node.start(place, { comm: 'worker', rssMiB: 200, ppid: master.pid, unseen })
        node.wait(0.2, 1)
        node.kill(worker, { by: 'own', suppressed: life % 25 >= 10 })
      }
      node.wait(700)
    },
    alerts: [
      alert(10.4, 'respawn-loop', app, 'warning'),
      alert(10.8, 'respawn-loop', app, 'warning'),
      alert(13.2, 'respawn-loop', app, 'warning'),
      alert(640, 'respawn-loop', app, 'warning', 'resolved'),
    ],
  },
  {
    name: 'in-container-worker',
    title: 'a worker that its master restarts within the container is a loop, though the container never restarts',
    quiet: false,
    happens: node => {
      const place = node.pod(appPod)
      const master = node.start(place, { comm: 'gunicorn', rssMiB: 50, adj: 0 })
      for (let life = 0; life < 3; life++) {
        const worker = node.start(place, { comm: 'gunicorn', rssMiB: 900, ppid: master.pid })
        node.wait(90)
        node.kill(worker, { by: 'own' })
        node.wait(1, 1)
      }
      node.wait(700)
    },
    alerts: [alert(181, 'respawn-loop', app, 'info'), alert(272 + 601, 'respawn-loop', app, 'info', 'resolved')],
  },
  {
    name: 'daemonset-recreation',
    title: "a DaemonSet's pod that is recreated under another UID is the same workload",
    quiet: false,
    happens: node => {
      for (const suffix of ['x7k2p', 'b4d9f', 'm2n8q']) {
        const pod = node.pod({ name: `filebeat-${suffix}`, namespace: 'kube-system', container: 'filebeat' })
        const process = node.start(pod, { comm: 'filebeat', rssMiB: 73 })
        node.wait(400)
        node.kill(process)
        node.wait(20)
      }
      node.wait(1_200)
    },
    // Kills at 400, 820 and 1240: quiet for 2.5 × 420 s.
    alerts: [
      alert(400, 'memory-exhaustion', 'node', 'warning'),
      alert(820, 'respawn-loop', filebeat, 'critical'),
      alert(820, 'memory-exhaustion', 'node', 'warning'),
      alert(2_290, 'respawn-loop', filebeat, 'critical', 'resolved'),
      alert(2_290, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'two-workloads-alternating',
    title: 'two workloads that are killed in turn are two loops of one incident, and a storm',
    quiet: false,
    happens: node => {
      const places = ['a', 'b'].map(name => node.pod({ name: `app-${name}`, container: 'app' }))
      const start = (place: Place) => node.start(place, { comm: 'app', rssMiB: 3_000 })
      const lives = places.map(start)
      for (let kill = 0; kill < 6; kill++) {
        node.wait(120)
        node.kill(lives[kill % 2]!)
        places[kill % 2] = node.restarted(places[kill % 2]!)
        lives[kill % 2] = start(places[kill % 2]!)
      }
      node.wait(900)
    },
    alerts: [
      alert(120, 'memory-exhaustion', 'node', 'warning'),
      alert(240, 'memory-exhaustion', 'node', 'warning'),
      alert(360, 'respawn-loop', 'pod/default/app-a/app', 'critical'),
      alert(360, 'oom-storm', 'node', 'critical'),
      alert(480, 'respawn-loop', 'pod/default/app-b/app', 'critical'),
      alert(480, 'memory-exhaustion', 'node', 'warning'),
      alert(720, 'oom-storm', 'node', 'critical'),
      alert(1_320, 'respawn-loop', 'pod/default/app-a/app', 'critical', 'resolved'),
      alert(1_320, 'respawn-loop', 'pod/default/app-b/app', 'critical', 'resolved'),
      alert(1_320, 'oom-storm', 'node', 'critical', 'resolved'),
      alert(1_320, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'many-workloads-at-once',
    title: 'each of many loops in one incident is an alert of its own',
    quiet: false,
    happens: node => {
      let lives = Array.from({ length: 8 }, (_, index) =>
        node.start(node.pod({ name: `app-${index}`, container: 'app' }), { comm: 'app', rssMiB: 800 }),
      )
      for (let round = 0; round < 3; round++) {
        node.wait(400)
        lives = lives.map(life => {
          node.wait(20)
          node.kill(life)
          return node.start(node.restarted(life.place), { comm: 'app', rssMiB: 800 })
        })
      }
      node.wait(1_500)
    },
    // Kills at 420, 440, … 560; 980, … 1120; 1540, … 1680. Storm at the third. The doubling of its events at 520 is reported by
    // the node's verdict; the loops' second deaths from 980 on, each at once.
    alerts: [
      alert(420, 'memory-exhaustion', 'node', 'warning'),
      alert(440, 'memory-exhaustion', 'node', 'warning'),
      alert(460, 'oom-storm', 'node', 'critical'),
      alert(480, 'memory-exhaustion', 'node', 'warning'),
      alert(520, 'oom-storm', 'node', 'critical'),
      alert(980, 'respawn-loop', 'pod/default/app-0/app', 'critical'),
      alert(1_000, 'respawn-loop', 'pod/default/app-1/app', 'critical'),
      alert(1_020, 'respawn-loop', 'pod/default/app-2/app', 'critical'),
      alert(1_040, 'respawn-loop', 'pod/default/app-3/app', 'critical'),
      alert(1_060, 'respawn-loop', 'pod/default/app-4/app', 'critical'),
      alert(1_080, 'respawn-loop', 'pod/default/app-5/app', 'critical'),
      alert(1_100, 'respawn-loop', 'pod/default/app-6/app', 'critical'),
      alert(1_120, 'respawn-loop', 'pod/default/app-7/app', 'critical'),
      alert(1_120, 'oom-storm', 'node', 'critical'),
      alert(1_120, 'memory-exhaustion', 'node', 'warning'),
      alert(3_080, 'respawn-loop', 'pod/default/app-0/app', 'critical', 'resolved'),
      alert(3_080, 'respawn-loop', 'pod/default/app-1/app', 'critical', 'resolved'),
      alert(3_080, 'respawn-loop', 'pod/default/app-2/app', 'critical', 'resolved'),
      alert(3_080, 'respawn-loop', 'pod/default/app-3/app', 'critical', 'resolved'),
      alert(3_080, 'respawn-loop', 'pod/default/app-4/app', 'critical', 'resolved'),
      alert(3_080, 'respawn-loop', 'pod/default/app-5/app', 'critical', 'resolved'),
      alert(3_080, 'respawn-loop', 'pod/default/app-6/app', 'critical', 'resolved'),
      alert(3_080, 'respawn-loop', 'pod/default/app-7/app', 'critical', 'resolved'),
      alert(3_080, 'oom-storm', 'node', 'critical', 'resolved'),
      alert(3_080, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'limit-of-kubepods',
    title: "a loop at the limit of /kubepods is the node's own shortage",
    quiet: false,
    happens: node => {
      loop(node, node.pod(appPod), { by: { limit: '/kubepods.slice' }, lifeSeconds: 200, pauses: [10, 20] })
      node.wait(900)
    },
    // Kills at 200, 410 and 630.
    alerts: [
      alert(200, 'memory-exhaustion', 'node', 'warning'),
      alert(410, 'respawn-loop', app, 'critical'),
      alert(410, 'memory-exhaustion', 'node', 'warning'),
      alert(1_230, 'respawn-loop', app, 'critical', 'resolved'),
      alert(1_230, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'cpuset-bound-node',
    title: 'so is one on the memory that a cpuset binds several workloads to',
    quiet: false,
    happens: node => {
      loop(node, node.pod(appPod), { by: 'cpuset', lifeSeconds: 200, pauses: [10, 20] })
      node.wait(900)
    },
    alerts: [
      alert(200, 'memory-exhaustion', 'node', 'warning'),
      alert(410, 'respawn-loop', app, 'critical'),
      alert(410, 'memory-exhaustion', 'node', 'warning'),
      alert(1_230, 'respawn-loop', app, 'critical', 'resolved'),
      alert(1_230, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'systemd-unit-with-restart',
    title: 'a systemd unit with Restart= that is killed repeatedly at its MemoryMax is a loop of the unit',
    quiet: false,
    happens: node => {
      loop(node, node.unit('backup-agent.service'), { by: 'own', lifeSeconds: 90, pauses: [5, 5] })
      node.wait(900)
    },
    // Kills at 90, 185 and 280.
    alerts: [
      alert(185, 'respawn-loop', 'unit/system.slice/backup-agent.service', 'info'),
      alert(880, 'respawn-loop', 'unit/system.slice/backup-agent.service', 'info', 'resolved'),
    ],
  },
  {
    name: 'own-limit-at-small-headroom',
    title: 'a slow loop at its own limit is a warning where the node itself has little left',
    quiet: false,
    happens: node => {
      node.hold(14_500)
      loop(node, node.pod(appPod), { by: 'own', lifeSeconds: 120, pauses: [10], rssMiB: 200 })
      node.wait(300)
    },
    alerts: [alert(250, 'respawn-loop', app, 'warning')],
  },
  {
    name: 'group-kill-loop',
    title: 'a container that is killed as a group and restarted is one loop, and its cycles are counted once',
    quiet: false,
    happens: node => {
      let place = node.pod(appPod)
      for (let life = 0; life < 3; life++) {
        const [first, ...others] = ['main', 'helper', 'helper'].map(comm => node.start(place, { comm, rssMiB: 300 }))
        node.wait(30)
        node.kill(first!, { by: 'own', others })
        node.wait(10)
        place = node.restarted(place)
      }
      node.wait(700)
    },
    // Three dead each at 30, 70 and 110.
    alerts: [alert(70, 'respawn-loop', app, 'warning'), alert(710, 'respawn-loop', app, 'warning', 'resolved')],
  },
  {
    name: 'restart-too-short-to-be-seen',
    title: 'a container whose lives are never seen is known by its next container ID',
    quiet: false,
    happens: node => {
      loop(node, node.pod(appPod), { by: 'own', lifeSeconds: 1, pauses: [10, 20], unseen: true })
      node.wait(700)
    },
    // Kills at 1, 12 and 33.
    alerts: [alert(12, 'respawn-loop', app, 'warning'), alert(633, 'respawn-loop', app, 'warning', 'resolved')],
  },
  {
    name: 'pause-and-reopening',
    title: 'a loop that starts again within the hour is the same incident, reopened',
    quiet: false,
    happens: node => {
      loop(node, node.pod(appPod), { by: 'own', lifeSeconds: 20, pauses: [10, 1_500, 10] })
      node.wait(300)
    },
    // Kills at 20, 50, 1570 and 1600. Over at 650; the pause of 1500 s is a cycle, as it lies within half an hour.
    alerts: [
      alert(50, 'respawn-loop', app, 'warning'),
      alert(650, 'respawn-loop', app, 'warning', 'resolved'),
      alert(1_570, 'respawn-loop', app, 'info', 'reopened'),
      alert(1_600, 'respawn-loop', app, 'warning'),
    ],
  },
  {
    name: 'watch-is-handed-over',
    title: 'an agent that is stopped in the middle of an incident sends a handover last',
    quiet: false,
    happens: node => {
      loop(node, node.pod(appPod), { by: 'own', lifeSeconds: 20, pauses: [10] })
      node.wait(30)
      node.emit({ kind: 'end', why: 'signal' })
    },
    alerts: [alert(50, 'respawn-loop', app, 'warning'), alert(80, 'respawn-loop', app, 'warning', 'handover')],
  },
]

const appPod = { name: 'app', container: 'app' }

const leak: LoopOptions = {
  by: 'global',
  lifeSeconds: 710,
  pauses: Array.from({ length: 119 }, () => 10),
  firstPause: 10,
  stepSeconds: 30,
  rssMiB: 1_000,
  growsToMiB: 7_200,
}

interface LoopOptions {
  readonly by: KillOptions['by']
  readonly lifeSeconds: number
  /** Between a death and the next birth; there is one more life than pauses. */
  readonly pauses: readonly number[]
  readonly firstPause?: number
  readonly stepSeconds?: number
  readonly rssMiB?: number
  readonly growsToMiB?: number
  readonly unseen?: boolean
}

/** One life after the other; each restart is another container in the same pod. */
function loop(node: SimulatedNode, first: Place, options: LoopOptions): void {
  const { by, lifeSeconds, pauses, firstPause = 0, stepSeconds = 10, rssMiB = 900, unseen = false } = options
  let place = first
  for (const pause of [firstPause, ...pauses]) {
    node.wait(pause, stepSeconds)
    const life = node.start(place, { comm: 'app', rssMiB, unseen })
    const growth = options.growsToMiB === undefined ? 0 : (options.growsToMiB - rssMiB) / 10
    for (let part = 1; growth > 0 && part <= 10; part++) {
      node.wait(lifeSeconds / 10, stepSeconds)
      node.resize(life, rssMiB + Math.round(part * growth))
    }
    if (growth === 0) node.wait(lifeSeconds, stepSeconds)
    node.kill(life, { by })
    if (place.pod) place = node.restarted(place)
  }
}
