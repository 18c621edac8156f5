/* What is held: containers whose growth is slowed down by `memory.high`. The glossary stands in ../types.ts. */

/** A container that is held, as the hold process reports it. */
export interface HeldCgroup {
  /** Path below the root of the hierarchy, as the kernel writes it. */
  readonly cgroup: string
  /** Milliseconds since the epoch. */
  readonly since: number
  /** The current value of its `memory.high`. */
  readonly levelKiB: number
  /** Its usage when the hold began, and now. */
  readonly startKiB: number
  readonly currentKiB: number
  /** How fast it grew before. */
  readonly growthKiBPerSecond: number
  /** Time since it is held in which some of its tasks waited for memory, microseconds; 0 where the kernel has no PSI. */
  readonly throttledUs: number
}

/** Why a container is no longer held. */
export type ReleaseReason =
  /** Headroom is back for a minute. */
  | 'headroom'
  /** It was held for as long as the settings allow. */
  | 'time-limit'
  /** A person or the agent asked for it. */
  | 'asked'
  /** The agent no longer renews its lease. */
  | 'agent-gone'
  /** It received SIGTERM, or its pod is terminating: it may need memory to shut down. */
  | 'terminating'
  /** The hold process stops. */
  | 'stopped'
  /** An earlier hold process stopped without restoring it. */
  | 'predecessor'
  /** The cgroup no longer exists. */
  | 'gone'
  /** Another program changed `memory.high`: that value was left alone. */
  | 'changed'
  /** The kernel refused the original value. */
  | 'refused'

export interface ReleasedCgroup {
  readonly cgroup: string
  readonly since: number
  readonly at: number
  readonly why: ReleaseReason
  /** By how much less it grew than it would have at its rate, KiB. */
  readonly savedKiB: number
}
