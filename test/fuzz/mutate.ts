/** A number from 0 to below `below`. */
export type Random = (below: number) => number

/** mulberry32: the same inputs for the same seed. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export interface Material {
  readonly words: readonly string[]
  /** Single lines to put in from elsewhere. */
  readonly lines: readonly string[]
}

/** Changes a log: some lines, some places within them. */
export function mutate(text: string, { words, lines }: Material, random: Random): string {
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!
  let rows = text.split('\n')
  for (let times = random(3); times > 0; times--) {
    const at = random(rows.length)
    const kind = random(5)
    if (kind === 0) rows.splice(at, 1)
    else if (kind === 1) rows.splice(at, 0, rows[random(rows.length)] ?? '')
    else if (kind === 2) rows.splice(at, 0, pick(lines))
    else if (kind === 3) rows.splice(at, 0, ...rows.splice(random(rows.length), 1))
    else rows = rows.slice(0, at + 1)
    if (rows.length === 0) rows = [pick(lines)]
  }
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(rows.length)
    rows[at] = mutateLine(rows[at]!)
  }
  return rows.join('\n').slice(0, 4_096)

  function mutateLine(line: string): string {
    const from = random(line.length + 1)
    const to = random(4) === 0 ? from + random(line.length - from + 1) : Math.min(line.length, from + random(12))
    const kind = random(7)
    if (kind === 0) return line.slice(0, from) + pick(words) + line.slice(from)
    if (kind === 1) return line.slice(0, from) + pick(words) + line.slice(to)
    if (kind === 2) return line.slice(0, from) + line.slice(to)
    if (kind === 3) return line.slice(0, from) + pick(lines).slice(random(100)) + line.slice(to)
    if (kind === 4) return line.replace(/\d+/g, digits => (random(4) === 0 ? number() : digits))
    if (kind === 5) return line.slice(0, from) + line.slice(from, to).repeat(1 + random(8)) + line.slice(to)
    return line.slice(0, from) + String.fromCharCode(random(random(2) === 0 ? 128 : 65_536)) + line.slice(from + 1)
  }

  function number(): string {
    return pick(['0', '1', '-1', '7', '4294967295', '9007199254740993', '99999999999999999999', String(random(99_999))])
  }
}
