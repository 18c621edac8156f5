import { terminalText } from '../deliver/format/terminal.ts'
import type { Alert, Locale, OomKill, World } from '../types.ts'

export interface Story {
  readonly kill: (kill: OomKill) => void
  readonly alert: (alert: Alert) => void
  readonly end: (world: World, notes: readonly string[]) => void
}

/** Tells a replay as it goes: every kill a line, every alert in words, and at the end what it adds up to. */
export function createStory(options: { out: (line: string) => void; colour: boolean; locale: Locale }): Story {
  const { out, colour, locale } = options
  let kills = 0
  return {
    kill: kill => {
      kills++
      const held =
        kill.anonRssKiB === null ? '' : `, ${Math.round((kill.anonRssKiB + (kill.shmemRssKiB ?? 0)) / 1024)} MiB`
      const at = kill.at === null ? 'at an unknown time' : new Date(kill.at).toISOString()
      out(
        `${at}  killed ${kill.comm ?? '?'} (pid ${kill.pid}${held})${kill.oomMemcg ? ` at the limit of ${kill.oomMemcg}` : ''}`,
      )
    },
    alert: alert => out(`\n${terminalText(alert, { colour, locale })}\n`),
    end: (_world, notes) => {
      out(kills === 0 ? 'no OOM kill found' : `${kills} OOM kills`)
      for (const note of notes) out(note)
    },
  }
}
