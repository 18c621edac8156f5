import { messagesOf } from '../../text/messages/catalogues.ts'
import { percentText, sizeText } from '../../text/messages/format.ts'
import type { AttributedKill, ExhaustionSignals, Forecast, Headroom, Locale, World } from '../../types.ts'
import { defaultThresholds, type Thresholds } from './thresholds.ts'

/**
 * How often a range was right, of those that were given at the first warning, the first critical call and the first sign
 * that kubelet is starved, of each capture. Measured by `npm run -s bench -- leadtime`; a test compares these figures.
 */
export const forecastRecord = {
  firstKill: { right: 16, of: 17 },
  notReady: { right: 7, of: 8 },
} as const

interface Forecaster {
  /** A node-level kill: the forecast event has happened, and the next one may be forecast. */
  readonly kill: (kill: AttributedKill) => void
  /** The forecast for an alert that is being published. One that passed without its event is not made again. */
  readonly publish: (world: World) => Forecast | null
}

/** Remembers the forecasts of published alerts, so that a forecast that did not come true is not repeated. */
export function createForecaster(): Forecaster {
  let pending: { readonly latestAt: number; readonly depletingSince: number | null } | null = null

  return {
    kill: ({ nodeLevel }) => {
      if (nodeLevel) pending = null
    },
    publish: world => {
      const forecast = forecastOf(world)
      const since = world.memory.signals?.depletingSince ?? null
      if (pending && pending.depletingSince !== since) pending = null
      if (!forecast?.firstKillSeconds) return forecast
      const hasPassed = pending !== null && world.steadyNow > pending.latestAt
      if (hasPassed) return withoutFirstKill(forecast, world)
      pending ??= { latestAt: world.steadyNow + forecast.firstKillSeconds[1] * 1000, depletingSince: since }
      return forecast
    },
  }
}

function withoutFirstKill(forecast: Forecast, world: World): Forecast | null {
  if (!forecast.notReadySeconds) return null
  return inLanguage({ ...forecast, firstKillSeconds: null }, world, world.settings.locale)
}

/** The same forecast, of the same moment, with its evidence in this language. */
export function inLanguage(forecast: Forecast, { memory, now }: World, locale: Locale): Forecast {
  const { headroom, signals } = memory
  if (!headroom || !signals) return forecast
  const { firstKillSeconds: firstKill, notReadySeconds: notReady } = forecast
  return { ...forecast, evidence: evidenceOf(headroom, signals, { firstKill, notReady, locale, now }) }
}

/** The kernel reclaims to the last page before it kills: so many seconds from no headroom to the kill at most. */
const killAfterEmptySeconds = 28
/** Thrash slows the growth that causes it: what was left took up to so many times as long as its slope said. */
const slowdown = 1.5
/** Of what headroom lost, so much went to pods that are just starting: they fill up and stop. */
const mostlyStarting = 0.5

/**
 * Says what comes next as ranges of seconds, and only where the evidence carries it: the first kill where headroom
 * shrinks towards nothing, NotReady where kubelet itself is starved. Thrash without growth kills at no foreseeable time,
 * and pods that are starting stop growing at no foreseeable size.
 */
export function forecastOf(world: World, thresholds: Thresholds = defaultThresholds): Forecast | null {
  const { headroom, signals, latest } = world.memory
  if (!headroom || !signals || !latest || world.now - latest.at > 30_000) return null
  const firstKill = firstKillSeconds(world, signals, thresholds)
  const notReady = notReadySeconds(world, signals)
  if (!firstKill && !notReady) return null
  return {
    firstKillSeconds: firstKill,
    notReadySeconds: notReady,
    evidence: evidenceOf(headroom, signals, { firstKill, notReady, locale: world.settings.locale, now: world.now }),
  }
}

type Range = readonly [number, number] | null

function firstKillSeconds({ now, memory }: World, signals: ExhaustionSignals, thresholds: Thresholds): Range {
  const headroom = memory.headroom!
  if (headroom.ratio >= thresholds.lowHeadroomRatio) return null
  // Shrinking for long, it is reclaimed from, or has nothing to reclaim.
  if (!signals.isReclaiming && signals.depletingSince === null) return null
  if ((signals.startingShare ?? 0) >= mostlyStarting) return null
  // No headroom, and none regained: the next allocations decide.
  if (headroom.KiB === 0) return [0, killAfterEmptySeconds]
  const empty = signals.emptyInSeconds
  // Headroom that has shrunk for only some seconds may be a step. Its slope predicts nothing.
  if (!empty || signals.depletingSince === null || now - signals.depletingSince < thresholds.depletingMs) return null
  return [Math.floor(empty[0]), Math.ceil(empty[1] * slowdown + killAfterEmptySeconds)]
}

/**
 * kubelet renews its lease every quarter of it, and NotReady comes when the last renewal is as old as the lease (50 s
 * since 1.32). That renewal may have come just before kubelet was starved; one may still get through some time after.
 */
function notReadySeconds({ now, host }: World, { kubeletStarvedSince }: ExhaustionSignals): Range {
  if (kubeletStarvedSince === null) return null
  const leaseSeconds = host.kubelet?.nodeLeaseSeconds ?? 40
  const starvedSeconds = (now - kubeletStarvedSince) / 1000
  const soonest = Math.max(0, Math.floor(leaseSeconds * 0.375 - starvedSeconds))
  return [soonest, Math.max(0, Math.ceil(leaseSeconds * 1.75 - starvedSeconds))]
}

interface ForecastFacts {
  readonly firstKill: Range
  readonly notReady: Range
  readonly locale: Locale
  readonly now: number
}

function evidenceOf(
  headroom: Headroom,
  signals: ExhaustionSignals,
  { firstKill, notReady, locale, now }: ForecastFacts,
): string {
  const { forecast: t, units } = messagesOf(locale)
  const parts = [t.left({ size: sizeText(headroom.KiB), percent: percentText(headroom.ratio) })]
  if (firstKill && signals.emptyInSeconds) {
    const [from, to] = signals.emptyInSeconds.map(Math.round) as [number, number]
    parts.push(t.usedUp({ from, to }))
  }
  if (signals.stalledMs > 0) parts.push(t.stalled({ seconds: Math.round(signals.stalledMs / 1000) }))
  if (signals.kubeletStarvedSince !== null) {
    parts.push(t.kubeletStarved({ duration: units.duration((now - signals.kubeletStarvedSince) / 1000) }))
  }
  if (firstKill) parts.push(t.firstKillRecord(forecastRecord.firstKill))
  if (notReady) parts.push(t.notReadyRecord(forecastRecord.notReady))
  return parts.join(t.separator)
}
