export interface Zoneinfo {
  /** Sum of the zones' low watermarks, KiB. */
  readonly lowWatermarkKiB: number
  /** Free memory and file cache by NUMA node, KiB: what an allocation bound to that node can get at. */
  readonly availableKiBByNode: Readonly<Record<string, number>>
}

/**
 * Reads /proc/zoneinfo; undefined where it is none. Pages are taken to be 4 KiB unless said otherwise.
 *
 *     Node 0, zone   Normal
 *       pages free     1302402
 *             min      11249
 *             low      14061
 *           nr_zone_inactive_file 72136
 */
export function parseZoneinfo(text: string, pageKiB = 4): Zoneinfo | undefined {
  let low = 0
  let node: string | undefined
  let isSeen = false
  const pages: Record<string, number> = {}
  for (const line of text.split('\n', 100_000)) {
    const zone = /^Node (\d+), zone/.exec(line)
    if (zone) {
      node = zone[1]!
      continue
    }
    if (node === undefined) continue
    const match = /^\s+(pages free|low|nr_zone_inactive_file|nr_zone_active_file)\s+(\d+)$/.exec(line)
    if (!match) continue
    isSeen = true
    if (match[1] === 'low') low += Number(match[2])
    else pages[node] = (pages[node] ?? 0) + Number(match[2])
  }
  if (!isSeen) return undefined
  const availableKiBByNode = Object.fromEntries(Object.entries(pages).map(([name, count]) => [name, count * pageKiB]))
  return { lowWatermarkKiB: low * pageKiB, availableKiBByNode }
}
