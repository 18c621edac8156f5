/**
 * Puts an entry at the end of a map that holds at most `most` entries: the one that was put longest ago makes room. Kept
 * this way is what strangers can make any number of: processes, pods, kills, alerts.
 */
export function keepNewest<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > most) map.delete(map.keys().next().value!)
}
