import { isHeld, isReleased } from '../hold/protocol.ts'
import type { Observation } from '../types.ts'
import { latestMs } from './formats.ts'
import { checkCoreSettings, checkHostFacts } from './validate-facts.ts'

/**
 * Checks one line of a recording, which may have been written by hand or by a stranger: undefined where it is no
 * observation that the core can take. What a writer may leave out (counts of a process, an empty list) is filled in;
 * a line that is complete is returned as it is, so that a replay is exact.
 */
export function checkObservation(value: unknown): Observation | undefined {
  if (!isRecord(value)) return undefined
  const kind = value.kind
  if (typeof kind !== 'string' || !Object.hasOwn(checks, kind)) return undefined
  if (!isTime(value.at) && !(kind === 'kernel' && value.at === null)) return undefined
  return checks[kind as Observation['kind']](value)
}

/** Says whether a line is of a kind that this version does not know: to be ignored, not to be called broken. */
export function isUnknownKind(value: unknown): boolean {
  return isRecord(value) && typeof value.kind === 'string' && isTime(value.at) && !Object.hasOwn(checks, value.kind)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= latestMs
}

type Check = (line: Record<string, unknown>) => Observation | undefined

const checks: Record<Observation['kind'], Check> = {
  start: as,
  resume: line => (isRecord(line.memory) ? as(line) : undefined),
  saved: line => (isText(line.id) ? as(line) : undefined),
  tick: as,
  settings: line => withChecked(line, 'settings', checkCoreSettings),
  host: line => withChecked(line, 'host', checkHostFacts),
  kernel: line =>
    typeof line.text === 'string' && areCounts(line, 'seq', 'level', 'stampUs') && isPlace(line.readTo)
      ? as(line)
      : undefined,
  'unit-line': line =>
    isText(line.unit) && isText(line.line) && isFlag(line.trusted) && isPlace(line.readTo) ? as(line) : undefined,
  memory: line => (isMemory(line) ? withDefault(line, 'vmstat', {}, isFigures) : undefined),
  cgroups: line => (isTexts(line.gone) ? withList(line, 'cgroups', isCgroup) : undefined),
  processes: checkProcesses,
  pods: checkPods,
  habits: line => withList(line, 'habits', isBaseline),
  trends: line => withList(line, 'workloads', isTrend),
  source: line =>
    typeof line.source === 'string' && (line.state === 'blind' || line.state === 'sighted')
      ? withDefault(line, 'why', '', isText)
      : undefined,
  hold: line =>
    Array.isArray(line.held) &&
    line.held.every(isHeld) &&
    Array.isArray(line.released) &&
    line.released.every(isReleased)
      ? as(line)
      : undefined,
  lost: line => (typeof line.source === 'string' && isCount(line.records) ? as(line) : undefined),
  end: line => withDefault(line, 'why', 'end-of-recording', isText),
}

function as(line: Record<string, unknown>): Observation {
  return line as unknown as Observation
}

const blankProcess = {
  startTicks: 0,
  ppid: 0,
  comm: '',
  state: 'S',
  threads: 1,
  majorFaults: 0,
  rssKiB: 0,
  oomScore: 0,
  oomScoreAdj: 0,
  cgroup: '/',
}

const processChecks: Readonly<Record<keyof typeof blankProcess, (value: unknown) => boolean>> = {
  startTicks: isTicks,
  ppid: value => value === 0 || isPid(value),
  comm: isText,
  state: isText,
  threads: isCount,
  majorFaults: isCount,
  rssKiB: isCount,
  oomScore: isCount,
  oomScoreAdj: value => typeof value === 'number' && Math.abs(value) <= 1000,
  cgroup: isText,
}

function checkProcesses(line: Record<string, unknown>): Observation | undefined {
  const { seen = [], gone = [] } = line
  if (!Array.isArray(seen) || !Array.isArray(gone)) return undefined
  if (!seen.every(isProcess) || !gone.every(item => isRecord(item) && isPid(item.pid))) return undefined
  const complete =
    line.seen !== undefined &&
    line.gone !== undefined &&
    seen.every(item => Object.keys(blankProcess).every(key => item[key] !== undefined)) &&
    gone.every(item => item.startTicks !== undefined)
  if (complete) return as(line)
  return as({
    ...line,
    seen: seen.map(item => ({ ...blankProcess, ...item })),
    gone: gone.map(item => ({ startTicks: 0, ...item })),
  })
}

function isProcess(item: unknown): boolean {
  if (!isRecord(item) || !isPid(item.pid)) return false
  for (const key in blankProcess) {
    const value = item[key]
    if (value !== undefined && !processChecks[key as keyof typeof blankProcess](value)) return false
  }
  return true
}

