import {
  defaultThresholds,
  type ThresholdName,
  type Thresholds,
  thresholdNames,
} from '../../src/detect/memory/thresholds.ts'
import type { LoadedCapture } from './captures.ts'
import { judge } from './judge.ts'
import { expectedOf, failuresOf, type Score, score } from './score.ts'

/** Judges captures with these thresholds. */
export function scoreOf(captures: readonly LoadedCapture[], thresholds: Thresholds = defaultThresholds): Score {
  return score(captures.map(capture => ({ capture, calls: judge(capture, thresholds, { untilCritical: true }) })))
}

/** What has to hold holds of each capture alone, so the first that fails decides. */
function passes(captures: readonly LoadedCapture[], thresholds: Thresholds): boolean {
  return captures.every(capture => {
    const result = scoreOf([capture], thresholds)
    return failuresOf(result).length === 0 && result.falseWarnings.length === 0
  })
}

export interface Sensitivity {
  readonly name: ThresholdName
  readonly factor: number
  readonly failures: readonly string[]
  readonly falseWarnings: number
  readonly worstLead: number
}

/** Each constant alone, a third less and a third more: what breaks. */
export function sensitivity(captures: readonly LoadedCapture[]): readonly Sensitivity[] {
  return thresholdNames.flatMap(name =>
    [0.7, 1.3].map(factor => {
      const result = scoreOf(captures, { ...defaultThresholds, [name]: defaultThresholds[name] * factor })
      const worstLead = Math.min(...result.criticalLeads)
      return { name, factor, failures: failuresOf(result), falseWarnings: result.falseWarnings.length, worstLead }
    }),
  )
}

/** Two halves by name, alternating within each kind, so that both hold some of every kind. */
export function halvesOf(captures: readonly LoadedCapture[]): readonly [LoadedCapture[], LoadedCapture[]] {
  const halves: [LoadedCapture[], LoadedCapture[]] = [[], []]
  const counts: Record<string, number> = {}
  for (const capture of captures) {
    const kind = expectedOf(capture.truth)
    counts[kind] = (counts[kind] ?? 0) + 1
    halves[counts[kind] % 2 === 1 ? 0 : 1].push(capture)
  }
  return halves
}

// The constants that carry the verdict; the rest is free within wide bounds (see the sensitivity).
const grid = {
  lowHeadroomRatio: [0.05, 0.075, 0.1, 0.15, 0.2, 0.25],
  fullTurnoverPerSecond: [0.025, 0.1, 0.4],
  criticalStallMs: [3000, 5000, 8000, 11_000, 16_000],
} as const satisfies Partial<Record<ThresholdName, readonly number[]>>

export interface Chosen {
  readonly thresholds: Thresholds
  readonly tried: number
  readonly passing: number
}

/**
 * Chooses constants on some captures alone: of all combinations that miss nothing there, give no false alarm and lead
 * by enough, the middle one of each constant; not the one with the best lead, which is always next to a false alarm.
 */
export function choose(captures: readonly LoadedCapture[]): Chosen {
  const passing: Thresholds[] = []
  let tried = 0
  for (const lowHeadroomRatio of grid.lowHeadroomRatio) {
    for (const fullTurnoverPerSecond of grid.fullTurnoverPerSecond) {
      for (const criticalStallMs of grid.criticalStallMs) {
        tried++
        const warningStallMs = criticalStallMs * 0.75
        const choice = { lowHeadroomRatio, fullTurnoverPerSecond, criticalStallMs, warningStallMs }
        const thresholds = { ...defaultThresholds, ...choice }
        if (passes(captures, thresholds)) passing.push(thresholds)
      }
    }
  }
  const middle = (name: keyof typeof grid): number => {
    const values = passing.map(thresholds => thresholds[name]).sort((a, b) => a - b)
    return values[values.length >> 1] ?? defaultThresholds[name]
  }
  const criticalStallMs = middle('criticalStallMs')
  return {
    thresholds: {
      ...defaultThresholds,
      lowHeadroomRatio: middle('lowHeadroomRatio'),
      fullTurnoverPerSecond: middle('fullTurnoverPerSecond'),
      criticalStallMs,
      warningStallMs: criticalStallMs * 0.75,
    },
    tried,
    passing: passing.length,
  }
}
