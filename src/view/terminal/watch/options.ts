import type { Paint } from '../../../text/ansi-colour.ts'
import type { Messages } from '../../../text/messages/catalogues.ts'
import type { Locale } from '../../../types.ts'

export interface ScreenOptions {
  readonly columns: number
  readonly rows: number
  readonly paint: Paint
  readonly isUnicode: boolean
  readonly locale: Locale
  /** On whose clocks the times are. */
  readonly zone: string
}

/** What the blocks of a screen are drawn with. */
export interface BlockOptions extends ScreenOptions {
  /** Of the whole screen; a block may have less. */
  readonly screenColumns: number
  readonly t: Messages['watch']
  readonly duration: Messages['units']['duration']
  readonly leak: Messages['forecast']['leak']
  readonly now: number
}
