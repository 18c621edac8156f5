import { type Messages, messagesOf } from '../../text/messages/catalogues.ts'
import type { HostFiles, KernelRecord, Locale, Observation, Source } from '../../types.ts'
import { createVictimWatch } from '../live/kill-line-watch.ts'
import type { LiveFiles } from './host-files.ts'
import { createSampler } from './sampler.ts'

interface SamplerSource extends Source {
  /** Reads the victim that a kernel record names, while it is still there: call it before the record is folded in. */
  readonly lookAtVictim: (record: KernelRecord) => void
}

interface SamplerSourceOptions {
  /** An alert is on its way to a receiver: sampling waits for it, a second at most. */
  readonly isAlerting?: () => boolean
  /** Language of the state that is reported; default en. */
  readonly locale?: Locale | undefined
}

/** The sampler by timers, for the live host. It leaves half of the time to the kernel's lines and to alerts. */
export function createSamplerSource(
  files: HostFiles & Partial<Pick<LiveFiles, 'failures'>>,
  { isAlerting = () => false, locale = 'en' }: SamplerSourceOptions = {},
): SamplerSource {
  const t = messagesOf(locale).input
  const sampler = createSampler({ files, clock: () => performance.now() })
  let timer: NodeJS.Timeout | undefined
  let emit: (observation: Observation) => void = () => {}
  let isDown = false
  let downAt = 0
  let countedFailures = 0
  let isStopped = false
  const victimIn = createVictimWatch()

  const emitAll = (observations: readonly Observation[]): void => {
    for (const observation of observations) emit(observation)
  }

  const turn = (): void => {
    const at = Date.now()
    const begunAt = performance.now()
    const observations = sampler.sample(at)
    reportState(at)
    emitAll(observations)
    // By a clock that is never set: set back by an hour, the other one would put the next sample off by an hour.
    const passMs = performance.now() - begunAt
    const delayMs = sampler.nextDelayMs()
    const pause = pauseMs({ passMs, delayMs })
    sampler.postpone(pause - Math.max(1, delayMs - passMs))
    if (!isStopped) timer = setTimeout(wait, pause)
  }

  let waitedMs = 0
  /** Alerts go first: each of the steps from the kernel's line to the receiver would wait for a sample of its own. */
  const wait = (): void => {
    if (isStopped) return
    if (!isAlerting() || waitedMs >= longestWaitMs) {
      sampler.postpone(waitedMs)
      waitedMs = 0
      turn()
      return
    }
    waitedMs += waitStepMs
    timer = setTimeout(wait, waitStepMs)
  }

  /** Down while /proc cannot be read, or files are missed because descriptors run out; up again after ten calm seconds. */
  const reportState = (at: number): void => {
    const why = whyDown()
    const now = performance.now()
    if (why !== undefined) downAt = now
    const isDownNow = why !== undefined || (isDown && now - downAt < calmMs)
    if (isDownNow === isDown) return
    isDown = isDownNow
    emit({ kind: 'source', at, source: 'sampler', state: isDown ? 'blind' : 'sighted', why: why ?? t.samplerUp })
  }

  const whyDown = (): string | undefined => {
    const { count, code } = files.failures?.() ?? { count: 0, code: undefined }
    const failed = count - countedFailures
    countedFailures = count
    if (failed > 0) return t.filesUnreadable({ failed, code: code! })
    return files.reread('/proc/meminfo') === undefined ? t.meminfoUnreadable : undefined
  }

  return {
    name: 'sampler',
    start: to => {
      emit = to
      emitAll(limitsOf(files, Date.now(), t))
      turn()
    },
    stop: () => {
      isStopped = true
      clearTimeout(timer)
      sampler.close()
    },
    lookAtVictim: record => {
      const victim = victimIn(record)
      if (victim && !isStopped) emitAll(sampler.look(victim.pid, record.at ?? Date.now(), victim.cgroup))
    },
  }
}

/**
 * From the end of a sample to the next one. Where reading takes long (a node that stalls, a slow CPU), as long as it took:
 * one sample right after the other would leave nothing to what the samples are taken for.
 */
export function pauseMs({ passMs, delayMs }: { readonly passMs: number; readonly delayMs: number }): number {
  return Math.max(1, delayMs - passMs, Math.min(passMs, longestPauseMs))
}

const longestPauseMs = 1_000
const longestWaitMs = 1_000
const waitStepMs = 20

/** A shortage comes and goes from reading to reading: so long without one, it is over. */
const calmMs = 10_000

/** What this host does not show, and so it is from the start: for doctor and status. */
function limitsOf(files: HostFiles, at: number, t: Messages['input']): readonly Observation[] {
  const limits: Observation[] = []
  const add = (source: string, why: string): void => {
    limits.push({ kind: 'source', at, source, state: 'blind', why, steady: true })
  }
  if (files.read('/proc/pressure/memory') === undefined) add('pressure', t.noPsi)
  if (files.read('/proc/1/stat') === undefined) add('processes', t.hiddenProcesses)
  if (files.list('/sys/fs/cgroup') === undefined) add('cgroups', t.noCgroups)
  return limits
}
