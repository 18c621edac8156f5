import { defaultCoreSettings } from '../../settings/core-settings.ts'
import type { Locale, Observation } from '../../types.ts'

/**
 * Replays in the language of the reader. A recording has the language of its node, so the page would otherwise be half
 * in each. Only texts depend on it.
 */
export async function* inLocale(observations: AsyncIterable<Observation>, locale: Locale): AsyncGenerator<Observation> {
  for await (const observation of observations) {
    if (observation.kind === 'settings') yield { ...observation, settings: { ...observation.settings, locale } }
    else yield observation
    // A recording made by hand may have no settings at all.
    if (observation.kind === 'start')
      yield { kind: 'settings', at: observation.at, settings: { ...defaultCoreSettings, locale } }
  }
}
