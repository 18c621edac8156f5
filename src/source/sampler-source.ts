import type { HostFiles, KernelRecord, Observation, Source } from '../types.ts'
import { createSampler } from './sampler.ts'
import { createVictimWatch } from './victim.ts'

export interface SamplerSource extends Source {
  /** Reads the victim that a kernel record names, while it is still there: call it before the record is folded in. */
  readonly lookAtVictim: (record: KernelRecord) => void
}

/** The sampler by timers, for the live host. */
export function createSamplerSource(files: HostFiles): SamplerSource {
  const sampler = createSampler({ files, clock: () => performance.now() })
  let timer: NodeJS.Timeout | undefined
  let emit: (observation: Observation) => void = () => {}
  let isBlind = false
  let isStopped = false
  const victimIn = createVictimWatch()

  const tell = (observations: readonly Observation[]): void => {
    for (const observation of observations) emit(observation)
  }

  const turn = (): void => {
    const at = Date.now()
    const observations = sampler.sample(at)
    tellSight(at)
    tell(observations)
    const nextAt = at + sampler.nextDelayMs()
    if (!isStopped) timer = setTimeout(turn, Math.max(1, nextAt - Date.now()))
  }

  const tellSight = (at: number): void => {
    const isBlindNow = files.reread('/proc/meminfo') === undefined
    if (isBlindNow === isBlind) return
    isBlind = isBlindNow
    emit({
      kind: 'source',
      at,
      source: 'sampler',
      state: isBlind ? 'blind' : 'sighted',
      why: isBlind ? '/proc/meminfo cannot be read' : '/proc/meminfo can be read again',
    })
  }

  return {
    name: 'sampler',
    start: to => {
      emit = to
      tell(limitsOf(files, Date.now()))
      turn()
    },
    stop: () => {
      isStopped = true
      clearTimeout(timer)
      sampler.close()
    },
    lookAtVictim: record => {
      const victim = victimIn(record)
      if (victim && !isStopped) tell(sampler.look(victim.pid, record.at ?? Date.now(), victim.cgroup))
    },
  }
}

/** What this host does not show, and so it is from the start: for doctor and status. */
function limitsOf(files: HostFiles, at: number): readonly Observation[] {
  const limits: Observation[] = []
  const add = (source: string, why: string): void => {
    limits.push({ kind: 'source', at, source, state: 'blind', why, steady: true })
  }
  if (files.read('/proc/pressure/memory') === undefined)
    add('pressure', 'the kernel has no PSI, or it is switched off (psi=1)')
  if (files.read('/proc/1/stat') === undefined) {
    add('processes', "other users' processes are hidden (hidepid): run as root with CAP_SYS_PTRACE")
  }
  if (files.list('/sys/fs/cgroup') === undefined) add('cgroups', 'there is no /sys/fs/cgroup')
  return limits
}
