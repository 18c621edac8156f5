import { parse as parseYaml } from 'yaml'
import type { KubeletFacts } from '../../types.ts'

/** What one file or a list of flags says; what it does not say is absent. */
export type KubeletSettings = Omit<KubeletFacts, 'source'>

/**
 * Reads a KubeletConfiguration (YAML or JSON; also a drop-in, which holds some keys only).
 *
 *     kubeReserved: {cpu: 80m, memory: 100Mi}
 *     evictionHard: {memory.available: 100Mi}
 *
 * undefined: this is no such file.
 */
export function parseKubeletConfig(text: string): KubeletSettings | undefined {
  let config: unknown
  try {
    config = parseYaml(text.slice(0, maxChars), { maxAliasCount: 10 })
  } catch {
    return undefined // not YAML: another program's file
  }
  if (!isMap(config)) return undefined
  const { kubeReserved, systemReserved, evictionHard, enforceNodeAllocatable, memorySwap } = config
  return defined({
    kubeReservedKiB: memoryOf(kubeReserved),
    systemReservedKiB: memoryOf(systemReserved),
    evictionMemory: isMap(evictionHard) ? textOf(evictionHard['memory.available']) : undefined,
    enforceNodeAllocatable: Array.isArray(enforceNodeAllocatable)
      ? enforceNodeAllocatable.filter(each => typeof each === 'string')
      : undefined,
    maxPods: numberOf(config.maxPods),
    nodeLeaseSeconds: numberOf(config.nodeLeaseDurationSeconds),
    singleProcessOOMKill: booleanOf(config.singleProcessOOMKill),
    failSwapOn: booleanOf(config.failSwapOn),
    memorySwap: isMap(memorySwap) ? textOf(memorySwap.swapBehavior) : undefined,
    memoryManagerPolicy: textOf(config.memoryManagerPolicy),
  })
}

/**
 * Reads kubelet's flags, which override its file: `--kube-reserved=cpu=80m,memory=100Mi`, `--eviction-hard
 * memory.available<100Mi`.
 */
export function parseKubeletFlags(args: readonly string[]): KubeletSettings {
  const flag = flagReader(args)
  const reserved = (name: string): number | undefined => parseQuantityKiB(pairOf(flag(name), '=', 'memory'))
  return defined({
    kubeReservedKiB: reserved('kube-reserved'),
    systemReservedKiB: reserved('system-reserved'),
    evictionMemory: pairOf(flag('eviction-hard'), '<', 'memory.available'),
    enforceNodeAllocatable: flag('enforce-node-allocatable')?.split(','),
    maxPods: numberOf(flag('max-pods')),
    failSwapOn: booleanOf(flag('fail-swap-on')),
    memoryManagerPolicy: flag('memory-manager-policy'),
    nodeName: flag('hostname-override'),
    cloudProvider: flag('cloud-provider'),
  })
}

/** Where the flags say that more settings lie. */
export function kubeletFiles(args: readonly string[]): { readonly config?: string; readonly configDir?: string } {
  const flag = flagReader(args)
  return defined({ config: flag('config'), configDir: flag('config-dir') })
}

/**
 * `memory.available` of evictionHard in KiB, of a node with this memory; kubelet's own default is 100Mi. null: a share of a
 * memory that is not known, or no quantity.
 */
export function evictionThresholdKiB(evictionMemory: string | undefined, totalKiB: number | null): number | null {
  const text = (evictionMemory ?? '100Mi').trim()
  if (!text.endsWith('%')) return parseQuantityKiB(text) ?? null
  const percent = Number.parseFloat(text)
  if (percent === 0) return 0
  return totalKiB === null || Number.isNaN(percent) ? null : (totalKiB * percent) / 100
}

/** A quantity of Kubernetes (`100Mi`, `1Gi`, `500M`, `1e9`, `0.5Gi`) in KiB; undefined where it is none. */
function parseQuantityKiB(text: string | undefined): number | undefined {
  const match = /^([0-9.]{1,20}(?:e[0-9]{1,2})?)(Ki|Mi|Gi|Ti|k|M|G|T|m)?$/.exec(text ?? '')
  const value = Number(match?.[1])
  return match && Number.isFinite(value) ? Math.round((value * (unitBytes[match[2] ?? ''] ?? 1)) / 1024) : undefined
}

const unitBytes: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

// The largest seen has 4 KiB.
const maxChars = 256 * 1024

function flagReader(args: readonly string[]): (name: string) => string | undefined {
  return name => {
    const at = args.findLastIndex(arg => arg === `--${name}` || arg.startsWith(`--${name}=`))
    if (at < 0) return undefined
    return args[at]!.includes('=') ? args[at]!.slice(args[at]!.indexOf('=') + 1) : args[at + 1]
  }
}

/** `cpu=80m,memory=100Mi` → 100Mi. */
function pairOf(text: string | undefined, sign: string, key: string): string | undefined {
  const pair = text?.split(',').find(each => each.startsWith(`${key}${sign}`))
  return pair?.slice(key.length + sign.length)
}

function memoryOf(map: unknown): number | undefined {
  return isMap(map) ? parseQuantityKiB(textOf(map.memory)) : undefined
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 200) : undefined
}

function numberOf(value: unknown): number | undefined {
  const number = value === '' || value === undefined || value === null ? Number.NaN : Number(value)
  return Number.isFinite(number) ? number : undefined
}

function booleanOf(value: unknown): boolean | undefined {
  return value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined
}

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T
}
