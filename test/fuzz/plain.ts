import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fuzz } from './oom-log.ts'
import { words } from './words.ts'

interface PlainOptions {
  readonly runs: number
  readonly seconds: number
  readonly seed: number
  readonly logs: string
  readonly work: string
}

/** Changes lines of the fixtures at random, without guidance by coverage: a few thousand inputs a second. */
export function fuzzPlainly({ runs, seconds, seed, logs, work }: PlainOptions): void {
  const random = createRandom(seed)
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!
  const lines = readdirSync(logs)
    .filter(file => file.endsWith('.log'))
    .flatMap(file => readFileSync(join(logs, file), 'utf8').split('\n'))
    .filter(line => line !== '')
    .map(line => line.slice(0, 2048))
  const startedAt = performance.now()
  const elapsed = (): number => (performance.now() - startedAt) / 1000
  let done = 0
  for (; done < runs && elapsed() < seconds; done++) {
    const chosen = Array.from({ length: 1 + random(4) }, () => pick(lines))
    const input = Buffer.from(chosen.map(line => change(line)).join('\n'))
    const before = performance.now()
    try {
      fuzz(input)
      if (performance.now() - before > 1000) throw new Error('took more than a second')
    } catch (error) {
      writeFileSync(join(work, 'crash'), input)
      console.error(`input ${done} of seed ${seed}, kept in ${work}/crash:`, error)
      process.exit(1)
    }
    if (done % 100_000 === 0 && done > 0) console.error(`${done} inputs, ${Math.round(done / elapsed())} a second`)
  }
  console.log(`${done} inputs in ${elapsed().toFixed(0)} s (seed ${seed}): no crash, no kill made up`)

  function change(line: string): string {
    let text = line
    for (let times = random(4); times > 0; times--) {
      const at = random(text.length + 1)
      const to = at + random(text.length - at + 1)
      const kind = random(5)
      if (kind === 0) text = text.slice(0, at) + pick(words) + text.slice(at)
      else if (kind === 1) text = text.slice(0, at) + pick(words) + text.slice(to)
      else if (kind === 2)
        text = text.slice(0, at) + String.fromCharCode(random(random(2) === 0 ? 128 : 65_536)) + text.slice(at + 1)
      else if (kind === 3) text = text.slice(0, at) + text.slice(to)
      else text = text.slice(0, at) + pick(lines).slice(random(100)) + text.slice(to)
    }
    return text.slice(0, 4096)
  }
}

/** mulberry32: the same inputs for the same seed. */
function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
