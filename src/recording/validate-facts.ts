import { unknownHost } from '../host-facts-unknown.ts'
import { defaultCoreSettings, pickCore } from '../settings/core-settings.ts'
import { choicesOf, type Setting, settingsTable } from '../settings/table.ts'
import { isZone } from '../text/local-time.ts'
import { locales } from '../text/messages/catalogues.ts'
import type { CoreSettings, HostFacts, KubeletFacts } from '../types.ts'
import { latestMs } from './formats.ts'

/** Facts of a host from an untrusted file: missing and invalid values are unknown; the same object where all are valid. */
export function checkHostFacts(given: Record<string, unknown>): HostFacts {
  return checked<HostFacts>(given, hostChecks, blankHost)
}

/** Settings from an untrusted file: missing and invalid values get their defaults. */
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
/** Sizes and numbers: not negative, and counted exactly. */
const isSize = (value: unknown): boolean =>
  isNumber(value) && (value as number) >= 0 && (value as number) <= Number.MAX_SAFE_INTEGER
const isMoment = (value: unknown): boolean => isNumber(value) && Math.abs(value as number) <= latestMs
const isFlag = (value: unknown): boolean => typeof value === 'boolean'
const orNull = (check: (value: unknown) => boolean) => (value: unknown) => value === null || check(value)
const isOneOf =
  (...choices: unknown[]) =>
  (value: unknown) =>
    choices.includes(value)
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isTextMap = (value: unknown): boolean => isMap(value) && Object.values(value).every(isText)
const isPositive = (value: unknown): boolean => isSize(value) && (value as number) > 0

const kubeletChecks: Checks<KubeletFacts> = {
  source: isText,
  nodeName: isText,
  cloudProvider: isText,
  onCommandLine: value => Array.isArray(value) && value.every(isText),
  kubeReservedKiB: isSize,
  systemReservedKiB: isSize,
  evictionMemory: isText,
  enforceNodeAllocatable: value => Array.isArray(value) && value.every(isText),
  maxPods: isSize,
  nodeLeaseSeconds: isSize,
  singleProcessOOMKill: isFlag,
  failSwapOn: isFlag,
  memorySwap: isText,
  memoryManagerPolicy: isText,
}

const hostChecks: Checks<HostFacts> = {
  name: isText,
  kernel: isText,
  os: isText,
  osId: isText,
  init: isText,
  hostname: isText,
  memTotalKiB: orNull(isSize),
  swapTotalKiB: isSize,
  bootId: orNull(isText),
  bootedAt: orNull(isMoment),
  agentVersion: isText,
  agentPid: isSize,
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
  clock: isOneOf('boot', 'none'),
}

const isRuleList = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every(
    rule =>
      isMap(rule) &&
      ['type', 'namespace', 'workload'].every(key => rule[key] === undefined || isText(rule[key])) &&
      (rule.labels === undefined || isTextMap(rule.labels)),
  )

const settingChecks = {
  ...pickCore(key => checkOf(settingsTable[key])),
  otherLocales: (value: unknown) => Array.isArray(value) && value.every(isOneOf(...locales)),
} as unknown as Checks<CoreSettings>

function checkOf(row: Setting): (value: unknown) => boolean {
  const { kind } = row
  if (kind === 'mute') return isRuleList
  if (kind === 'zone') return value => isText(value) && isZone(value as string)
  if (kind === 'duration' || kind === 'count') return isPositive
  return isOneOf(...(choicesOf(row) ?? []))
}
