import { createSimulatedNode, type SimulatedNode } from '../scenarios/simulated-node.ts'

/** 5000 node-level kills of 40 DaemonSets over 6 hours: what a page must bear. On a live node a step is a second. */
export function stormRecording({ stepSeconds = 1 } = {}): string {
  const seconds = 6 * 3600
  const node = createSimulatedNode({ memTotalMiB: 16_384 })
  node.hold(12_000)
  node.reclaim({ readBackMiBPerSecond: 40, fullRatio: 0.3 })
  const workloads = Array.from({ length: 40 }, (_, index) => {
    const place = node.pod({ name: `relay${index}-x7k2p`, namespace: `team-${index % 7}`, container: 'relay' })
    return { place, process: node.start(place, { comm: 'relay', rssMiB: 80 }) }
  })
  let kills = 0
  for (let second = stepSeconds; second <= seconds; second += stepSeconds) {
    for (; kills < Math.round((5000 * second) / seconds); kills++) {
      const victim = workloads[kills % workloads.length]!
      node.kill(victim.process)
      victim.place = node.restarted(victim.place)
      victim.process = node.start(victim.place, { comm: 'relay', rssMiB: 80 })
    }
    node.wait(stepSeconds, stepSeconds)
  }
  return textOf(node)
}

/** Names that want to be markup, terminal commands, or without end. */
export const hostileNames = {
  script: '<script>alert(1)</script>',
  attribute: `"><img src=x onerror=alert(1)>'`,
  escapes: '\u001b[2J\u001b]0;owned\u0007\u001b[31mred',
  turned: '\u202egnp.exe\u2066\u200b',
  endless: 'n'.repeat(60_000),
}

/** A loop of every such name: as process, pod, namespace, container and node. */
export function hostileRecording(): string {
  const node = createSimulatedNode({
    memTotalMiB: 4_096,
    host: {
      name: `${hostileNames.script}${hostileNames.escapes}`,
      os: hostileNames.attribute,
      kernel: hostileNames.turned,
    },
  })
  node.hold(3_500)
  for (const name of Object.values(hostileNames)) {
    const place = node.pod({ name, namespace: name.slice(0, 300), container: name.slice(0, 300) })
    for (let round = 0; round < 3; round++) {
      const victim = node.start(place, { comm: name, rssMiB: 200 })
      node.wait(20, 5)
      node.kill(victim)
    }
  }
  node.kernel(`Out of memory: Killed process 77 (${hostileNames.escapes}) total-vm:9kB, anon-rss:9kB, file-rss:0kB`)
  node.wait(30, 5)
  return textOf(node)
}

function textOf(node: SimulatedNode): string {
  return [node.header(), ...node.observations()].map(line => `${JSON.stringify(line)}\n`).join('')
}

/** Three workloads of 300, 200 and 100 MiB, of which none was killed yet. */
export function candidatesRecording(): string {
  const node = createSimulatedNode({ memTotalMiB: 4_096 })
  for (const rssMiB of [200, 300, 100]) {
    const name = `size-${rssMiB}`
    node.start(node.pod({ name, qos: 'burstable' }), { comm: name, rssMiB })
  }
  node.wait(5, 1)
  return textOf(node)
}
