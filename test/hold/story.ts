import { createPipeline } from '../../src/pipeline.ts'
import type { Alert, CoreSettings, HeldCgroup, HostFacts, Observation } from '../../src/types.ts'
import { createSimulatedNode, type Place, type Process } from '../scenarios/simulated-node.ts'

export interface Grower {
  readonly name: string
  readonly namespace?: string
  readonly comm?: string
  readonly adj?: number
  readonly fromMiB: number
  readonly MiBPerSecond: number
  /** What its growth is charged as: anonymous memory, files in a tmpfs, or the kernel's. */
  readonly as?: 'anon' | 'shmem' | 'kernel'
}

/** A node of 1.5 GiB whose pods grow until memory is short, as the core sees it. */
export function growthStory(options: {
  readonly growers: readonly Grower[]
  readonly hold?: CoreSettings['hold']
  readonly host?: Partial<HostFacts>
  readonly otherMiB?: number
  /** What grows besides, by no container. */
  readonly otherMiBPerSecond?: number
}) {
  const alerts: Alert[] = []
  const pipeline = createPipeline()
  const node = createSimulatedNode({
    memTotalMiB: 1536,
    ...(options.host && { host: options.host }),
    settings: { ...pipeline.world().settings, hold: options.hold ?? 'on' },
    sink: observation => alerts.push(...pipeline.observe(observation)),
  })
  const at = (): number => pipeline.world().now
  pipeline.observe({
    kind: 'settings',
    at: at(),
    settings: { ...pipeline.world().settings, hold: options.hold ?? 'on' },
  })
  const facts = {
    kernel: '6.6.9',
    os: 'Debian GNU/Linux 12',
    init: 'systemd',
    memTotalKiB: 1536 * 1024,
    bootId: 'b',
    bootedAt: at() - 86_400_000,
    agentVersion: '0.1.0',
    cgroupVersion: 'v2',
    sight: 'host',
  } as const
  pipeline.observe({ kind: 'host', at: at(), host: { name: 'node-1', ...facts, ...options.host } as HostFacts })
  let otherMiB = options.otherMiB ?? 600
  node.hold(otherMiB)
  const pods = options.growers.map(grower => {
    const place: Place = node.pod({ name: grower.name, namespace: grower.namespace ?? 'default', qos: 'burstable' })
    const process: Process = node.start(place, {
      comm: grower.comm ?? 'worker',
      rssMiB: grower.fromMiB,
      ...(grower.adj !== undefined && { adj: grower.adj }),
    })
    return { grower, place, process, MiB: grower.fromMiB, rate: grower.MiBPerSecond }
  })

  const step = (seconds: number): void => {
    for (let second = 0; second < seconds; second++) {
      otherMiB += options.otherMiBPerSecond ?? 0
      for (const pod of pods) {
        pod.MiB += pod.rate
        if ((pod.grower.as ?? 'anon') === 'anon') node.resize(pod.process, Math.round(pod.MiB))
        else otherMiB += pod.rate
      }
      node.hold(Math.round(otherMiB))
      if (second % 5 === 0) readCgroups()
      node.wait(1, 1)
    }
  }

  const readCgroups = (): void =>
    node.emit({
      kind: 'cgroups',
      cgroups: pods.map(({ grower: { as = 'anon', fromMiB }, place, MiB }) => ({
        path: place.cgroup,
        currentKiB: Math.round(MiB * 1024),
        limitKiB: null,
        stat: {
          anon: Math.round((as === 'anon' ? MiB : fromMiB) * 1024),
          shmem: as === 'shmem' ? Math.round((MiB - fromMiB) * 1024) : 0,
          kernel: as === 'kernel' ? Math.round((MiB - fromMiB) * 1024) : 0,
          inactive_file: 0,
        },
      })),
    })

  return {
    pipeline,
    node,
    alerts,
    step,
    place: (index: number) => pods[index]!.place.cgroup,
    relieve: (MiB: number) => {
      otherMiB -= MiB
    },
    slowDown: () => {
      for (const pod of pods) pod.rate /= 20
    },
    report: (held: readonly Partial<HeldCgroup>[], released: Extract<Observation, { kind: 'hold' }>['released'] = []) =>
      node.emit({
        kind: 'hold',
        held: held.map(each => ({
          cgroup: pods[0]!.place.cgroup,
          since: pipeline.world().now,
          levelKiB: 1,
          startKiB: 1,
          currentKiB: 1,
          growthKiBPerSecond: 512,
          throttledUs: 0,
          ...each,
        })),
        released,
      }),
  }
}
