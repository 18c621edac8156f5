import type { HostFacts, IdentityView, OomKill, ProcessSample, ProcessSamples } from '../../src/types.ts'

/** A host that was booted at 0, so that start ticks × 10 are milliseconds since the epoch. */
export function hostFacts(facts: Partial<HostFacts> = {}): HostFacts {
  return {
    name: 'node-1',
    kernel: '6.1.0',
    os: 'Debian 12',
    memTotalKiB: 1_500_000,
    bootId: 'b',
    bootedAt: 0,
    agentVersion: '0',
    sight: 'host',
    ...facts,
  }
}

export function kill(fields: Partial<OomKill> & Pick<OomKill, 'pid'>): OomKill {
  return {
    at: null,
    comm: null,
    scope: 'global',
    uid: 0,
    totalVmKiB: null,
    anonRssKiB: null,
    fileRssKiB: null,
    shmemRssKiB: null,
    pgtablesKiB: null,
    oomScoreAdj: null,
    score: null,
    sacrificedFor: null,
    invoker: null,
    invokerPid: null,
    order: null,
    gfpMask: null,
    taskMemcg: null,
    oomMemcg: null,
    limitKiB: null,
    usageKiB: null,
    containerId: null,
    podUid: null,
    event: `${fields.pid}`,
    partial: false,
    ...fields,
  }
}

export function process(fields: Partial<ProcessSample> & Pick<ProcessSample, 'pid'>): ProcessSample {
  return {
    startTicks: 100,
    ppid: 2,
    comm: 'java',
    state: 'S',
    threads: 1,
    majorFaults: 0,
    rssKiB: 10_000,
    oomScore: 670,
    oomScoreAdj: 0,
    cgroup: '/system.slice/app.service',
    ...fields,
  }
}

export function seen(at: number, ...samples: readonly ProcessSample[]): ProcessSamples {
  return { kind: 'processes', at, seen: samples, gone: [] }
}

export function gone(at: number, ...samples: readonly ProcessSample[]): ProcessSamples {
  return { kind: 'processes', at, seen: [], gone: samples.map(({ pid, startTicks }) => ({ pid, startTicks })) }
}

/** What identify answers where nothing was sampled. */
export const emptyIdentity: IdentityView = {
  workloadOfPid: () => undefined,
  workloadOfCgroup: () => undefined,
  processes: () => [],
  candidates: () => [],
  usage: () => [],
  respawns: () => null,
  hasRespawned: () => false,
  isKilled: () => false,
  podByUid: () => undefined,
}
