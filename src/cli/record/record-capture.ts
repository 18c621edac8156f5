import { createKernelSource } from '../../input/live/kernel.ts'
import { createSamplerSource } from '../../input/sampler/sampler-source.ts'
import { whatToKeep } from '../../recording/capture-filter.ts'
import { createDelayBuffer } from '../../recording/delay-buffer.ts'
import { type CaptureHeader, type CaptureLine, formatVersion } from '../../recording/formats.ts'
import { createRecordingHostFiles } from '../../recording/recording-host-files.ts'
import { createRedactor } from '../../recording/redact.ts'
import type { KernelRecord, Observation } from '../../types.ts'
import { version } from '../../version.ts'
import type { RecordOptions, RecordSession } from './record-observations.ts'

/** Records what the live sources read: raw kernel records and the text of the host's files. */
export function recordCapture(options: RecordOptions): RecordSession {
  const at = Date.now()
  // The kernel's stamps run with the monotonic clock.
  const bootedAt = at - Number(process.hrtime.bigint() / 1_000_000n)
  const recorded = createRecordingHostFiles(options.files, {
    keep: whatToKeep,
    onChange: () => queueMicrotask(() => writeFiles()), // when the sampler's turn is over
  })
  const host = options.facts(recorded.files)
  const sampler = createSamplerSource(recorded.files)
  const redactor = options.redact ? createRedactor() : undefined
  const hold = redactor && createDelayBuffer<CaptureLine>(line => options.write(redactor.captureLine(line)))
  let raw: Buffer | undefined

  const writeFiles = (): void => {
    const line = recorded.take()
    if (line) push({ at: Date.now(), ...line })
  }

  const push = (line: CaptureLine): void => (hold ? hold.push(line) : options.write(line))

  const emit = (observation: Observation): void => {
    options.onObservation(observation)
    redactor?.learn(observation)
  }

  const kernel = createKernelSource({
    ...options.kernel,
    bootId: host.bootId,
    notBefore: 0,
    onChoice: () => {},
    onRaw: (record, readAt) => {
      raw = record
      const foreign = foreignHead(record)
      if (foreign) push({ at: readAt, kmsg: foreign })
    },
  })

  const start = async (): Promise<void> => {
    const header: CaptureHeader = {
      oomloop: 'capture',
      version: formatVersion,
      at,
      name: host.name,
      agentVersion: version,
      bootedAt,
      machine: options.machine,
      host,
    }
    options.write(redactor ? redactor.header(header) : header)
    options.onObservation({ kind: 'host', at, host })
    // Files that were read for the host facts are written with the first turn of the sampler, because half a listing of
    // /proc would hide processes.
    await sampler.start(emit)
    // The backlog is read at one moment, so nothing else can happen between its records.
    const backlogAt = Date.now()
    await kernel.start(observation => {
      options.onObservation(observation)
      if (observation.kind !== 'kernel') return
      if (!observation.estimated) sampler.lookAtVictim(observation)
      writeFiles() // files of the victim come before the record that names it
      push({
        at: observation.estimated ? backlogAt : observation.at!,
        kmsg: raw?.toString('latin1') ?? asRaw(observation, bootedAt),
      })
      raw = undefined
    })
  }

  const stop = async (): Promise<void> => {
    await kernel.stop()
    await sampler.stop()
    writeFiles()
    hold?.end()
  }

  return { start, stop }
}

/** Of a record that userspace wrote only the sequence number is kept, so that it does not count as lost. */
function foreignHead(record: Buffer): string | undefined {
  const head = record.toString('latin1', 0, Math.max(0, record.indexOf(';')))
  return Number.parseInt(head, 10) > 7 ? `${head};` : undefined
}

let invented = 0

/** A kernel line from another source than /dev/kmsg, in the form that /dev/kmsg has. */
function asRaw({ at, level, text }: KernelRecord, bootedAt: number): string {
  // It happened when it was read; a stamp in the line may be of another boot's clock.
  const stamp = Math.max(0, ((at ?? 0) - bootedAt) * 1000)
  const escaped = [...Buffer.from(text)]
    .map(byte =>
      byte < 32 || byte > 126 || byte === 92 ? `\\x${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte),
    )
    .join('')
  return `${level ?? 6},${invented++},${Math.round(stamp)},-;${escaped}\n`
}
