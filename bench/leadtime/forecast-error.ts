import type { LoadedCapture } from './captures.ts'
import type { Call, Judgement } from './judge.ts'
import { firstKillAt } from './score.ts'

/** One forecast beside what came. Seconds from the call at which it was made. */
export interface ForecastCheck {
  readonly name: string
  readonly call: Call
  readonly of: 'first kill' | 'NotReady'
  readonly range: readonly [number, number]
  /** null = it never came while the capture ran. */
  readonly actual: number | null
  readonly isRight: boolean
  /** How far outside the range it came, seconds; 0 = within; null = it never came. */
  readonly errorSeconds: number | null
}

/** Checks the forecasts that were made; what had come by then is no forecast. */
export function checkForecasts({ name, truth }: LoadedCapture, { forecasts }: Judgement): readonly ForecastCheck[] {
  const checks: ForecastCheck[] = []
  for (const { at, call, forecast } of forecasts) {
    const check = (
      of: ForecastCheck['of'],
      range: readonly [number, number] | null,
      came: number | undefined,
    ): void => {
      if (!range || (came !== undefined && came < at)) return
      const actual = came === undefined ? null : (came - at) / 1000
      const errorSeconds = actual === null ? null : Math.max(0, range[0] - actual, actual - range[1])
      checks.push({ name, call, of, range, actual, errorSeconds, isRight: errorSeconds === 0 })
    }
    check('first kill', forecast.firstKillSeconds, firstKillAt(truth) ?? undefined)
    check('NotReady', forecast.notReadySeconds, truth.notReadyAt[0])
  }
  return checks
}
