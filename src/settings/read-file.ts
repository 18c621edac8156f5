import { readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { OomloopError } from '../errors.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import { systemErrorText } from '../text/system-error.ts'
import { fileExists } from './file-exists.ts'
import { underPresentNames } from './former-names.ts'
import { nearest, type Problems } from './problems.ts'
import { settingKeys, settingsTable } from './table.ts'

export interface SettingsFile {
  /** null: there is none, or it may not be read. */
  readonly file: string | null
  readonly values: Readonly<Record<string, unknown>>
}

/** Reads the settings file. Throws OOMLOOP_SETTINGS where it is named and cannot be read; unknown keys are problems. */
export function readSettingsFile(
  input: {
    readonly file?: string | undefined
    readonly environment: Readonly<Record<string, string | undefined>>
    readonly defaultFile?: string
  },
  options: {
    readonly problems: Problems
    readonly onUnreadable?: (sentence: string) => void
    readonly defaultFile: string
  },
): SettingsFile {
  const { problems } = options
  const { t } = problems
  const defaultFile = input.defaultFile ?? options.defaultFile
  const named = input.file ?? (input.environment.OOMLOOP_CONFIG || undefined)
  const file = named ?? defaultFile
  if (file === defaultFile && !fileExists(file)) return { file: null, values: {} }
  let values: unknown
  try {
    values = parseYaml(readFileSync(file, 'utf8')) ?? {}
  } catch (cause) {
    if (named === undefined && options.onUnreadable && (cause as NodeJS.ErrnoException).code === 'EACCES') {
      options.onUnreadable(t.fileNotPermitted({ file }))
      return { file: null, values: {} }
    }
    throw new OomloopError(
      'OOMLOOP_SETTINGS',
      t.fileUnreadable({ file, why: systemErrorText(cause, messagesOf(problems.locale).units) }),
      { cause },
    )
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new OomloopError('OOMLOOP_SETTINGS', t.fileIsNoMap({ file }))
  values = underPresentNames(values as Record<string, unknown>)
  for (const key of Object.keys(values as object))
    if (!Object.hasOwn(settingsTable, key))
      problems.add(
        t.unknownKey({
          key: JSON.stringify(key.slice(0, 60)),
          file,
          near: nearest(key, settingKeys) ?? null,
          known: settingKeys,
        }),
      )
  return { file, values: values as Record<string, unknown> }
}
