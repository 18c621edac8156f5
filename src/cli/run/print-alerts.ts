import { terminalText } from '../../deliver/format/terminal.ts'
import { openLogOutput } from '../../log-output.ts'
import type { Settings } from '../../settings/settings.ts'
import { wantsColour } from '../../text/ansi-colour.ts'
import type { Alert } from '../../types.ts'

interface AlertPrinter {
  /** For alerts that have no webhook to go to. */
  readonly print: (alert: Alert) => void
  /** For every alert, whether or not it goes to a webhook. */
  readonly everyAlert: (alert: Alert) => void
}

/**
 * Prints alerts to stdout: as text where no webhook is set, or each one as a JSON line, for Loki, ELK and the like
 * (`output: json`). A reader that stops reading must not stop the agent: JSON lines are then dropped, and counted.
 */
export function createAlertPrinter(
  settings: Pick<Settings, 'output' | 'locale' | 'timeZone'>,
  out: (text: string) => void,
  openStdout: () => (line: string) => void = () => openLogOutput(1),
): AlertPrinter {
  if (settings.output === 'json') {
    const write = openStdout()
    return { print: () => {}, everyAlert: alert => write(`${JSON.stringify(alert)}\n`) }
  }
  const { locale, timeZone } = settings
  const print = (alert: Alert): void =>
    out(`${terminalText(alert, { colour: wantsColour(process.stdout, process.env), locale, timeZone })}\n`)
  return { print, everyAlert: () => {} }
}
