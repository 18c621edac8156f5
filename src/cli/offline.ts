import type { Leniency } from '../settings/load.ts'

/** For commands that read files: they do not need the settings of the host, which only root can read. */
export const offline = (err: (line: string) => void): Leniency => ({
  onUnreadable: sentence => err(`oomloop: ${sentence}`),
})
