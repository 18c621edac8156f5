/** Segments are numbered on and on: `000017.jsonl` while it is written, `000017.jsonl.zst` once it is closed. */
export function segmentName(number: number): string {
  return `${String(number).padStart(6, '0')}.jsonl`
}

/** The number in a segment's name, plain or packed; undefined for any other file. */
export function segmentNumber(name: string): number | undefined {
  const match = /^(\d{6,9})\.jsonl(\.zst|\.gz)?$/.exec(name)
  return match ? Number(match[1]) : undefined
}
