import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AlertType, Coverage, Headroom, Severity, Stall } from '../types.ts'
import { OomloopError } from './errors.ts'
import { startTicksIn } from './lock.ts'

export interface SourceStatus {
  readonly name: string
  readonly state: 'sighted' | 'blind'
  readonly why: string
  /** So it is on this host, and so it was from the start: no reason to call the agent unfit. */
  readonly steady: boolean
}

/** How the agent is, as `oomloop status`, /metrics and /readyz show it. */
export interface AgentStatus {
  readonly version: string
  readonly pid: number
  /** When the kernel started that process: its pid alone may be another's by now. */
  readonly startTicks?: string | undefined
  readonly node: string
  readonly startedAt: string
  /** When this was written; an old one means that the agent does not get to run. */
  readonly at: string
  readonly sources: readonly SourceStatus[]
  readonly coverage: Coverage
  readonly headroom: Headroom | null
  readonly stall: Stall | null
  readonly firing: readonly {
    readonly type: AlertType
    readonly subject: string
    readonly severity: Severity
    readonly since: string
  }[]
  readonly alerts: {
    readonly judged: number
    readonly handedToDelivery: number
    /** Judged but not handed over: `observe: true`. */
    readonly withheld: number
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
}

/** How an agent is that does not watch yet: it starts, or stands by. */
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
    alerts: { judged: 0, handedToDelivery: 0, withheld: 0 },
    delivery: [],
    protection: [],
    longestGapMs: 0,
  }
}

function ownStat(): string | undefined {
  try {
    return readFileSync('/proc/self/stat', 'latin1')
  } catch {
    return undefined // no /proc: the name of the process has to do
  }
}

const fileName = 'status.json'

/** Writes the status beside the outbox, whole or not at all. A full disk is no reason to stop watching. */
export function writeStatus(stateDir: string, status: AgentStatus): boolean {
  const path = join(stateDir, fileName)
  try {
    writeFileSync(`${path}.new`, JSON.stringify(status))
    renameSync(`${path}.new`, path)
    return true
  } catch {
    return false
  }
}

/** Reads the status of the agent that runs on this host. Throws OOMLOOP_NOT_RUNNING where there is none. */
export function readStatus(stateDir: string): AgentStatus {
  const path = join(stateDir, fileName)
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as AgentStatus
  } catch (cause) {
    throw new OomloopError(
      'OOMLOOP_NOT_RUNNING',
      `no agent has written its status to ${path}; start it with oomloop run, or name its --state-dir`,
      { cause },
    )
  }
}

/** Is the process that wrote a status still there? Asks its /proc/PID/stat; an agent that is gone leaves its status behind. */
export function isStillThere({ pid, startTicks }: AgentStatus, read: (path: string) => string | undefined): boolean {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return false
  return startTicks === undefined ? /\(.*(node|oomloop|MainThread).*\)/.test(stat) : startTicksIn(stat) === startTicks
}

/** Since when something was firing when the last run wrote its status, ms; Infinity where nothing was, or nobody wrote. */
export function firingSince(stateDir: string): number {
  try {
    const { firing } = readStatus(stateDir)
    return Math.min(Number.POSITIVE_INFINITY, ...firing.map(({ since }) => Date.parse(since)).filter(Number.isFinite))
  } catch {
    return Number.POSITIVE_INFINITY // the first run of all
  }
}
