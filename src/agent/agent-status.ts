import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LeakOutlook } from '../detect/leak/first-leak.ts'
import { OomloopError } from '../errors.ts'
import { startTicksIn } from '../platform/lock.ts'
import { createFileReplacer } from '../platform/replace-file.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import type { AlertType, Coverage, Headroom, History, Locale, Severity, Stall } from '../types.ts'

export interface SourceStatus {
  readonly name: string
  readonly state: 'sighted' | 'blind'
  readonly why: string
  /** The source has been down since the start and this host does not have it, so the agent is healthy. */
  readonly steady: boolean
}

/** An alert that is firing. */
export interface FiringStatus {
  readonly type: AlertType
  readonly subject: string
  readonly severity: Severity
  readonly since: string
  /** A mute rule keeps it from the webhooks. */
  readonly muted?: boolean
}

/** The state of the agent, as `oomloop status`, /metrics and /readyz show it. */
export interface AgentStatus {
  readonly version: string
  readonly pid: number
  /** Absent: active. `stopped` is what a clean shutdown writes last. */
  readonly state?: 'active' | 'standby' | 'stopped'
  /** Of a standby: the pid of the agent that is active. */
  readonly activePid?: number | null
  /** When the kernel started that process: its pid may belong to another process by now. */
  readonly startTicks?: string | undefined
  readonly node: string
  readonly startedAt: string
  /** When this was written; an old one means that the agent is stopped or starved of CPU. */
  readonly at: string
  readonly sources: readonly SourceStatus[]
  readonly coverage: Coverage
  readonly headroom: Headroom | null
  readonly stall: Stall | null
  readonly firing: readonly FiringStatus[]
  /** The leak that would exhaust the node first; null: none is seen. Absent where an older version wrote it. */
  readonly leak?: LeakOutlook | null
  /** What `oomloop hold` slows down at the agent's request; absent with `hold: off`. */
  readonly hold?: {
    readonly held: readonly { readonly workload: string; readonly since: string; readonly savedKiB: number }[]
    /** What was released since the agent started. */
    readonly releases: number
  }
  /** What the kernel's log held of the time before this agent first started. */
  readonly history: History | null
  readonly alerts: {
    /** Changes of alerts. */
    readonly judged: number
    /** Messages that were handed to delivery. */
    readonly notified: number
    /** Messages that were not: `observe: true`. */
    readonly suppressed: number
    /** Of both, by the type of the alert. */
    readonly byType: Partial<Readonly<Record<AlertType, number>>>
  }
  readonly delivery: readonly {
    readonly webhook: string
    readonly pending: number
    readonly delivered: number
    /** Attempts, each counted. */
    readonly failed: number
    /** Alerts that are not tried again. */
    readonly givenUp: number
  }[]
  readonly protection: readonly string[]
  readonly longestGapMs: number
  /** Observations that are missing in the recording because the disk was too slow; absent if nothing is recorded. */
  readonly droppedObservations?: number
}

/** The status of an agent that does not monitor yet: it is starting, or on standby. */
export function bareStatus(about: {
  readonly version: string
  readonly node: string
  readonly startedAt: number
}): AgentStatus {
  return {
    version: about.version,
    pid: process.pid,
    startTicks: startTicksIn(ownStat()),
    node: about.node,
    startedAt: new Date(about.startedAt).toISOString(),
    at: new Date().toISOString(),
    sources: [],
    coverage: { counted: null, seen: 0, attributed: 0, lostRecords: 0 },
    headroom: null,
    stall: null,
    firing: [],
    history: null,
    alerts: { judged: 0, notified: 0, suppressed: 0, byType: {} },
    delivery: [],
    protection: [],
    longestGapMs: 0,
  }
}

function ownStat(): string | undefined {
  try {
    return readFileSync('/proc/self/stat', 'latin1')
  } catch {
    return undefined // no /proc: only the process name can be compared
  }
}

const fileName = 'status.json'

/** Returns what writes the status beside the outbox, whole or not at all. Rejects where the directory refuses. */
export function createStatusWriter(stateDir: string): (status: AgentStatus) => Promise<boolean> {
  const replace = createFileReplacer(join(stateDir, fileName))
  return status => replace(JSON.stringify(status))
}

/**
 * Reads the status of the agent that runs on this host. Throws OOMLOOP_NOT_RUNNING where there is none, and OOMLOOP_INPUT
 * where this user may not read it: systemd keeps the directory of the service's user for root.
 */
export function readStatus(stateDir: string, locale: Locale = 'en'): AgentStatus {
  const path = join(stateDir, fileName)
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as AgentStatus
  } catch (cause) {
    const { agent } = messagesOf(locale)
    if (isForbidden(cause)) throw new OomloopError('OOMLOOP_INPUT', agent.statusForbidden({ path }), { cause })
    throw new OomloopError('OOMLOOP_NOT_RUNNING', agent.noStatus({ path }), { cause })
  }
}

/** This user has no permission, so it is unknown whether an agent runs. */
export function isForbidden(cause: unknown): boolean {
  const { code, cause: inner } = cause as NodeJS.ErrnoException
  return code === 'EACCES' || code === 'EPERM' || (inner !== undefined && isForbidden(inner))
}

/**
 * Whether the process that wrote a status still runs, by its /proc/PID/stat. An agent that has exited leaves its status
 * behind.
 */
export function isStillThere({ pid, startTicks }: AgentStatus, read: (path: string) => string | undefined): boolean {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return false
  return startTicks === undefined ? /\(.*(node|oomloop|MainThread).*\)/.test(stat) : startTicksIn(stat) === startTicks
}

/** Since when something was firing when the last run wrote its status, ms; Infinity where nothing was, or no status exists. */
export function firingSince(stateDir: string): number {
  try {
    const { firing } = readStatus(stateDir)
    return Math.min(Number.POSITIVE_INFINITY, ...firing.map(({ since }) => Date.parse(since)).filter(Number.isFinite))
  } catch {
    return Number.POSITIVE_INFINITY // the first run of all
  }
}
