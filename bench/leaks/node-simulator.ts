import { createRandom, type Random } from '../../test/chaos/random.ts'

/**
 * A node whose memory is made up, half minute by half minute. What it is made of, with the parameters that are drawn:
 *
 * | part | parameters |
 * | --- | --- |
 * | service | 0.1–3 GiB; daily rhythm of 0–40% with its peak between 10 and 20 h; 70–100% of it at weekends; noise 0.5–3% |
 * | JVM | heap of 0.5–6 GiB; fills in 0.5–30 h after each start, straight or levelling off, then stops; garbage collection every 1–10 min takes 5–30% |
 * | application cache | 0.5–4 GiB, warms within 2–72 h after each start |
 * | daemon | 20–300 MiB, steady |
 * | batch job | every 1, 6 or 24 h; 5–90 min; rises to 0.2–2 GiB, straight or at once, and ends |
 * | leak that a restart takes back | 5–100 MiB/h, restarted every 12–72 h |
 * | deploys | each service, JVM and cache every 1–9 days: starts again from 30% |
 * | file cache | a workload's working set counts up to 400 MiB of active file pages, which come and go and cost the node nothing |
 *
 * A node has 6 to 16 of these, and so much memory that its highest use in the period is 70–95% of it.
 */
export interface SimulatedNode {
  readonly name: string
  readonly capacityKiB: number
  /** The workload that leaks, from when, by how much, and when the node is full; null for a healthy node. */
  readonly leak: {
    readonly workload: string
    readonly from: number
    readonly KiBPerHour: number
    readonly fullAt: number
  } | null
  readonly until: number
  /** Moments of half a minute, in order. */
  readonly readings: () => Generator<{
    readonly at: number
    readonly usedKiB: number
    /** `KiB` as kubelet counts (with active file pages), `fileKiB` of them file pages. */
    readonly workloads: readonly { readonly key: string; readonly KiB: number; readonly fileKiB: number }[]
  }>
}

export const stepMs = 30_000
const hourMs = 3600_000
const dayMs = 24 * hourMs
const MiB = 1024
const GiB = 1024 * 1024

interface Part {
  readonly key: string
  /** KiB at a moment; null while it does not run. */
  readonly KiB: (at: number) => number | null
  /** Active file pages that are counted for it and not for the node, KiB. */
  readonly fileKiB?: (at: number) => number
}

export function healthyNode(seed: number, days: number): SimulatedNode {
  const random = createRandom(seed)
  const parts = makeParts(random)
  const until = days * dayMs
  const capacityKiB = peakOf(parts, until) / between(random, 0.7, 0.95)
  return nodeOf({ name: `healthy-${seed}`, parts, capacityKiB, until, leak: null })
}

/** A healthy node for two to three days, and then one of its services, JVMs, caches or daemons leaks until the node is full:
 * 20 MiB/h to 2 GiB/h, which deploys of it do not take back. */
export function leakingNode(seed: number): SimulatedNode {
  const random = createRandom(seed ^ 0x5eed)
  const parts = makeParts(random)
  const KiBPerHour = 20 * MiB * 100 ** random.ratio() * 1.02
  const watched = 2 * dayMs
  const peak = peakOf(parts, watched + 2 * dayMs)
  // So much memory that it takes between an hour and five days.
  const room = KiBPerHour * Math.min(120, Math.max(1.2, 2 * 30 ** random.ratio()))
  const capacityKiB = peak + room
  const from = watched + random.ratio() * dayMs
  const mayLeak = parts
    .map((_, index) => index)
    .filter(index => /^(service|jvm|appCache|daemon)/.test(parts[index]!.key))
  const victim = random.pick(mayLeak)
  const key = parts[victim]!.key
  const leaking = parts.map(
    (part, index): Part =>
      index === victim
        ? { ...part, KiB: at => (part.KiB(at) ?? 0) + Math.max(0, ((at - from) / hourMs) * KiBPerHour) }
        : part,
  )
  let fullAt = from
  while (usedAt(leaking, fullAt) < capacityKiB) fullAt += stepMs
  const leak = { workload: key, from, KiBPerHour, fullAt }
  return nodeOf({ name: `leaking-${seed}`, parts: leaking, capacityKiB, until: fullAt, leak })
}

function nodeOf(options: Omit<SimulatedNode, 'readings'> & { readonly parts: readonly Part[] }): SimulatedNode {
  const { parts, until } = options
  return {
    ...options,
    readings: function* () {
      for (let at = stepMs; at <= until; at += stepMs) {
        let usedKiB = 0
        const workloads: { key: string; KiB: number; fileKiB: number }[] = []
        for (const { key, KiB, fileKiB } of parts) {
          const size = KiB(at)
          if (size === null) continue
          usedKiB += size
          const file = fileKiB?.(at) ?? 0
          workloads.push({ key, KiB: size + file, fileKiB: file })
        }
        yield { at, usedKiB, workloads }
      }
    },
  }
}

function usedAt(parts: readonly Part[], at: number): number {
  return parts.reduce((sum, { KiB }) => sum + (KiB(at) ?? 0), 0)
}

