import type { HostFiles } from '../../types.ts'

/**
 * Memory that compressed swap takes for each KiB that is put there; undefined where any swap is on a disk, or there is
 * none. For a device that is almost empty, the kernel's own documentation expects a half.
 *
 *     /dev/zram0                              partition	524284		1024		100
 */
export function readZramRatio(files: HostFiles): number | undefined {
  const devices = (files.read('/proc/swaps') ?? '')
    .split('\n', 64)
    .slice(1)
    .map(line => line.split(/\s/, 1)[0]!)
    .filter(name => name !== '')
  if (devices.length === 0 || devices.some(name => !/^\/dev\/zram\d+$/.test(name))) return undefined
  let storedBytes = 0
  let usedBytes = 0
  for (const name of devices) {
    // orig_data_size compr_data_size mem_used_total …
    const fields = (files.read(`/sys/block/${name.slice('/dev/'.length)}/mm_stat`) ?? '').trim().split(/\s+/)
    storedBytes += Number(fields[0]) || 0
    usedBytes += Number(fields[2]) || 0
  }
  return storedBytes < fewBytes ? 0.5 : usedBytes / storedBytes
}

const fewBytes = 4 * 1024 * 1024
