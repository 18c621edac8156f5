import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import { messagesOf } from '../text/messages/catalogues.ts'
import { systemErrorText } from '../text/system-error.ts'
import { fileExists } from './file-exists.ts'
import type { Problems } from './problems.ts'
import { isInUnit } from './unit-secrets.ts'

export interface SecretsContext {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The settings file, for relative paths; null where there is none. */
  readonly file: string | null
  readonly problems: Problems
  /** Directories of the unit and its drop-ins; default: those of systemd. */
  readonly unitFolders?: readonly string[] | undefined
  /** Called for what is not here but is set in the service's unit; absent: that is an error. */
  readonly onUnchecked?: ((sentence: string) => void) | undefined
}

/** The value of an environment variable; undefined where it is a problem, or can be checked inside the unit only. */
export function fromEnvironment(name: string, what: string, context: SecretsContext): string | undefined {
  const { environment, problems, onUnchecked, unitFolders } = context
  const { t } = problems
  const value = environment[name]
  if (value) return value
  if (value === undefined && onUnchecked && isInUnit(name, unitFolders)) onUnchecked(t.variableInUnit({ what, name }))
  else problems.add(t.variableNotSet({ what, name }))
  return undefined
}

/** The trimmed text of a file; undefined where it is a problem, or can be checked inside the unit only. */
export function readText(name: string, what: string, context: SecretsContext): string | undefined {
  const path = fileOf(name, what, context)
  if (path === undefined) return undefined
  const { problems } = context
  try {
    const text = readFileSync(path, 'utf8').trim()
    // With an empty secret, nothing would be signed and no error would show it.
    if (text !== '') return text
    problems.add(problems.t.fileIsEmpty({ what, path }))
  } catch (cause) {
    const why = systemErrorText(cause, messagesOf(problems.locale).units)
    problems.add(problems.t.cannotRead({ what, path, why }))
  }
  return undefined
}

/** The path of a file that is read later. A missing file is an error now. */
export function existingFile(name: string, what: string, context: SecretsContext): string | undefined {
  const path = fileOf(name, what, context)
  if (path === undefined || fileExists(path)) return path
  const { problems } = context
  const why = messagesOf(problems.locale).units.systemErrors.ENOENT
  return problems.add(problems.t.cannotRead({ what, path, why }))
}

/** Where a file lies; undefined where it is a credential of the unit, which cannot be seen from outside. */
function fileOf(name: string, what: string, context: SecretsContext): string | undefined {
  const path = pathOf(name, context)
  const isOutside = !isAbsolute(name) && context.environment.CREDENTIALS_DIRECTORY === undefined
  if (!context.onUnchecked || !isOutside || fileExists(path) || !isInUnit(name, context.unitFolders)) return path
  context.onUnchecked(context.problems.t.fileInUnit({ what, path, name }))
  return undefined
}

/** systemd passes credentials in a directory of its own; else a relative path lies beside the settings file. */
function pathOf(path: string, { environment, file }: SecretsContext): string {
  return resolve(environment.CREDENTIALS_DIRECTORY ?? (file ? dirname(file) : '.'), path)
}
