import { OomloopError } from '../errors.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import type { Locale } from '../types.ts'

/** The whole screen of the terminal that this process runs in, and its keys. */
interface TerminalScreen {
  readonly columns: () => number
  readonly rows: () => number
  /** Shows one line a row, in place of what was shown. */
  readonly show: (lines: readonly string[]) => void
  /** Restores the terminal. */
  readonly close: () => void
}

/**
 * Takes over the terminal: alternate screen, no cursor, single keys. Throws OOMLOOP_USAGE where there is none. However
 * this process ends, the terminal is restored, else a shell would be left without echo.
 */
export function openTerminal(events: {
  readonly key: (key: string) => void
  readonly resize: () => void
  readonly locale: Locale
}): TerminalScreen {
  const { stdin, stdout } = process
  if (!stdout.isTTY || !stdin.isTTY)
    throw new OomloopError('OOMLOOP_USAGE', messagesOf(events.locale).cli.watch.needsTerminal)
  let isOpen = true
  const close = (): void => {
    if (!isOpen) return
    isOpen = false
    stdin.setRawMode(false)
    stdin.pause()
    stdout.write(`${esc}[?25h${esc}[?1049l`)
  }
  stdout.write(`${esc}[?1049h${esc}[?25l${esc}[2J`)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  stdin.on('data', (keys: string) => {
    for (const key of keys) events.key(key)
  })
  stdout.on('resize', () => {
    stdout.write(`${esc}[2J`)
    events.resize()
  })
  process.once('exit', close)
  return {
    columns: () => stdout.columns || 80,
    rows: () => stdout.rows || 24,
    show: lines => {
      if (isOpen) stdout.write(`${esc}[H${lines.map(line => `${line}${esc}[K`).join('\r\n')}`)
    },
    close,
  }
}

const esc = '\u001b'
