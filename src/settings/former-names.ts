import { environmentOf, flagOf, type SettingKey } from './table.ts'

/** Settings that had another name before: the former one still works, as key, flag and variable. */
const formerNames: Readonly<Record<string, SettingKey>> = { oneVoice: 'singleInstance' }

/** A settings file under the present names; where both are set, the present one counts. */
export function underPresentNames(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return renamed(values, key => key)
}

/** The environment under the present names. */
export function variablesUnderPresentNames<T>(environment: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return renamed(environment, key => environmentOf(key as SettingKey))
}

/** Former flags, without their dashes, and the present ones. */
export const formerFlags: readonly (readonly [former: string, key: SettingKey])[] = Object.entries(formerNames).map(
  ([former, key]) => [flagOf(former as SettingKey), key],
)

function renamed<T>(values: Readonly<Record<string, T>>, nameOf: (key: string) => string): Readonly<Record<string, T>> {
  const result = { ...values }
  for (const [former, key] of Object.entries(formerNames)) {
    const value = result[nameOf(former)]
    delete result[nameOf(former)]
    if (value !== undefined) result[nameOf(key)] ??= value
  }
  return result
}
