import { parseLoadavg } from '../../parse/proc/loadavg.ts'
import { parseMeminfo } from '../../parse/proc/meminfo.ts'
import { parsePressure } from '../../parse/proc/pressure.ts'
import { parseVmstat } from '../../parse/proc/vmstat.ts'
import { parseZoneinfo, type Zoneinfo } from '../../parse/proc/zoneinfo.ts'
import type { HostFiles, MemorySample, PressureTotals } from '../../types.ts'
import { readZramRatio } from './zram.ts'

interface MemoryReader {
  /** Undefined where even /proc/meminfo cannot be read. */
  readonly sample: (at: number) => MemorySample | undefined
  /** The pid given out last; undefined where /proc/loadavg cannot be read. */
  readonly lastPid: () => number | undefined
}

/** Reads the node's memory: six small files, and /proc/zoneinfo once a minute. */
export function createMemoryReader(files: HostFiles): MemoryReader {
  let zones: Zoneinfo | undefined
  let zonesAt = Number.NEGATIVE_INFINITY
  let zramRatio: number | undefined
  let zramAt = Number.NEGATIVE_INFINITY

  return {
    lastPid: () => parseLoadavg(files.reread('/proc/loadavg') ?? '')?.lastPid,
    sample: at => {
      const meminfo = files.reread('/proc/meminfo')
      if (meminfo === undefined) return undefined
      const fields = parseMeminfo(meminfo)
      if ((fields.SwapTotal ?? 0) === 0) zramRatio = undefined
      else if (at - zramAt >= 10_000) {
        zramAt = at
        zramRatio = readZramRatio(files)
      }
      // Watermarks change with a sysctl or hotplug only; the file is the largest of all (10 KiB a zone on big machines).
      // What a NUMA node has left is in it too, and that moves.
      const zonesEveryMs = Object.keys(zones?.availableKiBByNode ?? {}).length > 1 ? 10_000 : 60_000
      if (at - zonesAt >= zonesEveryMs) {
        zonesAt = at
        zones = parseZoneinfo(files.read('/proc/zoneinfo') ?? '')
      }
      const load1 = parseLoadavg(files.reread('/proc/loadavg') ?? '')?.load1
      const pressure = readPressure(files)
      const zfs = readZfs(files)
      return {
        kind: 'memory',
        at,
        meminfo: fields,
        vmstat: parseVmstat(files.reread('/proc/vmstat') ?? ''),
        ...(pressure && { pressure }),
        ...(load1 !== undefined && { load1 }),
        ...(zones && { lowWatermarkKiB: zones.lowWatermarkKiB }),
        ...(zones &&
          Object.keys(zones.availableKiBByNode).length > 1 && { numaAvailableKiB: zones.availableKiBByNode }),
        ...(zfs !== undefined && { zfsArcEvictableKiB: zfs }),
        ...(zramRatio !== undefined && { zramRatio }),
      }
    },
  }
}

// A kernel without PSI has no such files, or files whose reading fails: both are undefined here, and absent is not zero.
function readPressure(files: HostFiles): MemorySample['pressure'] {
  const memory = pressureOf(files, 'memory')
  const io = pressureOf(files, 'io')
  const cpu = pressureOf(files, 'cpu')
  if (!memory && !io && !cpu) return undefined
  return { ...(memory && { memory }), ...(io && { io }), ...(cpu && { cpu }) }
}

function pressureOf(files: HostFiles, of: string): PressureTotals | undefined {
  return parsePressure(files.reread(`/proc/pressure/${of}`) ?? '')
}

/** The part of ZFS's cache that can be freed, KiB: its size less the minimum that it keeps. */
function readZfs(files: HostFiles): number | undefined {
  const text = files.reread('/proc/spl/kstat/zfs/arcstats')
  if (text === undefined) return undefined
  const size = /^size\s+\d+\s+(\d+)/m.exec(text)
  const least = /^c_min\s+\d+\s+(\d+)/m.exec(text)
  if (!size || !least) return undefined
  return Math.max(0, Math.round((Number(size[1]) - Number(least[1])) / 1024))
}
