import type { Leniency } from '../settings/load.ts'

/** For commands that judge files: they need no host, so they go on without its settings, which are for root alone. */
export const offline = (err: (line: string) => void): Leniency => ({
  onUnreadable: sentence => err(`oomloop: ${sentence}`),
})
