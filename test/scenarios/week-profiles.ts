import type { Place, SimulatedNode } from './simulated-node.ts'
import type { Agenda } from './week.ts'

export interface Profile {
  readonly name: string
  /** Of a hundred. */
  readonly nodes: number
  readonly isIncident?: boolean
  readonly lives: (life: Life) => void
}

interface Life {
  readonly node: SimulatedNode
  readonly agenda: Agenda
  /** From 0 to 1. */
  readonly random: () => number
  readonly days: number
}

export const profiles: readonly Profile[] = [
  { name: 'CI: builds killed at their own limit', nodes: 20, lives: buildsOfManyProjects },
  { name: 'cron: hourly jobs killed at their own limit', nodes: 15, lives: hourlyJobs },
  { name: 'CrashLoopBackOff: bad releases', nodes: 15, lives: badReleases },
  { name: 'prefork: workers killed one by one', nodes: 14, lives: workersOneByOne },
  { name: 'GPU batch: hours at 92 %', nodes: 10, lives: batchJobs },
  { name: 'replicas: one node-level kill in the week', nodes: 10, lives: oneKill },
  { name: 'removed in the middle of the week', nodes: 5, lives: removed },
  { name: 'nested clusters: kubelets in containers', nodes: 10, lives: nested },
  { name: 'the true incident', nodes: 1, isIncident: true, lives: incident },
]

const hour = 3_600
const day = 24 * hour

/** A base of pods that come with every node. */
function furnish(node: SimulatedNode): void {
  node.hold(3_000)
  for (const name of ['filebeat-x7k2p', 'node-exporter-b4d9f']) {
    node.start(node.pod({ name, namespace: 'kube-system', container: 'agent' }), { comm: name.slice(0, 8), rssMiB: 80 })
  }
}

function buildsOfManyProjects({ node, agenda, random }: Life): void {
  furnish(node)
  let number = 0
  const next = (): void => {
    const place = node.pod({ name: `runner-project-${++number % 40}`, namespace: 'ci', container: 'build' })
    const build = node.start(place, { comm: 'cc1plus', rssMiB: 500 + Math.round(random() * 2_500) })
    // One in five needs more than it may have.
    const isTooLarge = random() < 0.2
    agenda.after(60 + random() * 600, () => (isTooLarge ? node.kill(build, { by: 'own' }) : node.exit(build)))
    agenda.after(120 + random() * 900, next)
  }
  next()
}

function hourlyJobs({ node, agenda, random, days }: Life): void {
  furnish(node)
  for (let at = hour; at < days * day; at += hour) {
    const early = (random() - 0.5) * 240
    agenda.at(at + early, () => {
      const job = node.start(node.pod({ name: `report-${29_000_000 + at / 60}-abcde` }), {
        comm: 'report',
        rssMiB: 900,
      })
      agenda.after(90, () => node.kill(job, { by: 'own' }))
    })
  }
}

/** Every other day a release that does not fit its limit; it is fixed after two to thirty hours. */
function badReleases({ node, agenda, random, days }: Life): void {
  furnish(node)
  for (let number = 0; number < days; number += 2) {
    agenda.at(number * day + random() * 12 * hour, () => {
      const until = node.seconds() + (2 + random() * 28) * hour
      crash(node.pod({ name: `service-${number}`, container: 'app' }), 0)
      function crash(place: Place, lives: number): void {
        const life = node.start(place, { comm: 'app', rssMiB: 700 })
        agenda.after(4 + random() * 20, () => {
          node.kill(life, { by: 'own' })
          if (node.seconds() > until) return
          const pause = lives === 0 ? 1 : Math.min(300, 10 * 2 ** (lives - 1))
          agenda.after(pause, () => crash(node.restarted(place), lives + 1))
        })
      }
    })
  }
}

/** Once a day a surge: the pool's workers, all started with it, are killed one after the other at the pod's limit. */
function workersOneByOne({ node, agenda, random, days }: Life): void {
  furnish(node)
  for (let number = 0; number < days; number++) {
    agenda.at(number * day + (6 + random() * 12) * hour, () => {
      const place = node.pod({ name: `php-${number}` })
      const master = node.start(place, { comm: 'php-fpm', rssMiB: 30, adj: 0 })
      const workers = Array.from({ length: 8 }, () => {
        return node.start(place, { comm: 'php-fpm', rssMiB: 250, ppid: master.pid })
      })
      for (const [index, worker] of workers.entries()) {
        agenda.after(600 + index * (2 + random() * 20), () => {
          node.kill(worker, { by: 'own' })
          node.start(place, { comm: 'php-fpm', rssMiB: 30, ppid: master.pid })
        })
      }
    })
  }
}

