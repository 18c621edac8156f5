import { setFlagsFromString } from 'node:v8'
import { type Libc, openLibc } from './libc.ts'

/**
 * Spares the agent V8's last compiler: its text and its code are 9 MiB resident, and what it makes faster, a flood of
 * records, takes a fifth more of the processor without it. Keeps what was compiled: V8 forgets what was not run for some
 * collections, and that is the way of an alert, warmed at start. Other commands, which end again, are left as they are.
 */
export function fitEngine(): void {
  setFlagsFromString('--no-opt')
  setFlagsFromString('--no-flush-bytecode')
}

const everyMs = 300_000

/**
 * Gives back what was used once: garbage, which V8 leaves lying until the heap reaches its limit of the moment, and what
 * malloc keeps free (V8's compilers, each in a thread with a heap of its own, leave 3 MiB behind at start). Takes 30 ms,
 * so it is done now and every five minutes, but never while the agent is needed.
 */
export function giveFreeMemoryBack(isBusy: () => boolean, libc: Libc | undefined = openLibc()): void {
  const giveBack = (): void => {
    if (isBusy()) return
    // There in the executable, which is started with --expose-gc.
    globalThis.gc?.({ type: 'major', execution: 'sync' })
    libc?.trimHeaps()
  }
  giveBack()
  setInterval(giveBack, everyMs).unref()
}
