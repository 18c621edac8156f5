/**
 * What stands in the lines of a recording and of a capture, as published in schemas/ (generated from these types) and
 * described in docs/contracts.md. Both are JSON lines, plain or packed: a header, then one object a line, in order of time.
 * Unknown keys are ignored, and so are lines of an unknown `kind`; a torn last line is no error.
 */
import type {
  Baselines,
  CgroupSamples,
  CoreSettings,
  End,
  HoldObservation,
  HostFacts,
  HostObservation,
  KernelRecord,
  LostRecords,
  MachineFacts,
  MemorySample,
  Observation,
  PodName,
  PodNames,
  ProcessSample,
  ProcessSamples,
  Resume,
  Saved,
  SettingsObservation,
  SourceState,
  Start,
  Tick,
  UnitLine,
  UsageTrends,
} from '../types.ts'
import type { KernelRecords } from './kernel-records.ts'

/** The newest version of either format that this program reads; it writes this one. */
export const formatVersion = 1

/** Last moment that counts as a time, ms: the end of the year 9999, beyond which ISO 8601 has no plain form. */
export const latestMs = 253_402_300_799_999

/** First line of a recording; again in the middle where a run of the agent or a segment begins. */
export interface RecordingHeader {
  readonly oomloop: 'recording'
  readonly version: 1
  /** Milliseconds since the epoch at which the run (or this segment of it) begins. */
  readonly at: number
  readonly agentVersion?: string
  /** What the machine is; of recordings that a person made. */
  readonly machine?: MachineFacts
  /** The boot of the node in which it was made. */
  readonly bootId?: string
  /**
   * Same value: same run of the agent. Another run of the same boot goes on where the one before it was ended, unless it
   * says `start`. Absent, as in a recording written by hand: the core starts again with every header.
   */
  readonly run?: string
  /** Number of this segment within the run, from 1. */
  readonly segment?: number
  /** Observations that the run had written before this segment. */
  readonly written?: number
  /** Facts of the host, for a recording written by hand: as an observation of kind `host` right after the header. */
  readonly host?: Partial<HostFacts>
  /** Settings that differ from the defaults, likewise. */
  readonly settings?: Partial<CoreSettings>
  /** What was done to it: `redacted`. */
  readonly notes?: readonly string[]
}

/** A line of a recording after its header. */
export type RecordingLine = WrittenObservation | KernelRecords | Snapshot | Gap

/** An observation as it may be written by hand: what has a natural value where it is missing may be left out. */
export type WrittenObservation =
  | Start
  | Resume
  | Saved
  | WrittenSettings
  | WrittenHost
  | KernelRecord
  | UnitLine
  | WrittenMemory
  | CgroupSamples
  | WrittenProcesses
  | WrittenPods
  | Baselines
  | HoldObservation
  | UsageTrends
  | WrittenSourceState
  | LostRecords
  | Tick
  | WrittenEnd

/** The settings to judge by; one that is missing has its default. */
export interface WrittenSettings extends Omit<SettingsObservation, 'settings'> {
  readonly settings: Partial<CoreSettings>
}

/** Facts of the host; one that is missing is unknown. */
export interface WrittenHost extends Omit<HostObservation, 'host'> {
  readonly host: Partial<HostFacts>
}

/** One reading of the node's memory. Fields by the kernel's own names; without vmstat nothing is known of stall. */
export interface WrittenMemory extends Omit<MemorySample, 'vmstat'>, Partial<Pick<MemorySample, 'vmstat'>> {}

/** Processes that are new or changed, and those that are gone. */
export interface WrittenProcesses extends Omit<ProcessSamples, 'seen' | 'gone'> {
  readonly seen?: readonly WrittenProcess[]
  readonly gone?: readonly { readonly pid: number; readonly startTicks?: number }[]
}

/** Of a process only its pid is required: without its start it started with the node, without a cgroup it is in `/`. */
export interface WrittenProcess extends Partial<Omit<ProcessSample, 'pid'>>, Pick<ProcessSample, 'pid'> {}

/** Names of pods, by the UID that stands in their cgroups. */
export interface WrittenPods extends Omit<PodNames, 'pods'> {
  readonly pods: readonly WrittenPod[]
}

export interface WrittenPod extends Omit<PodName, 'containers'>, Partial<Pick<PodName, 'containers'>> {}

/** A source went down or is up again. */
export interface WrittenSourceState extends Omit<SourceState, 'why'>, Partial<Pick<SourceState, 'why'>> {}

/** The watch ends. */
export interface WrittenEnd extends Omit<End, 'why'>, Partial<Pick<End, 'why'>> {}

/**
 * Right after the header of a segment: the state of the host as observations. It is used only where the segment before
 * this one is missing; else those observations have been seen.
 */
export interface Snapshot {
  readonly kind: 'snapshot'
  readonly at: number
  readonly observations: readonly Observation[]
  /** There were more living processes than a snapshot takes; the largest were kept. */
  readonly truncated?: boolean
}

/** Observations are missing here because the disk was slow or full. A replay is not exact from here on. */
export interface Gap {
  readonly kind: 'gap'
  readonly at: number
  readonly missing: number
}

/** First line of a capture. */
export interface CaptureHeader {
  readonly oomloop: 'capture'
  readonly version: 1
  /** Milliseconds since the epoch at which the capture begins. */
  readonly at: number
  readonly name?: string
  readonly agentVersion?: string
  /** When the kernel's printk clock began: dates kernel records that were logged before the capture began. */
  readonly bootedAt?: number
  /** What the machine is. */
  readonly machine?: MachineFacts
  /** Facts of the host that its files in this capture do not show. */
  readonly host?: Partial<HostFacts>
  readonly notes?: readonly string[]
}

/** A line of a capture after its header. */
export type CaptureLine = CaptureRecord | CaptureUnitLine | CaptureFiles

/** A record of /dev/kmsg when it was read. */
export interface CaptureRecord {
  readonly at: number
  /** The raw record; null where records were overwritten before they could be read. */
  readonly kmsg: string | null
  readonly error?: string
}

/** A line of a daemon's log when it left the journal. */
export interface CaptureUnitLine {
  readonly at: number
  readonly unit: string
  readonly line: string
  /** `false`: it came from a syslog, where any user could have written it; absent: the journal vouches for the unit. */
  readonly trusted?: boolean
}

/** What reading files of the host gave at that moment. A path keeps its content until a line names it again. */
export interface CaptureFiles {
  readonly at: number
  /** All process ids that there are; absent: as before. Files of a pid that is no longer listed are gone. */
  readonly pids?: readonly number[]
  /** Text by absolute path; null: the file is gone. A path that is never named does not exist. */
  readonly files: Readonly<Record<string, string | null>>
  /** Target by the path of a symbolic link. */
  readonly links?: Readonly<Record<string, string | null>>
}
