import type { CoreEvent, Forecast, World } from '../types.ts'

export interface Forecaster {
  readonly observe: (event: CoreEvent, world: World) => void
  readonly now: (world: World) => Forecast | null
}

export function createForecast(): Forecaster {
  return { observe: () => {}, now: () => null }
}
