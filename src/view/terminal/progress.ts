import { fitted, harmless } from '../../text/cell-width.ts'
import { messagesOf } from '../../text/messages/catalogues.ts'
import { percentText, sizeText } from '../../text/messages/format.ts'
import type { Locale } from '../../types.ts'

interface Progress {
  /** Takes the line away, so that something else can be printed. */
  readonly clear: () => void
  readonly end: () => void
}

/** Shows on a terminal's stderr how much of a long input has been read; nothing within the first second. */
export function showProgress(options: {
  readonly stream: NodeJS.WriteStream
  readonly read: () => { readonly file: string; readonly bytesRead: number } | undefined
  readonly bytesOf: (file: string) => number | null
  readonly locale: Locale
}): Progress {
  const { stream, read, bytesOf, locale } = options
  const { report } = messagesOf(locale)
  if (!stream.isTTY) return { clear: () => {}, end: () => {} }
  const startedAt = performance.now()
  let isShown = false
  const clear = (): void => {
    if (isShown) stream.write('\r\u001b[K')
    isShown = false
  }
  const timer = setInterval(() => {
    const at = read()
    if (!at || performance.now() - startedAt < 1000) return
    const total = bytesOf(at.file)
    const percent = total ? percentText(Math.min(1, at.bytesRead / total)) : null
    const size = sizeText((total || at.bytesRead) / 1024)
    const text = report.reading({ file: harmless(at.file, 60), percent, size })
    stream.write(`\r${fitted(text, (stream.columns || 80) - 1)}`)
    isShown = true
  }, 200)
  timer.unref()
  return {
    clear,
    end: () => {
      clearInterval(timer)
      clear()
    },
  }
}
