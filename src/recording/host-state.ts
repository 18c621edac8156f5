import type {
  Baselines,
  CgroupSample,
  HoldObservation,
  HostObservation,
  MemorySample,
  Observation,
  PodName,
  ProcessSample,
  SettingsObservation,
  SourceState,
  UsageTrends,
} from '../types.ts'
import type { Snapshot } from './formats.ts'

/** Remembers what a segment has to begin with, so that it can be read without those before it. */
interface HostState {
  readonly observe: (observation: Observation) => void
  readonly snapshot: (at: number) => Snapshot
}

/** A snapshot takes so many living processes at most, those that the kernel would choose first: about 1 MiB. */
const maxProcesses = 5000

export function createHostState(): HostState {
  let settings: SettingsObservation | undefined
  let host: HostObservation | undefined
  let memory: MemorySample | undefined
  let habits: Baselines | undefined
  let trends: UsageTrends | undefined
  let hold: HoldObservation | undefined
  const processes = new Map<number, ProcessSample>()
  const cgroups = new Map<string, CgroupSample>()
  const pods = new Map<string, PodName>()
  const down = new Map<string, SourceState>()

  const observe = (observation: Observation): void => {
    switch (observation.kind) {
      case 'settings':
        settings = observation
        return
      case 'host':
        host = observation
        return
      case 'memory':
        memory = observation
        return
      case 'processes':
        for (const { pid, startTicks } of observation.gone)
          if (processes.get(pid)?.startTicks === startTicks) processes.delete(pid)
        for (const process of observation.seen) processes.set(process.pid, process)
        return
      case 'cgroups':
        for (const path of observation.gone ?? []) cgroups.delete(path)
        for (const cgroup of observation.cgroups) cgroups.set(cgroup.path, cgroup)
        return
      case 'pods':
        for (const uid of observation.gone ?? []) pods.delete(uid)
        for (const pod of observation.pods) pods.set(pod.uid, pod)
        return
      case 'habits':
        habits = observation
        return
      case 'trends':
        trends = observation
        return
      case 'hold':
        hold = observation
        return
      case 'source':
        if (observation.state === 'blind') down.set(observation.source, observation)
        else down.delete(observation.source)
        return
      case 'start':
      case 'kernel':
      case 'unit-line':
      case 'lost':
      case 'tick':
      case 'end':
        return
    }
  }

  const snapshot = (at: number): Snapshot => {
    const truncated = processes.size > maxProcesses
    const living = truncated
      ? [...processes.values()].sort((a, b) => b.oomScore - a.oomScore).slice(0, maxProcesses)
      : [...processes.values()]
    const observations: Observation[] = []
    if (settings) observations.push({ ...settings, at })
    if (host) observations.push({ ...host, at })
    for (const state of down.values()) observations.push({ ...state, at, steady: true })
    if (pods.size > 0) observations.push({ kind: 'pods', at, pods: [...pods.values()] })
    if (cgroups.size > 0) observations.push({ kind: 'cgroups', at, cgroups: [...cgroups.values()] })
    if (living.length > 0) observations.push({ kind: 'processes', at, seen: living, gone: [] })
    if (memory) observations.push(memory)
    if (habits) observations.push({ ...habits, at })
    if (hold) observations.push({ ...hold, at })
    if (trends) observations.push({ ...trends, at })
    return { kind: 'snapshot', at, observations, ...(truncated ? { truncated } : {}) }
  }

  return { observe, snapshot }
}
