import type { Log } from '../log.ts'
import type { Notifier } from '../platform/sd-notify.ts'
import type { Settings } from '../settings/settings.ts'
import { reloads, type SettingKey } from '../settings/table.ts'
import { logMessages } from '../text/messages/catalogues.ts'

interface ReloadOptions {
  readonly settings: Settings
  /** Reads all settings again; throws where they are invalid. */
  readonly load: () => Promise<Settings>
  /** Applies the settings that do not need a restart; `changed` has their names. */
  readonly apply: (next: Settings, changed: ReadonlySet<string>) => Promise<void>
  readonly notifier: Pick<Notifier, 'reloading' | 'ready'>
  readonly log: Log
}

/** Creates the handler of SIGHUP: reads the settings again. Invalid settings change nothing. */
export function createReload({ settings, load, apply, notifier, log }: ReloadOptions): () => Promise<void> {
  let current = settings
  let last = Promise.resolve()

  const reload = async (): Promise<void> => {
    notifier.reloading()
    try {
      const next = await load()
      const changed = changedKeys(current, next)
      await apply(next, changed)
      const needRestart = [...changed].filter(key => !reloads(key as SettingKey))
      // Settings that still need a restart are reported again at the next reload.
      current = { ...next, values: { ...next.values, ...pick(current.values, needRestart) } }
      log.info({ changed: [...changed], ...(needRestart.length > 0 && { needRestart }) }, logMessages.reloaded)
    } catch (error) {
      log.error({ why: (error as Error).message }, logMessages.invalidSettings)
    } finally {
      notifier.ready()
    }
  }
  // Two signals in a row are two reloads, one after the other.
  return () => (last = last.then(reload))
}

function changedKeys(before: Settings, after: Settings): ReadonlySet<string> {
  const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)
  const keys = Object.keys(after.values) as (keyof Settings['values'])[]
  return new Set([
    ...keys.filter(key => !isSame(before.values[key], after.values[key])),
    ...(isSame(before.webhooks, after.webhooks) ? [] : ['webhooks']),
  ])
}

function pick(values: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map(key => [key, values[key]]))
}
