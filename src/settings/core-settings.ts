import type { CoreSettings } from '../types.ts'
import { fieldOf, type Setting, settingKeys, settingsTable } from './table.ts'
import { parseDurationMs } from './units.ts'

/** Default settings of the core. The reasons stand in ../../docs/settings.md. */
export const defaultCoreSettings: CoreSettings = pickCore(key => defaultOf(settingsTable[key]))

/** The core's part of a set of values, under the names of its fields. */
export function pickCore(read: (key: (typeof settingKeys)[number]) => unknown): CoreSettings {
  const core = settingKeys.filter(key => (settingsTable[key] as Setting).core)
  return Object.fromEntries(core.map(key => [fieldOf(key), read(key)])) as unknown as CoreSettings
}

function defaultOf(row: Setting): unknown {
  if (row.kind === 'duration') return parseDurationMs(String(row.default))
  if (row.kind === 'mute') return []
  // The zone of a host is read where there is one: a recording that names none is shown in UTC.
  return row.kind === 'zone' ? 'UTC' : row.default
}
