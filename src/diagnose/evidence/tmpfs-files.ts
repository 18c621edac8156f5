import type { Consumer, DiagnosisContext } from './diagnosis-context.ts'

/**
 * A workload is charged mostly with files in a tmpfs, which stay when its processes end. Shared memory that its processes
 * map, such as a database's buffers, is part of their size and goes with them.
 */
export function isMostlyTmpfsFiles(
  { key, KiB }: Pick<Consumer, 'key' | 'KiB'>,
  { shmemOwner, world: { identity } }: Pick<DiagnosisContext, 'shmemOwner' | 'world'>,
): boolean {
  if (shmemOwner?.label !== key || shmemOwner.KiB < KiB / 2) return false
  let residentKiB = 0
  for (const { pid, rssKiB } of identity.processes()) {
    if (identity.workloadOfPid(pid)?.key === key) residentKiB += rssKiB
  }
  return residentKiB < KiB / 2
}
