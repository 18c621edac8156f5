import { setFlagsFromString } from 'node:v8'
import { type Libc, openLibc } from './libc.ts'

/**
 * Spares the agent V8's compilers: their text and their code are 10 MiB resident. From a kernel line to the alert it makes no
 * difference; a flood of records takes 1 to 12 µs more for each (docs/evidence/footprint.md). Keeps what was compiled to
 * bytecode: V8 forgets what was not run for some collections, and that is the way of an alert, warmed at start. Other
 * commands, which end again, are left as they are.
 */
export function tuneV8(): void {
  for (const flag of ['--no-opt', '--no-maglev', '--no-sparkplug', '--no-flush-bytecode']) setFlagsFromString(flag)
}

/** How often it is looked whether there is something to release. */
const lookEveryMs = 1_000
/** Growth since the last collection that makes another one worthwhile. */
const growthBytes = 3 * 1024 * 1024
/** Collects after this time also without growth. */
const everyMs = 300_000
/** After growth once more: what was on its way to disk or receiver the last time is garbage by now. */
const againMs = 10_000

interface ReleaseOptions {
  /** Nothing has come from the kernel for a second, and no alert is on its way: a pause of some ms delays nothing. */
  readonly isQuiet: () => boolean
  readonly libc?: Libc | undefined
  readonly residentBytes?: () => number
}

/**
 * Releases memory that was used once: garbage, which V8 keeps until the heap reaches its limit of the moment, and what
 * malloc keeps free. It takes 10 to 30 ms, so it waits for a quiet second, also while something fires: in an hour of loops
 * resident memory follows what is remembered, not what was ever allocated.
 */
export function releaseFreeMemory({ isQuiet, libc = openLibc(), residentBytes = measuredBytes }: ReleaseOptions): void {
  let releasedAt = Number.NEGATIVE_INFINITY
  let waitMs = everyMs
  let keptBytes = 0
  const look = (): void => {
    const before = residentBytes()
    const hasGrown = before - keptBytes >= growthBytes
    if (!(hasGrown || performance.now() - releasedAt >= waitMs) || !isQuiet()) return
    collect()
    libc?.trimHeaps()
    releasedAt = performance.now()
    keptBytes = residentBytes()
    waitMs = hasGrown || before - keptBytes >= growthBytes ? againMs : everyMs
  }
  look()
  setInterval(look, lookEveryMs).unref()
}

/**
 * Compacts as well: what is remembered is left scattered over pages that are half empty. V8's own collections, which may come
 * while something is on its way, stay as they are: they would take several times as long.
 */
function collect(): void {
  setFlagsFromString('--compact-on-every-full-gc')
  // There in the executable, which is started with --expose-gc.
  globalThis.gc?.({ type: 'major', execution: 'sync' })
  setFlagsFromString('--no-compact-on-every-full-gc')
}

/** 0 where it cannot be read: it throws without a free descriptor. */
function measuredBytes(): number {
  try {
    return process.memoryUsage.rss()
  } catch {
    return 0
  }
}
