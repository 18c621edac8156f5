import { sizeText } from '../format.ts'
import type { LeakFacts } from '../incident-facts.ts'
import { units } from './units.ts'

/** What a forecast rests on: parts of one line. */
export const forecast = {
  left: ({ size, percent }: { size: string; percent: string }) => `${size} left (${percent})`,
  usedUp: ({ from, to }: { from: number; to: number }) =>
    from === to
      ? `used up in ${units.duration(from)} at the present rate`
      : `used up in ${units.duration(from)} to ${units.duration(to)} at the rates of 15s and 45s`,
  stalled: ({ seconds }: { seconds: number }) => `stalled for ${seconds}s of the last 20s`,
  kubeletStarved: ({ duration }: { duration: string }) => `kubelet has made almost no progress for ${duration}`,
  /** A leak, as status, doctor and watch list it. */
  leak: ({ name, KiBPerHour, seconds, range }: Omit<LeakFacts, 'node'>) =>
    `${name} grows by ${sizeText(KiBPerHour)} an hour: memory used up in about ${units.duration(seconds)} (${units.duration(range[0])} to ${units.duration(range[1])})`,
  firstKillRecord: ({ right, of }: { right: number; of: number }) =>
    `in tests on recorded nodes, ${right} of ${of} forecasts of the first OOM kill were right`,
  notReadyRecord: ({ right, of }: { right: number; of: number }) =>
    `in tests on recorded nodes, ${right} of ${of} forecasts of NotReady were right`,
  separator: '; ',
}