function batchJobs({ node, agenda, random, days }: Life): void {
  furnish(node)
  for (let at = 0; at < days * day; at += 8 * hour) {
    agenda.at(at + random() * hour, () => {
      const labels = { 'job-name': `train-${at}` }
      const place = node.pod({ name: `train-${at}-x7k2p`, qos: 'burstable', labels })
      const job = node.start(place, { comm: 'python3', rssMiB: 2_000 })
      for (let part = 1; part <= 10; part++) agenda.after(part * 60, () => node.resize(job, 2_000 + part * 990))
      agenda.after(6 * hour, () => node.exit(job))
    })
  }
}

function oneKill({ node, agenda, random, days }: Life): void {
  furnish(node)
  const pods = ['aaaaa', 'bbbbb', 'ccccc'].map(suffix =>
    node.start(node.pod({ name: `api-6d5f8c9b7d-${suffix}` }), { comm: 'java', rssMiB: 2_000 }),
  )
  agenda.at(random() * (days - 0.1) * day, () => {
    const [victim] = pods
    node.kill(victim!)
    agenda.after(2, () => node.start(node.restarted(victim!.place), { comm: 'java', rssMiB: 1_000 }))
  })
}

function removed({ node, agenda, days }: Life): void {
  furnish(node)
  const pods = Array.from({ length: 6 }, (_, index) => {
    return node.start(node.pod({ name: `app-${index}`, container: 'app' }), { comm: 'app', rssMiB: 900 })
  })
  agenda.at((days / 2) * day, () => {
    // One is killed at its own limit while the node is drained; then the agent is stopped.
    node.kill(pods[0]!, { by: 'own' })
    node.exit(...pods.slice(1))
    agenda.after(30, () => node.emit({ kind: 'end', why: 'signal' }))
  })
}

/** A cluster in a container: its kubelet, its containerd and its pods are killed at the container's own limit. */
function nested({ node, agenda, random, days }: Life): void {
  furnish(node)
  const outer = node.pod({ name: 'kind-control-plane', namespace: 'e2e', container: 'node' })
  const inner = (path: string): Place => ({ ...outer, cgroup: `${outer.cgroup}/${path}` })
  for (let number = 0; number < days; number++) {
    for (const [index, comm] of ['kubelet', 'containerd', 'sshd'].entries()) {
      agenda.at(number * day + random() * 7 * hour + index * 8 * hour, () => {
        const life = node.start(inner(`system.slice/${comm}.service`), { comm, rssMiB: 300 })
        agenda.after(300, () => node.kill(life, { by: { limit: outer.cgroup } }))
      })
    }
  }
}

/**
 * The founding incident on a node of today: a pod that ends takes what is left, the first victims are a DaemonSet's, and
 * are restarted. Pods are moved away after twenty minutes.
 */
function incident({ node, agenda, days }: Life): void {
  furnish(node)
  node.hold(11_500)
  const old = node.start(node.pod({ name: 'billing-0', qos: 'burstable' }), { comm: 'java', rssMiB: 1_500, adj: 500 })
  agenda.at(days * 0.57 * day, () => {
    let place = node.pod({ name: 'icagent-m2n8q', namespace: 'kube-system', container: 'icagent' })
    let victim = node.start(place, { comm: 'icagent', rssMiB: 75 })
    for (let second = 1; second <= 150; second++) {
      agenda.after(second, () => node.resize(old, 1_500 + second * 20))
    }
    agenda.after(130, () => node.reclaim({ readBackMiBPerSecond: 80, fullRatio: 0.5 }))
    for (let kill = 0; kill < 12; kill++) {
      agenda.after(150 + kill * 45, () => {
        node.kill(victim)
        place = node.restarted(place)
        victim = node.start(place, { comm: 'icagent', rssMiB: 75 })
      })
    }
    agenda.after(1_200, () => {
      node.exit(old)
      node.reclaim({ readBackMiBPerSecond: 0, fullRatio: 0 })
    })
  })
}
