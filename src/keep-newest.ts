/**
 * Puts an entry at the end of a map that holds at most `most` entries: the oldest entry is removed. Used for everything
 * that has no natural limit: processes, pods, kills, alerts.
 */
export function keepNewest<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > most) map.delete(map.keys().next().value!)
}
