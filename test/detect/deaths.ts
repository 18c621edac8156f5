import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { AttributedKill, CoreEvent, HostFacts, OomKill, Workload, World } from '../../src/types.ts'
import { emptyIdentity, kill as oomKill } from '../identify/fixtures.ts'

/** A kill as parse and identify would hand it on; what is left out is unknown. */
export interface Death {
  readonly seconds: number
  readonly pid: number
  readonly key?: string
  readonly event?: string
  readonly nodeLevel?: boolean
  /** Seconds at which the victim was born; null = it was never seen. */
  readonly born?: number | null
  readonly availableKiB?: number
  readonly workload?: Partial<Workload>
  readonly kill?: Partial<OomKill>
}

export const bootedAt = Date.UTC(2026, 2, 1)
export const startAt = Date.UTC(2026, 2, 2)

export function killOf(death: Death): AttributedKill {
  const { seconds, pid, key = 'pod/default/app/app', nodeLevel = false, born = null, availableKiB = null } = death
  const at = startAt + seconds * 1000
  const workload: Workload = {
    key,
    namespace: 'default',
    pod: 'app-1',
    podUid: 'uid-1',
    container: 'app',
    containerId: 'container-1',
    owner: null,
    unit: null,
    qos: null,
    comm: 'app',
    cgroup: `/kubepods/${key}`,
    certainty: 'cgroup',
    nodeDaemon: false,
    ...death.workload,
  }
  const bornAt = born === null ? null : startAt + born * 1000
  return {
    kill: oomKill({
      comm: 'app',
      scope: 'memcg',
      at,
      pid,
      event: death.event ?? `event-${seconds}-${pid}`,
      ...death.kill,
    }),
    at,
    workload,
    nodeLevel,
    limitLevel: nodeLevel ? 'node' : 'container',
    bornAt,
    startTicks: bornAt === null ? null : (bornAt - bootedAt) / 10,
    lastRssKiB: null,
    ppid: null,
    attributed: true,
    availableBeforeKiB: availableKiB,
  }
}

export function killEvent(death: Death): CoreEvent {
  const kill = killOf(death)
  return { kind: 'kill', at: kill.at, kill }
}

/** The world at that many seconds; a host by default, and with nothing sampled. */
export function worldAt(seconds: number, changes: Partial<Omit<World, 'now' | 'steadyNow'>> = {}): World {
  return {
    now: startAt + seconds * 1000,
    steadyNow: startAt + seconds * 1000,
    settings: defaultCoreSettings,
    host,
    identity: emptyIdentity,
    memory: {
      latest: null,
      headroom: null,
      stall: null,
      availableKiBAt: () => null,
      cgroup: () => undefined,
      cgroups: () => [],
      history: () => [],
    },
    coverage: { counted: 0, seen: 0, attributed: 0, lostRecords: 0 },
    ...changes,
  }
}

export const host: HostFacts = {
  name: 'node-1',
  kernel: '6.6.9',
  os: 'Debian',
  memTotalKiB: 16 * 1024 * 1024,
  bootId: 'boot-1',
  bootedAt,
  agentVersion: '0.1.0',
  sight: 'host',
}
