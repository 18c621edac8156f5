import { OomloopError } from '../../errors.ts'
import { type CaptureHeader, formatVersion } from '../../recording/formats.ts'
import { checkHostFacts } from '../../recording/validate-facts.ts'
import { isRecord, isTime } from '../../recording/validate-observation.ts'
import { messagesOf } from '../../text/messages/catalogues.ts'
import type { CoreSettings, HostFacts, HostFiles, Locale, Observation } from '../../types.ts'
import { createVictimWatch } from '../live/kill-line-watch.ts'
import { createKmsgFeed, type KmsgFeed } from '../live/kmsg-feed.ts'
import { createFilesInMotion } from './capture-files.ts'
import type { Notes } from './read-warnings.ts'

/** What reads the captured files: the very sampler that reads a live node. */
interface CaptureSampler {
  readonly sample: (at: number) => readonly Observation[]
  /** Time until the next sample is due, as the sampler's tiers want it. */
  readonly nextDelayMs: () => number
  /** Reads the victim that a kernel record names, and who counts a kill more. */
  readonly look: (pid: number, at: number, cgroup?: string) => readonly Observation[]
}

interface CaptureReaderOptions {
  /** For messages: the name of the file. */
  readonly name: string
  readonly notes: Notes
  readonly settings: CoreSettings
  readonly createSampler: (files: HostFiles) => CaptureSampler
  readonly hostFacts: (files: HostFiles, header: CaptureHeader) => HostFacts
  /** Language of notes and errors; default en. */
  readonly locale?: Locale | undefined
}

/** Turns the lines of a capture into what the live sources would have said, under the capture's clock. */
interface CaptureReader {
  /** Throws OOMLOOP_INPUT where the header is of a newer version. */
  readonly line: (text: string) => readonly Observation[]
  readonly torn: (text: string) => readonly Observation[]
  readonly end: () => readonly Observation[]
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share where the playback stands
export function createCaptureReader(options: CaptureReaderOptions): CaptureReader {
  const { notes } = options
  const { files, apply } = createFilesInMotion()
  let header: CaptureHeader | undefined
  let sampler: CaptureSampler | undefined
  let lineNumber = 0
  let now = 0
  let nextSampleAt = 0
  let nextTickAt = 0
  let isDirty = false
  let kernelLog: KmsgFeed | undefined
  const victimIn = createVictimWatch()

  const begin = (line: Record<string, unknown>): readonly Observation[] => {
    if (typeof line.version !== 'number' || line.version > formatVersion) {
      const version = String(JSON.stringify(line.version)).slice(0, 20)
      const { newerCapture } = messagesOf(options.locale ?? 'en').input.recording
      throw new OomloopError('OOMLOOP_INPUT', newerCapture({ name: options.name, version, known: formatVersion }))
    }
    header = checkHeader(line)
    now = header.at
    // Records from before the capture carry the kernel's stamp only; without the time of boot they count as read.
    const stampUs = header.bootedAt === undefined ? 0 : (now - header.bootedAt) * 1000
    kernelLog = createKmsgFeed({ opened: { at: now, stampUs } })
    return [
      { kind: 'start', at: now },
      { kind: 'settings', at: now, settings: options.settings },
    ]
  }

  /** Reads the files as they stood at `now`, if they moved and the sampler wants to; and lets the clock tick. */
  const settle = (): Observation[] => {
    const out: Observation[] = []
    if (isDirty && now >= nextSampleAt) {
      isDirty = false
      if (!sampler) {
        sampler = options.createSampler(files)
        out.push({ kind: 'host', at: now, host: options.hostFacts(files, header!) })
      }
      out.push(...sampler.sample(now))
      nextSampleAt = now + Math.min(sampler.nextDelayMs(), maxDelayMs) - slackMs
    }
    if (now >= nextTickAt) {
      out.push({ kind: 'tick', at: now })
      nextTickAt = now + 1000 - slackMs
    }
    return out
  }

  /** As live: the victim is read before the record that names it is folded in. */
  const records = (raw: string, at: number): Observation[] => {
    const found = kernelLog!.push(Buffer.from(raw, 'latin1'), at)
    return found.flatMap(record => {
      const victim = sampler && record.kind === 'kernel' && !record.estimated ? victimIn(record) : undefined
      return victim ? [...sampler!.look(victim.pid, at, victim.cgroup), record] : [record]
    })
  }

  const body = (line: Record<string, unknown>): Observation[] | undefined => {
    const { at } = line
    if (!isTime(at)) return undefined
    if (at < now - 1000) notes.count('clock-back', lineNumber)
    // All lines of one moment are applied before the sampler looks, as a reader of the live host sees them all.
    const out = at === now ? [] : settle()
    if (at < now) nextSampleAt = nextTickAt = at // the clock was set back, so this clock follows
    now = at
    // null: records were overwritten before they were read; the next sequence number says how many.
    if (line.kmsg === null) return out
    if (typeof line.kmsg === 'string') return [...out, ...records(line.kmsg, at)]
    if (typeof line.line === 'string' && typeof line.unit === 'string')
      return [
        ...out,
        { kind: 'unit-line', at, unit: line.unit, line: line.line, ...(line.trusted !== false && { trusted: true }) },
      ]
    if (!isRecord(line.files) || !areTexts(line.files)) return out.length > 0 ? out : undefined
    apply({
      files: line.files,
      ...(Array.isArray(line.pids) ? { pids: line.pids.filter(pid => Number.isInteger(pid) && pid > 0) } : {}),
      ...(isRecord(line.links) && areTexts(line.links) ? { links: line.links } : {}),
    })
    isDirty = true
    return out
  }

  const line = (text: string, isLast: boolean): readonly Observation[] => {
    lineNumber++
    if (text === '' || text === '\r') return []
    const value = parse(text)
    if (!header && value?.oomloop === 'capture') return begin(value)
    const found = header && value && body(value)
    if (!found && !isLast) notes.count('broken', lineNumber)
    return found ?? []
  }

  return {
    line: text => line(text, false),
    torn: text => line(text, true),
    end: () => (header ? [...settle(), { kind: 'end', at: now, why: 'end-of-recording' }] : []),
  }
}

/** The header as written, as far as its values are valid. */
function checkHeader({ at, name, bootedAt, host }: Record<string, unknown>): CaptureHeader {
  return {
    oomloop: 'capture',
    version: formatVersion,
    at: isTime(at) ? at : 0,
    ...(typeof name === 'string' && { name }),
    ...(isTime(bootedAt) && { bootedAt }),
    ...(isRecord(host) && { host: checkHostFacts(host) }),
  }
}

// A capture was written once a second, give or take: a sample that would be due some ms later is due now.
const slackMs = 250
const maxDelayMs = 10_000

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined // reported by the caller, which knows whether it is the torn last line
  }
}

function areTexts(value: Record<string, unknown>): value is Record<string, string | null> {
  for (const key in value) if (typeof value[key] !== 'string' && value[key] !== null) return false
  return true
}
