import { createClock } from '../../input/live/clock.ts'
import { createKernelSource, type KernelSourceOptions } from '../../input/live/kernel.ts'
import { createSamplerSource } from '../../input/sampler/sampler-source.ts'
import { createDelayBuffer } from '../../recording/delay-buffer.ts'
import { formatVersion, type RecordingHeader } from '../../recording/formats.ts'
import { createRedactor } from '../../recording/redact.ts'
import type { CoreSettings, HostFacts, HostFiles, MachineFacts, Observation } from '../../types.ts'
import { version } from '../../version.ts'

export interface RecordOptions {
  readonly files: HostFiles
  /** Reads the facts of a host from any kind of host files. */
  readonly facts: (files: HostFiles) => HostFacts
  readonly settings: CoreSettings
  readonly redact: boolean
  readonly machine: MachineFacts
  readonly kernel: Pick<KernelSourceOptions, 'source' | 'root' | 'logFile' | 'locale'>
  readonly write: (line: object) => void
  readonly onObservation: (observation: Observation) => void
}

/** A recording or capture that is being written. */
export interface RecordSession {
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Everything that would enter the core of an agent on this host, as a recording. */
export function recordObservations(options: RecordOptions): RecordSession {
  const { files, settings, write } = options
  const host = options.facts(files)
  const at = Date.now()
  const sampler = createSamplerSource(files, { locale: options.kernel.locale })
  const clock = createClock()
  const kernel = createKernelSource({
    ...options.kernel,
    bootId: host.bootId,
    notBefore: at - settings.loopWindowMs,
    onChoice: () => {},
  })
  const redactor = options.redact ? createRedactor() : undefined
  const hold = redactor && createDelayBuffer<Observation>(observation => write(redactor.observation(observation)))

  const emit = (observation: Observation): void => {
    options.onObservation(observation)
    redactor?.learn(observation)
    if (hold) hold.push(observation)
    else write(observation)
  }

  const start = async (): Promise<void> => {
    const header: RecordingHeader = {
      oomloop: 'recording',
      version: formatVersion,
      at,
      agentVersion: version,
      machine: options.machine,
      ...(host.bootId && { bootId: host.bootId }),
      ...(redactor && { notes: ['redacted'] }),
    }
    write(header)
    emit({ kind: 'settings', at, settings })
    emit({ kind: 'host', at, host })
    await sampler.start(emit)
    await kernel.start(observation => {
      if (observation.kind === 'kernel' && !observation.estimated) sampler.lookAtVictim(observation)
      emit(observation)
    })
    await clock.start(emit)
  }

  const stop = async (): Promise<void> => {
    await kernel.stop()
    await sampler.stop()
    await clock.stop()
    emit({ kind: 'end', at: Date.now(), why: 'end-of-recording' })
    hold?.end()
  }

  return { start, stop }
}
