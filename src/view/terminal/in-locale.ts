import { defaultCoreSettings } from '../../settings/core-settings.ts'
import type { Locale, Observation } from '../../types.ts'

/**
 * What is replayed, judged in the language of the reader: a recording brings the language of its node, and a
 * page that is half in one and half in the other helps no one. Nothing but texts depends on it.
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
