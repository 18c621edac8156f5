import type { HostFacts } from '../types.ts'
import { type Libc, openLibc } from './libc.ts'
import { warmCore } from './warm-core.ts'

export interface SettleOptions {
  readonly host: HostFacts
  /** The wrong moment to be slow. */
  readonly isBusy: () => boolean
  /** Lets go of program text that only starting needed. */
  readonly letGoOfText: () => void
  /** Walks the way of an alert to its receivers once more. */
  readonly warmDelivery: () => Promise<void>
  readonly libc?: Libc | undefined
}

const everyMs = 60_000
/** Enough to meet each page of text again that a kill needs; compiled it is by then. */
const roundsAgain = 6

/**
 * What an agent does when it has begun to watch: it warms the core, lets go of the text that loading and compiling
 * needed (17 of 70 MiB resident, docs/memory.md), and walks the way of a kill and of an alert once more, so that what
 * they need is back, and locked. It does so again after each crisis, but never in one: then nothing may have to be read
 * from a disk.
 *
 * Each minute it gives back what malloc keeps free: V8's compilers and collectors, each in a thread with a heap of its
 * own, leave 3 MiB behind at start alone. Takes 1 ms.
 */
export async function settle({
  host,
  isBusy,
  letGoOfText,
  warmDelivery,
  libc = openLibc(),
}: SettleOptions): Promise<void> {
  await warmCore(host)
  let isSettled = false
  const look = async (): Promise<void> => {
    if (isBusy()) {
      isSettled = false // what the crisis compiled is not needed after it
      return
    }
    libc?.trimHeaps()
    if (isSettled) return
    isSettled = true
    letGoOfText()
    await warmCore(host, roundsAgain)
    await warmDelivery()
  }
  setInterval(look, everyMs).unref()
  await look()
}
