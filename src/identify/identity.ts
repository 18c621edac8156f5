import type { AttributedKill, CoreEvent, HostFacts, IdentityView, MemoryView, Observation, OomKill } from '../types.ts'

export interface Identity {
  /** Learns from an observation; returns the births and deaths that it means. */
  readonly observe: (observation: Observation, host: HostFacts) => readonly CoreEvent[]
  readonly attribute: (kill: OomKill, now: number, host: HostFacts) => AttributedKill
  readonly view: IdentityView
}

export function createIdentity(memory: MemoryView): Identity {
  return {
    observe: () => [],
    attribute: (kill, now) => ({
      kill,
      at: kill.at ?? now,
      workload: {
        key: `comm/${kill.comm ?? kill.pid}`,
        namespace: null,
        pod: null,
        podUid: null,
        container: null,
        containerId: null,
        owner: null,
        unit: null,
        qos: null,
        comm: kill.comm,
        cgroup: null,
        certainty: 'name-only',
        nodeDaemon: false,
      },
      nodeLevel: kill.scope === 'global',
      limitLevel: 'unknown',
      bornAt: null,
      startTicks: null,
      lastRssKiB: null,
      ppid: null,
      attributed: false,
      availableBeforeKiB: memory.availableKiBAt(kill.at ?? now),
    }),
    view: {
      workloadOfPid: () => undefined,
      workloadOfCgroup: () => undefined,
      processes: () => [],
      candidates: () => [],
      usage: () => [],
      respawns: () => null,
      podByUid: () => undefined,
    },
  }
}