function peakOf(parts: readonly Part[], until: number): number {
  let peak = 0
  for (let at = stepMs; at <= until; at += stepMs) peak = Math.max(peak, usedAt(parts, at))
  return peak
}

const makers = [service, service, service, jvm, jvm, appCache, daemon, daemon, batchJob, batchJob, sawtooth]

function makeParts(random: Random): readonly Part[] {
  const count = random.integer(6, 16)
  // A leak is put into the first kinds only when one of them is drawn: each node has a service.
  return [
    service(random, 'service-main'),
    ...Array.from({ length: count }, (_, index) => {
      const make = random.pick(makers)
      return make(random, `${make.name}-${index}`)
    }),
  ]
}

function service(random: Random, key: string): Part {
  const base = between(random, 0.1, 3) * GiB
  const amplitude = between(random, 0, 0.4)
  const peakHour = between(random, 10, 20)
  const weekend = between(random, 0.7, 1)
  const noise = noiseOf(random, between(random, 0.005, 0.03))
  const started = deploysOf(random)
  const file = fileCacheOf(random)
  return {
    key,
    KiB: at => {
      const hour = (at % dayMs) / hourMs
      const isWeekend = Math.floor(at / dayMs) % 7 >= 5
      const daily = (1 + Math.cos(((hour - peakHour) / 24) * 2 * Math.PI)) / 2
      const load = 1 - amplitude + amplitude * daily * (isWeekend ? weekend : 1)
      const warm = 0.3 + 0.7 * Math.min(1, (at - started(at)) / (20 * 60_000))
      return base * load * warm * noise(at)
    },
    fileKiB: file,
  }
}

function jvm(random: Random, key: string): Part {
  const heap = between(random, 0.5, 6) * GiB
  const fillMs = between(random, 0.5, 30) * hourMs
  const isStraight = random.chance(0.5)
  const gcMs = between(random, 1, 10) * 60_000
  const gc = between(random, 0.05, 0.3)
  const started = deploysOf(random)
  return {
    key,
    KiB: at => {
      const age = (at - started(at)) / fillMs
      const filled = isStraight ? Math.min(1, age) : 1 - Math.exp(-2.5 * age)
      return heap * (0.3 + 0.7 * filled) * (1 - gc + gc * ((at % gcMs) / gcMs))
    },
  }
}

function appCache(random: Random, key: string): Part {
  const size = between(random, 0.5, 4) * GiB
  const warmMs = between(random, 2, 72) * hourMs
  const started = deploysOf(random)
  const noise = noiseOf(random, 0.005)
  return { key, KiB: at => size * (0.1 + 0.9 * (1 - Math.exp((-3 * (at - started(at))) / warmMs))) * noise(at) }
}

function daemon(random: Random, key: string): Part {
  const size = between(random, 20, 300) * MiB
  const noise = noiseOf(random, 0.01)
  return { key, KiB: at => size * noise(at), fileKiB: fileCacheOf(random) }
}

function batchJob(random: Random, key: string): Part {
  const everyMs = random.pick([1, 6, 24]) * hourMs
  const atMs = random.ratio() * everyMs
  const lastsMs = Math.min(everyMs * 0.8, between(random, 5, 90) * 60_000)
  const size = between(random, 0.2, 2) * GiB
  const isStraight = random.chance(0.5)
  return {
    key,
    KiB: at => {
      const into = (((at - atMs) % everyMs) + everyMs) % everyMs
      if (into > lastsMs) return null
      return size * (isStraight ? 0.1 + (0.9 * into) / lastsMs : 1)
    },
  }
}

function sawtooth(random: Random, key: string): Part {
  const base = between(random, 0.1, 1) * GiB
  const perHour = between(random, 5, 100) * MiB
  const everyMs = between(random, 12, 72) * hourMs
  const noise = noiseOf(random, 0.01)
  return { key, KiB: at => (base + ((at % everyMs) / hourMs) * perHour) * noise(at) }
}

/** When the workload was started last, by a deploy every one to nine days. */
function deploysOf(random: Random): (at: number) => number {
  const starts = [-random.ratio() * 4 * dayMs]
  while (starts.at(-1)! < 40 * dayMs) starts.push(starts.at(-1)! + between(random, 1, 9) * dayMs)
  let index = 0
  return at => {
    if (starts[index]! > at) index = 0
    while (starts[index + 1]! <= at) index++
    return starts[index]!
  }
}

/** Noise that hangs together over some minutes: 1 ± share. */
function noiseOf(random: Random, share: number): (at: number) => number {
  const phases = Array.from(
    { length: 4 },
    () => [between(random, 2, 60) * 60_000, random.ratio() * 2 * Math.PI] as const,
  )
  return at =>
    1 + (share * phases.reduce((sum, [period, phase]) => sum + Math.sin((at / period) * 2 * Math.PI + phase), 0)) / 2
}

function fileCacheOf(random: Random): (at: number) => number {
  const most = between(random, 0, 400) * MiB
  const growMs = between(random, 2, 40) * hourMs
  return at => most * ((at % growMs) / growMs)
}

function between(random: Random, least: number, most: number): number {
  return least + random.ratio() * (most - least)
}
