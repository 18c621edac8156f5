import type { CoreSettings } from '../types.ts'

const minute = 60_000

/** What the core judges by when nothing else is said. The reasons stand in ../../docs/settings.md. */
export const defaultCoreSettings: CoreSettings = {
  loopWindowMs: 60 * minute,
  ownLimitLoopWindowMs: 30 * minute,
  stormWindowMs: 5 * minute,
  stormEvents: 3,
  recoveryMs: 5 * minute,
  quietMs: 10 * minute,
  logQuietMs: 60 * minute,
  chronicMs: 24 * 60 * minute,
  mute: [],
  locale: 'en',
}
