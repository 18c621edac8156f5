/** A workload whose floor rises steadily, and when the node runs out of memory if it goes on. */
export interface Leak {
  readonly workload: string
  readonly growthKiBPerHour: number
  /** Since when it grows like that, as far as it was watched. */
  readonly since: number
  /** Seconds until headroom is used up: the estimate, and a range that holds the truth in four of five cases. */
  readonly etaSeconds: number
  readonly etaRangeSeconds: readonly [number, number]
}
