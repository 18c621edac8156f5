import { defaultCoreSettings } from '../settings/core-settings.ts'
import type { CoreSettings, HostFacts, KubeletFacts } from '../types.ts'
import { unknownHost } from '../unknown-host.ts'

/** Facts of a host as somebody wrote them: what is missing or no such value is unknown; the same object where all is well. */
export function checkHostFacts(given: Record<string, unknown>): HostFacts {
  return checked<HostFacts>(given, hostChecks, blankHost)
}

/** Settings as somebody wrote them: what is missing or no such value is the default. */
export function checkCoreSettings(given: Record<string, unknown>): CoreSettings {
  return checked<CoreSettings>(given, settingChecks, defaultCoreSettings)
}

type Checks<T> = { readonly [K in keyof Required<T>]: (value: unknown) => boolean }

/** Keys that have no check are kept: a later version may know them, and this one never asks. */
function checked<T extends object>(given: Record<string, unknown>, checks: Checks<T>, blank: T): T {
  const keys = Object.keys(checks) as (keyof T & string)[]
  const wrong = keys.filter(key => (given[key] === undefined ? blank[key] !== undefined : !checks[key](given[key])))
  if (wrong.length === 0) return given as T
  const kept = Object.entries(given).filter(([key]) => !wrong.includes(key as keyof T & string))
  return { ...blank, ...(Object.fromEntries(kept) as Partial<T>) }
}

const blankHost: HostFacts = { ...unknownHost, sight: 'host' }

const isText = (value: unknown): boolean => typeof value === 'string'
const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)
const isFlag = (value: unknown): boolean => typeof value === 'boolean'
const orNull = (check: (value: unknown) => boolean) => (value: unknown) => value === null || check(value)
const isOneOf =
  (...choices: unknown[]) =>
  (value: unknown) =>
    choices.includes(value)
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isTextMap = (value: unknown): boolean => isMap(value) && Object.values(value).every(isText)
const isPositive = (value: unknown): boolean => isNumber(value) && (value as number) > 0

const kubeletChecks: Checks<KubeletFacts> = {
  source: isText,
  kubeReservedKiB: isNumber,
  systemReservedKiB: isNumber,
  evictionMemory: isText,
  enforceNodeAllocatable: value => Array.isArray(value) && value.every(isText),
  maxPods: isNumber,
  nodeLeaseSeconds: isNumber,
  singleProcessOOMKill: isFlag,
  failSwapOn: isFlag,
  memorySwap: isText,
  memoryManagerPolicy: isText,
}

const hostChecks: Checks<HostFacts> = {
  name: isText,
  kernel: isText,
  os: isText,
  memTotalKiB: orNull(isNumber),
  swapTotalKiB: isNumber,
  bootId: orNull(isText),
  bootedAt: orNull(isNumber),
  agentVersion: isText,
  agentPid: isNumber,
  cgroupVersion: isOneOf('v1', 'v2', 'hybrid', 'none'),
  labels: isTextMap,
  kubelet: value =>
    isMap(value) &&
    Object.entries(kubeletChecks).every(
      ([key, check]) => (key !== 'source' && value[key] === undefined) || check(value[key]),
    ),
  sysctls: isTextMap,
  ownSubtree: isText,
  sight: isOneOf('host', 'log'),
}

const settingChecks: Checks<CoreSettings> = {
  loopWindowMs: isPositive,
  ownLimitLoopWindowMs: isPositive,
  stormWindowMs: isPositive,
  stormEvents: isPositive,
  recoveryMs: isPositive,
  quietMs: isPositive,
  logQuietMs: isPositive,
  chronicMs: isPositive,
  mute: value =>
    Array.isArray(value) &&
    value.every(
      rule =>
        isMap(rule) &&
        ['type', 'namespace', 'workload'].every(key => rule[key] === undefined || isText(rule[key])) &&
        (rule.labels === undefined || isTextMap(rule.labels)),
    ),
  locale: isOneOf('en', 'zh-CN'),
}
