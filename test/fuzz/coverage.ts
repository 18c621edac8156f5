import { Session } from 'node:inspector'

/** Which code has ever run, of the scripts that are of interest, by V8's own block coverage. */
export interface Coverage {
  /** What ran since the last call. Asking costs a millisecond: ask once for many inputs. */
  readonly take: () => Ran
  /** Is there code that ran for the first time? */
  readonly isNew: (ran: Ran) => boolean
  /** From now on this is known. */
  readonly add: (ran: Ran) => void
  /** Characters of code that ever ran, and of all functions that V8 knows. */
  readonly total: () => { readonly ran: number; readonly of: number }
  readonly stop: () => void
}

/** By script: for each character whether it ran (2), belongs to a function (1), or neither (0). */
export type Ran = ReadonlyMap<string, Uint8Array>

interface ScriptCoverage {
  readonly url: string
  readonly functions: readonly { readonly ranges: readonly Range[] }[]
}

interface Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}

export function createCoverage(isOfInterest: (url: string) => boolean): Coverage {
  const session = new Session()
  session.connect()
  // The session answers before post() returns.
  const ask = (method: string, params: object = {}): { readonly result?: readonly ScriptCoverage[] } => {
    let answer = {}
    session.post(method, params, (error, result) => {
      if (error) throw error
      answer = result ?? {}
    })
    return answer
  }
  ask('Profiler.enable')
  ask('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  const known = new Map<string, Uint8Array>()

  const isNewIn = (url: string, now: Uint8Array): boolean => {
    const before = known.get(url)
    return now.some((state, at) => state === didRun && before?.[at] !== didRun)
  }

  return {
    take: () =>
      new Map(
        ask('Profiler.takePreciseCoverage')
          .result!.filter(({ url }) => isOfInterest(url))
          .map(({ url, functions }) => [url, paint(functions)]),
      ),
    isNew: ran => [...ran].some(([url, now]) => isNewIn(url, now)),
    add: ran => {
      for (const [url, now] of ran) {
        const before = known.get(url) ?? new Uint8Array(0)
        const both = now.length > before.length ? Uint8Array.from(now) : before
        const other = both === before ? now : before
        for (let at = 0; at < other.length; at++) if (other[at]! > both[at]!) both[at] = other[at]!
        known.set(url, both)
      }
    },
    total: () => {
      const count = (least: number): number =>
        [...known.values()].reduce((sum, script) => sum + script.filter(state => state >= least).length, 0)
      return { ran: count(didRun), of: count(1) }
    },
    stop: () => session.disconnect(),
  }
}

const didRun = 2

/** Ranges lie within one another: the outer first, so that the inner ones override it. */
function paint(functions: ScriptCoverage['functions']): Uint8Array {
  const ranges = functions
    .flatMap(one => one.ranges)
    .toSorted((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset)
  const painted = new Uint8Array(ranges.reduce((end, { endOffset }) => Math.max(end, endOffset), 0))
  for (const { startOffset, endOffset, count } of ranges) painted.fill(count > 0 ? didRun : 1, startOffset, endOffset)
  return painted
}
