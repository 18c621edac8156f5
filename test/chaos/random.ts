/** mulberry32: small, and the same on every machine, so that a seed gives the same round again. */
export interface Random {
  readonly ratio: () => number
  readonly integer: (least: number, most: number) => number
  readonly pick: <T>(choices: readonly T[]) => T
  readonly chance: (ratio: number) => boolean
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const ratio = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (least: number, most: number): number => least + Math.floor(ratio() * (most - least + 1))
  return { ratio, integer, pick: choices => choices[integer(0, choices.length - 1)]!, chance: share => ratio() < share }
}
