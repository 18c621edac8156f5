import { sizeText } from './quantities.ts'
import { fitted, harmless } from './terminal-cells.ts'

export interface Progress {
  /** Takes the line away, so that something else can be printed. */
  readonly clear: () => void
  readonly end: () => void
}

/** Says on a terminal's stderr how far a long input was read; nothing for what takes less than a second. */
export function showProgress(options: {
  readonly stream: NodeJS.WriteStream
  readonly read: () => { readonly file: string; readonly bytesRead: number } | undefined
  readonly bytesOf: (file: string) => number | null
}): Progress {
  const { stream, read, bytesOf } = options
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
    const share = total ? `${Math.min(100, Math.round((at.bytesRead / total) * 100))} % of ` : ''
    const size = sizeText((total || at.bytesRead) / 1024)
    stream.write(`\r${fitted(`reading ${harmless(at.file, 60)}: ${share}${size}`, (stream.columns || 80) - 1)}`)
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
