/**
 * A queue in front of a disk that may hang. libuv has four threads for files and names together: a stalled disk (a frozen
 * file system, a hung NFS server) keeps each thread that it gets until it is back. With at most one operation under way in
 * each of the two queues below, it gets two, and file reads and name lookups go on in the others.
 */
interface DiskQueue {
  /** Runs the work when all that was queued before it has ended: in this turn where nothing is. Its promise settles as the work does. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>
  /** For how long the operation under way has been running, ms; 0 while there is none. */
  readonly busyMs: () => number
}

function createDiskQueue(monotonicMs: () => number = () => performance.now()): DiskQueue {
  let last: Promise<unknown> = Promise.resolve()
  let startedAt: number | null = null
  let queued = 0

  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    startedAt = monotonicMs()
    try {
      return await work()
    } finally {
      startedAt = null
    }
  }

  return {
    run: work => {
      const result = queued++ === 0 ? timed(work) : last.then(() => timed(work))
      const ended = (): void => void queued--
      last = result.then(ended, ended) // its caller handles the error
      return result
    },
    busyMs: () => (startedAt === null ? 0 : monotonicMs() - startedAt),
  }
}

/** Writes that end in the page cache where the disk is well: outbox, recording, status, baselines. */
export const diskWrites = createDiskQueue()

/** What takes its time: forcing writes onto the disk, packing closed segments. */
export const diskSyncs = createDiskQueue()

/** Waits for the work, but no longer than this. */
export async function withDeadline(work: Promise<unknown>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([
    work,
    new Promise<void>(resolve => {
      timer = setTimeout(resolve, deadlineMs)
    }),
  ])
  clearTimeout(timer)
}
