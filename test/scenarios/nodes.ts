import { alert, type Scenario } from './scenario.ts'
import type { SimulatedNode } from './simulated-node.ts'

const kubelet = 'unit/system.slice/kubelet.service'

/** What befalls the node itself, and the agent on it; and what a bare log can say of it. */
export const nodeScenarios: readonly Scenario[] = [
  {
    name: 'storm-of-ever-new-victims',
    title: 'a node that kills another workload every twenty seconds is a storm at the third event',
    quiet: false,
    happens: node => {
      node.hold(4_000)
      const victims = Array.from({ length: 12 }, (_, index) =>
        node.start(node.pod({ name: `victim-${index}`, container: 'app' }), { comm: 'app', rssMiB: 700 }),
      )
      node.wait(40)
      for (const victim of victims) {
        node.wait(20)
        node.kill(victim)
      }
      node.wait(900)
    },
    // Events at 60, 80, … 280. Six at 160 are twice as many as the three that were reported at 100.
    alerts: [
      alert(60, 'memory-exhaustion', 'node', 'warning'),
      alert(80, 'memory-exhaustion', 'node', 'warning'),
      alert(100, 'oom-storm', 'node', 'critical'),
      alert(120, 'memory-exhaustion', 'node', 'warning'),
      alert(160, 'oom-storm', 'node', 'critical'),
      alert(880, 'oom-storm', 'node', 'critical', 'resolved'),
      alert(880, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'kill-that-regains-nothing',
    title: 'a node-level kill after which too little is left is critical ten seconds later',
    quiet: false,
    happens: node => {
      node.hold(15_500)
      const small = node.start(node.pod({ name: 'filebeat-x7k2p', container: 'filebeat' }), {
        comm: 'filebeat',
        rssMiB: 73,
      })
      node.wait(60)
      node.kill(small)
      node.wait(60)
    },
    alerts: [alert(60, 'memory-exhaustion', 'node', 'warning'), alert(70, 'memory-exhaustion', 'node', 'critical')],
  },
  {
    name: 'stall-without-a-kill',
    title: 'a node that reads back its own programs and waits for them is critical, though no process was killed',
    quiet: false,
    happens: node => {
      node.hold(15_000)
      node.wait(60, 20)
      node.reclaim({ readBackMiBPerSecond: 150, fullRatio: 0.6 })
      node.wait(60, 20)
      node.reclaim({ readBackMiBPerSecond: 0, fullRatio: 0 })
      node.hold(6_000)
      node.wait(600, 5)
    },
    // The whole cache is read back in six seconds, so the 20 s from 60 to 80 are lost whole. Headroom is back
    // at 120, and what is read back from then on is recovery: five quiet minutes follow.
    alerts: [
      alert(80, 'memory-exhaustion', 'node', 'critical'),
      alert(420, 'memory-exhaustion', 'node', 'critical', 'resolved'),
    ],
  },
  {
    name: 'primed-for-a-loop',
    title: 'a node that normally runs at 97 %, whose next victims are restarted, is reported before anything is killed',
    quiet: false,
    happens: node => {
      node.hold(15_800)
      for (const comm of ['filebeat', 'icagent', 'node-exporter']) {
        node.start(node.pod({ name: `${comm}-x7k2p`, namespace: 'kube-system', container: comm }), { comm, rssMiB: 30 })
      }
      node.wait(1_800)
      node.hold(8_000)
      node.wait(900)
    },
    // Fourteen minutes make a baseline, and baselines are read once a minute. They are found each minute until 1800;
    // five quiet minutes follow.
    alerts: [
      alert(840, 'memory-exhaustion', 'node', 'warning'),
      alert(2_100, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'nested-cluster-loses-its-kubelet',
    title: 'an agent inside kind reports kills in its own subtree as those of its node, its kubelet at once',
    quiet: false,
    node: { host: { ownSubtree: `/docker/${'d'.repeat(64)}` } },
    happens: node => {
      const ours = node.cgroup(`/docker/${'d'.repeat(64)}/system.slice/kubelet.service`)
      const kubelet = node.start(ours, { comm: 'kubelet', rssMiB: 120, unseen: true })
      node.wait(60)
      node.kill(kubelet)
      node.wait(900)
    },
    alerts: [
      alert(60, 'node-daemon-killed', kubelet, 'critical'),
      alert(60, 'memory-exhaustion', 'node', 'warning'),
      alert(660, 'node-daemon-killed', kubelet, 'critical', 'resolved'),
      alert(660, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'kubelet-killed',
    title: 'a kubelet that is killed is critical at once, and a loop when it happens again',
    quiet: false,
    happens: node => {
      node.wait(60)
      for (let life = 0; life < 2; life++) {
        const kubeletProcess = node.start(node.unit('kubelet.service'), { comm: 'kubelet', rssMiB: 120, adj: -999 })
        node.wait(300)
        node.kill(kubeletProcess)
      }
      node.wait(900)
    },
    // Kills at 360 and 660: quiet for 2.5 × 300 s.
    alerts: [
      alert(360, 'node-daemon-killed', kubelet, 'critical'),
      alert(360, 'memory-exhaustion', 'node', 'warning'),
      alert(660, 'respawn-loop', kubelet, 'critical'),
      alert(660, 'node-daemon-killed', kubelet, 'critical'),
      alert(660, 'memory-exhaustion', 'node', 'warning'),
      alert(1_410, 'respawn-loop', kubelet, 'critical', 'resolved'),
      alert(1_410, 'node-daemon-killed', kubelet, 'critical', 'resolved'),
      alert(1_410, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'sshd-of-the-host-killed',
    title: "the host's sshd is one of the node's daemons by its cgroup",
    quiet: false,
    happens: node => {
      const sshd = node.start(node.unit('ssh.service'), { comm: 'sshd', rssMiB: 8 })
      node.wait(60)
      node.kill(sshd)
      node.wait(700)
    },
    alerts: [
      alert(60, 'node-daemon-killed', 'unit/system.slice/ssh.service', 'critical'),
      alert(60, 'memory-exhaustion', 'node', 'warning'),
      alert(660, 'node-daemon-killed', 'unit/system.slice/ssh.service', 'critical', 'resolved'),
      alert(660, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'containerd-killed-at-the-limit-of-its-slice',
    title: 'a container runtime that is killed at the limit of system.slice is critical, and the node ran out',
    quiet: false,
    happens: node => {
      const containerd = node.start(node.unit('containerd.service'), { comm: 'containerd', rssMiB: 300, adj: -999 })
      node.wait(60)
      node.kill(containerd, { by: { limit: '/system.slice' } })
      node.wait(700)
    },
    alerts: [
      alert(60, 'node-daemon-killed', 'unit/system.slice/containerd.service', 'critical'),
      alert(60, 'memory-exhaustion', 'cgroup/system.slice', 'warning'),
      alert(660, 'node-daemon-killed', 'unit/system.slice/containerd.service', 'critical', 'resolved'),
      alert(660, 'memory-exhaustion', 'cgroup/system.slice', 'warning', 'resolved'),
    ],
  },
  {
    name: 'lost-records',
    title: 'an agent that lost kernel records says so once an episode',
    quiet: false,
    happens: node => {
      node.wait(60)
      for (let time = 0; time < 5; time++) {
        node.emit({ kind: 'lost', source: 'kmsg', records: 40 })
        node.wait(60)
      }
      node.wait(900)
    },
    // Lost at 60, 120, … 300: the episode ends with the first tick beyond ten minutes after.
    alerts: [
      alert(60, 'agent-impaired', 'oomloop', 'warning'),
      alert(910, 'agent-impaired', 'oomloop', 'warning', 'resolved'),
    ],
  },
  {
    name: 'source-goes-blind-and-sees-again',
    title: "an agent that cannot read the kernel's log any more says so until it can",
    quiet: false,
    happens: node => {
      node.wait(60)
      node.emit({ kind: 'source', source: 'kmsg', state: 'blind', why: 'EPERM' })
      node.wait(120)
      node.emit({ kind: 'source', source: 'pods', state: 'blind', why: 'ENOENT' })
      node.wait(120)
      node.emit({ kind: 'source', source: 'kmsg', state: 'sighted', why: '' })
      node.wait(120)
      node.emit({ kind: 'source', source: 'pods', state: 'sighted', why: '' })
      node.wait(60)
    },
    alerts: [
      alert(60, 'agent-impaired', 'oomloop', 'warning'),
      alert(420, 'agent-impaired', 'oomloop', 'warning', 'resolved'),
    ],
  },
  {
    name: 'agent-among-the-next-victims',
    title: 'an agent that is itself among the next to be killed on a full node says so',
    quiet: false,
    node: { host: { agentPid: 20_017 } },
    happens: node => {
      const agent = node.start(node.unit('oomloop.service'), { comm: 'oomloop', rssMiB: 80 })
      node.wait(60)
      node.hold(15_000)
      node.wait(60)
      node.hold(4_000)
      node.wait(120)
      node.exit(agent)
    },
    // In danger from the first sample with little headroom (70) to the last (120), and for a minute after.
    alerts: [
      alert(70, 'agent-impaired', 'oomloop', 'warning'),
      alert(190, 'agent-impaired', 'oomloop', 'warning', 'resolved'),
    ],
  },
  {
    name: 'killed-by-something-else',
    title: 'a top candidate that vanishes under stall, while the kernel counts no kill, was ended by something else',
    quiet: false,
    happens: node => {
      node.hold(11_000)
      const place = node.pod({ name: 'batch-0', container: 'main', qos: 'burstable' })
      const batch = node.start(place, { comm: 'batch', rssMiB: 4_000 })
      node.wait(60, 1)
      node.reclaim({ readBackMiBPerSecond: 30, fullRatio: 0.2 })
      node.wait(5, 1)
      node.exit(batch)
      node.reclaim({ readBackMiBPerSecond: 0, fullRatio: 0 })
      node.wait(900)
    },
    // Gone at 65; twenty seconds are given to its pod to go as a whole, and the next tick is at 85.
    alerts: [
      alert(85, 'memory-exhaustion', 'pod/default/batch-0/main', 'info'),
      alert(685, 'memory-exhaustion', 'pod/default/batch-0/main', 'info', 'resolved'),
    ],
  },
  {
    name: 'founding-incident',
    title: 'the founding log: a storm at its third event, a loop 46 minutes later, and no end before its last kill',
    quiet: false,
    node: { host: { sight: 'log' } },
    happens: node => {
      for (const [seconds, chosen, chosenComm, score, pid, comm, uid, totalVm, anonRss] of founding) {
        node.skip(seconds - node.seconds())
        node.kernel(
          `Out of memory: Kill process ${chosen} (${chosenComm}) score ${score} or sacrifice child`,
          `Killed process ${pid} (${comm}), UID ${uid}, total-vm:${totalVm}kB, anon-rss:${anonRss}kB, file-rss:0kB, shmem-rss:0kB`,
        )
      }
      node.emit({ kind: 'end', why: 'end-of-log' })
    },
    // 16:50:50 stands at 0, so that 16:52:31 is 101 and 17:36:56 is 2766. The eighth event doubles the four of then.
    alerts: [
      alert(0, 'memory-exhaustion', 'node', 'warning'),
      alert(101, 'memory-exhaustion', 'node', 'warning'),
      alert(101, 'oom-storm', 'node', 'critical'),
      alert(2_766, 'respawn-loop', 'comm/filebeat', 'critical'),
      alert(2_766, 'memory-exhaustion', 'node', 'warning'),
      alert(5_059, 'respawn-loop', 'comm/filebeat', 'critical', 'open-end'),
    ],
  },
  {
    name: 'log-that-goes-on',
    title: 'in a bare log an hour without kills ends an incident, at the first line after it',
    quiet: false,
    node: { host: { sight: 'log' } },
    happens: node => {
      for (const pid of [3_241, 8_437, 12_770]) {
        killInLog(node, pid)
        node.skip(1_200)
      }
      node.skip(1_200)
      node.kernel('eth0: link up')
      node.skip(1_800)
      node.kernel('eth0: link down')
      node.emit({ kind: 'end', why: 'end-of-log' })
    },
    // Kills at 0, 1200 and 2400, lines at 4800 and 6600.
    alerts: [
      alert(0, 'memory-exhaustion', 'node', 'warning'),
      alert(1_200, 'respawn-loop', 'comm/filebeat', 'critical'),
      alert(1_200, 'memory-exhaustion', 'node', 'warning'),
      alert(6_600, 'respawn-loop', 'comm/filebeat', 'critical', 'resolved'),
      alert(6_600, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
  {
    name: 'names-only-fast-loop-in-a-log',
    title: 'a fast loop of which a log has only names is reported at its fourth kill',
    quiet: false,
    node: { host: { sight: 'log' } },
    happens: node => {
      for (const pid of [3_241, 3_390, 3_612, 3_801, 4_020]) {
        killInLog(node, pid)
        node.skip(130)
      }
      node.emit({ kind: 'end', why: 'end-of-log' })
    },
    // Kills at 0, 130, 260 (the third within five minutes), 390 and 520.
    alerts: [
      alert(0, 'memory-exhaustion', 'node', 'warning'),
      alert(130, 'memory-exhaustion', 'node', 'warning'),
      alert(260, 'oom-storm', 'node', 'critical'),
      alert(390, 'respawn-loop', 'comm/filebeat', 'critical'),
      alert(390, 'memory-exhaustion', 'node', 'warning'),
      alert(650, 'oom-storm', 'node', 'critical', 'open-end'),
    ],
  },
  {
    name: 'one-kill-in-a-log',
    title: 'of one kill in a bare log there is no more to say than that it happened',
    quiet: true,
    node: { host: { sight: 'log' } },
    happens: node => {
      killInLog(node, 3_241)
      node.skip(5_000)
      node.kernel('eth0: link up')
      node.emit({ kind: 'end', why: 'end-of-log' })
    },
    alerts: [
      alert(0, 'memory-exhaustion', 'node', 'warning'),
      alert(5_000, 'memory-exhaustion', 'node', 'warning', 'resolved'),
    ],
  },
]

function killInLog(node: SimulatedNode, pid: number): void {
  node.kernel(
    `Out of memory: Kill process ${pid} (filebeat) score 1004 or sacrifice child`,
    `Killed process ${pid} (filebeat), UID 0, total-vm:1702220kB, anon-rss:75196kB, file-rss:0kB, shmem-rss:0kB`,
  )
}

/** Of a CentOS 7 node in June 2023: seconds after 16:50:50, who was chosen, who died. */
const founding = [
  [0, 3241, 'filebeat', 1004, 3241, 'filebeat', 0, 1702220, 75196],
  [101, 18271, 'java', 1002, 18271, 'java', 1000, 10065552, 5265332],
  [101, 18518, 'java', 1002, 21215, '[main]-pipeline', 1000, 10065552, 5265472],
  [2766, 8437, 'filebeat', 1006, 8437, 'filebeat', 0, 1079696, 103664],
  [2871, 9614, 'icagent', 1001, 9614, 'icagent', 0, 1438452, 20912],
  [4587, 9119, 'sh', 999, 15816, 'sleep', 0, 4380, 76],
  [5058, 9119, 'sh', 999, 9119, 'sh', 0, 11900, 420],
  [5059, 8877, 'edaemon', 999, 8877, 'edaemon', 0, 1328412, 11712],
] as const
