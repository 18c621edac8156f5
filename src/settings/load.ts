import { type Locale, locales } from '../text/messages/catalogues.ts'
import type { CoreSettings, WebhookSettings } from '../types.ts'
import { checkValue } from './check-value.ts'
import { pickCore } from './core-settings.ts'
import { variablesUnderPresentNames } from './former-names.ts'
import { hostZone } from './host-zone.ts'
import { collectProblems, nearest, type Problems, throwIfAny } from './problems.ts'
import { readSettingsFile, type SettingsFile } from './read-file.ts'
import { parseLabels, parseMute } from './rules.ts'
import type { Settings } from './settings.ts'
import {
  environmentOf,
  fieldOf,
  flagKeys,
  flagOf,
  hasFlag,
  type Setting,
  type SettingKey,
  settingKeys,
  settingsTable,
} from './table.ts'
import { parseWebhooks } from './webhooks.ts'

/** Default path of the settings file. */
export const defaultSettingsFile = '/etc/oomloop/oomloop.yaml'

/** Variables that are no setting of the table. */
const otherVariables = ['OOMLOOP_CONFIG', 'OOMLOOP_WEBHOOK'] as const

interface SettingsInput {
  /** --config FILE; undefined reads the default file if it exists. */
  readonly file?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Values of flags by setting key. */
  readonly flags: Readonly<Partial<Record<SettingKey, string | boolean>>>
  /** --webhook URL, as often as wanted. */
  readonly webhookUrls?: readonly string[]
  readonly webhookSecretFile?: string | undefined
  /** false: webhooks are not read, and neither are their secrets, templates and variables. */
  readonly withWebhooks?: boolean
  /** Where the default file is. */
  readonly defaultFile?: string
  /** Directories of the service's unit and its drop-ins; default: those of systemd. */
  readonly unitFolders?: readonly string[]
}

/** Problems that a command tolerates and reports as a notice. Absent: they are errors. */
export interface Leniency {
  /** Credentials and variables of a webhook that exist only inside the service's unit. */
  readonly onUnchecked?: (sentence: string) => void
  /** The default settings file may not be read by this user: defaults hold. */
  readonly onUnreadable?: (sentence: string) => void
  /** Errors. The returned settings are then only usable for further checks. */
  readonly onError?: (sentence: string) => void
  /** Settings that work but are probably a mistake: an unknown OOMLOOP_* variable, a guessed format. */
  readonly onNotice?: (sentence: string) => void
}

/** Loads the effective settings; a flag beats the environment, which beats the file. Throws OOMLOOP_SETTINGS. */
export function loadSettings(given: SettingsInput, leniency: Leniency = {}): Settings {
  const input = { ...given, environment: variablesUnderPresentNames(given.environment) }
  const locale = localeForErrors(input)
  const problems = collectProblems(locale)
  const settingsFile = readSettingsFile(input, { problems, ...leniency, defaultFile: defaultSettingsFile })
  const { file, values } = settingsFile
  for (const sentence of unknownVariables(input.environment, JSON.stringify(values.webhooks ?? []), problems))
    leniency.onNotice?.(sentence)
  const checked = Object.fromEntries(settingKeys.map(key => [key, pick(key, input, settingsFile, problems)])) as Record<
    SettingKey,
    unknown
  >
  const labels = parseLabels(values.labels, 'labels', problems)
  const mute = parseMute(values.mute, problems)
  const { environment, withWebhooks = true } = input
  const fromFlags = (input.webhookUrls ?? environmentUrls(environment)).map(url => ({
    url,
    ...(input.webhookSecretFile ? { secretFile: input.webhookSecretFile } : {}),
  }))
  const webhooks = withWebhooks
    ? parseWebhooks(fromFlags.length > 0 ? fromFlags : values.webhooks, {
        environment,
        file,
        problems,
        unitFolders: input.unitFolders,
        labels,
        minSeverity: checked.minSeverity as Settings['minSeverity'],
        locale: checked.locale as Locale,
        timeZone: checked.timeZone as string,
        runbooks: checked.runbooks as string | null,
        onUnchecked: leniency.onUnchecked,
      })
    : []
  if (leniency.onError) problems.found().forEach(leniency.onError)
  else throwIfAny(problems.found(), locale)
  const loaded: Record<SettingKey, unknown> = {
    ...checked,
    nodeName: checked.nodeName ?? (environment.NODE_NAME || null),
    labels,
    mute,
    webhooks,
  }
  return {
    ...Object.fromEntries(settingKeys.map(key => [fieldOf(key), loaded[key]])),
    core: {
      ...pickCore(key => loaded[key]),
      ...otherLocales(checked.locale as Locale, webhooks),
    },
    values: { ...checked, labels: values.labels ?? null, mute: values.mute ?? null },
    file,
  } as unknown as Settings
}

/** Languages that webhooks use beside the main one: alerts carry their texts in these as well. */
function otherLocales(main: Locale, webhooks: readonly WebhookSettings[]): Pick<CoreSettings, 'otherLocales'> {
  const others = [...new Set(webhooks.map(({ locale }) => locale))].filter(locale => locale !== main)
  return others.length > 0 ? { otherLocales: others } : {}
}

/** The value of one setting, checked; where it came from is named in the error. */
function pick(key: SettingKey, input: SettingsInput, { values }: SettingsFile, problems: Problems): unknown {
  const row: Setting = settingsTable[key]
  if (!hasFlag(key)) return null
  const { t } = problems
  const sources: [string, unknown][] = [
    [`--${flagOf(key)}`, input.flags[key]],
    [environmentOf(key), input.environment[environmentOf(key)]],
    [t.inFile({ key }), values[key]],
  ]
  for (const [where, value] of sources) {
    // Charts and units write an empty variable for "not set".
    if (value === undefined || value === null || (where === environmentOf(key) && value === '')) continue
    const checked = checkValue(row, value, t)
    if ('value' in checked) return checked.value
    problems.add(t.wrongValue({ where, value: JSON.stringify(String(value).slice(0, 60)), mustBe: checked.mustBe }))
    break
  }
  if (row.kind === 'zone') return hostZone()
  if (row.default === null) return null
  const standard = checkValue(row, row.default, t)
  return 'value' in standard ? standard.value : row.default
}

/** OOMLOOP_WEBHOOK is one URL or several, separated by blanks. */
function environmentUrls(environment: SettingsInput['environment']): readonly string[] {
  return environment.OOMLOOP_WEBHOOK?.split(/\s+/).filter(Boolean) ?? []
}

/** A misspelt variable would be ignored without any message. */
function unknownVariables(
  environment: SettingsInput['environment'],
  webhooks: string,
  { t }: Problems,
): readonly string[] {
  const known: readonly string[] = [...flagKeys.map(environmentOf), ...otherVariables]
  return (
    Object.keys(environment)
      .filter(name => name.startsWith('OOMLOOP_') && !known.includes(name))
      // What a webhook's `urlEnv` or `secretEnv` names, and what Kubernetes sets for a service called oomloop.
      .filter(name => !webhooks.includes(name) && !/^OOMLOOP_(SERVICE|PORT)(_|$)/.test(name))
      .map(name => t.unknownVariable({ name: name.slice(0, 60), near: nearest(name, known) ?? null }))
  )
}

/** The language of errors, before the settings are known. */
function localeForErrors({ flags, environment }: SettingsInput): Locale {
  const wanted = flags.locale ?? environment.OOMLOOP_LOCALE
  return locales.find(locale => locale === wanted) ?? 'en'
}