function checkPods(line: Record<string, unknown>): Observation | undefined {
  const named = withList(
    line,
    'pods',
    pod => isText(pod.uid) && isText(pod.namespace) && isText(pod.pod) && isLabels(pod.labels),
  )
  if (named?.kind !== 'pods' || !isTexts(line.gone)) return undefined
  if (line.containers !== undefined && !withList(line, 'containers', one => isText(one.id) && isNamed(one)))
    return undefined
  if (named.pods.every(pod => Array.isArray(pod.containers) && pod.containers.every(isNamed))) return named
  if (named.pods.some(pod => pod.containers !== undefined)) return undefined
  return { ...named, pods: named.pods.map(pod => ({ ...pod, containers: [] })) }
}

function isBaseline({ workload, KiB, watchedMs, seenAt }: Record<string, unknown>): boolean {
  return isText(workload) && isCount(KiB) && isCount(watchedMs) && isTime(seenAt)
}

function isTrend({ workload, lastAt, day, usual }: Record<string, unknown>): boolean {
  const areBins = (bins: unknown) =>
    Array.isArray(bins) && bins.length <= 90 && bins.every(MiB => Number.isFinite(MiB) && MiB >= -1)
  return isText(workload) && isTime(lastAt) && areBins(day) && areBins(usual)
}

function withList(
  line: Record<string, unknown>,
  key: string,
  test: (item: Record<string, unknown>) => boolean,
): Observation | undefined {
  const list = line[key]
  return Array.isArray(list) && list.every(item => isRecord(item) && test(item)) ? as(line) : undefined
}

function withDefault(
  line: Record<string, unknown>,
  key: string,
  value: unknown,
  test: (value: unknown) => boolean,
): Observation | undefined {
  if (line[key] === undefined) return as({ ...line, [key]: value })
  return test(line[key]) ? as(line) : undefined
}

function withChecked(
  line: Record<string, unknown>,
  key: string,
  check: (value: Record<string, unknown>) => object,
): Observation | undefined {
  const value = line[key]
  if (!isRecord(value)) return undefined
  const found = check(value)
  return found === value ? as(line) : as({ ...line, [key]: found })
}

function isNamed(value: unknown): boolean {
  return (
    isRecord(value) &&
    isText(value.name) &&
    (value.id === undefined || isText(value.id)) &&
    areCounts(value, 'restarts') &&
    isLabels(value.labels)
  )
}

function isMemory({ meminfo, pressure, numaAvailableKiB, ...line }: Record<string, unknown>): boolean {
  if (!isFigures(meminfo) || (numaAvailableKiB !== undefined && !isFigures(numaAvailableKiB))) return false
  if (pressure !== undefined && !(isRecord(pressure) && Object.values(pressure).every(isPressure))) return false
  return areCounts(line, 'load1', 'lowWatermarkKiB', 'zfsArcEvictableKiB', 'zramRatio', 'readMs', 'lateMs')
}

function isCgroup({
  path,
  limitKiB,
  stat,
  events,
  memoryPressure,
  ioPressure,
  ...more
}: Record<string, unknown>): boolean {
  return (
    isText(path) &&
    areCounts(more, 'currentKiB') &&
    (limitKiB === undefined || limitKiB === null || isCount(limitKiB)) &&
    (stat === undefined || isFigures(stat)) &&
    (events === undefined || isFigures(events)) &&
    (memoryPressure === undefined || isPressure(memoryPressure)) &&
    (ioPressure === undefined || isPressure(ioPressure))
  )
}

function isPressure(value: unknown): boolean {
  return isRecord(value) && isCount(value.someUs) && isCount(value.fullUs)
}

/** Labels, or none. */
function isLabels(value: unknown): boolean {
  return value === undefined || (isRecord(value) && Object.values(value).every(isText))
}

/** How far a log file was read, or nothing of it. */
function isPlace(value: unknown): boolean {
  return value === undefined || (isRecord(value) && isCount(value.inode) && isCount(value.bytes))
}

function isFlag(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean'
}

/** A list of texts, or none. */
function isTexts(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.every(isText))
}

/** Each of these is a number, where it is present. */
function areCounts(line: Record<string, unknown>, ...keys: readonly string[]): boolean {
  for (const key of keys) if (line[key] !== undefined && !isCount(line[key])) return false
  return true
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** What is counted exactly: no counter of the kernel that is read here is negative or beyond it. */
function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER
}

/** PID_MAX_LIMIT of include/linux/threads.h. */
function isPid(value: unknown): boolean {
  return isCount(value) && value <= 2 ** 22
}

/** Ticks since boot, 100 a second: more than three thousand years are none, and have no date. */
function isTicks(value: unknown): boolean {
  return isCount(value) && value <= 10 ** 13
}

function isFigures(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) if (!isCount(value[key])) return false
  return true
}
