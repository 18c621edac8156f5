import type { AttributedKill, OomKill } from '../types.ts'

/** Resident size by the kill line, KiB; null where the kernel prints none (2.6.32). */
export function reportedRssKiB({ anonRssKiB, fileRssKiB, shmemRssKiB }: OomKill): number | null {
  return anonRssKiB === null ? null : anonRssKiB + (fileRssKiB ?? 0) + (shmemRssKiB ?? 0)
}

/** A kill as it is remembered: its lines and its task table are kilobytes, and a storm brings thousands. */
export function withoutReport(attributed: AttributedKill): AttributedKill {
  const { lines: _lines, tasks: _tasks, ...kill } = attributed.kill
  return { ...attributed, kill }
}
