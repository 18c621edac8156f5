import { closeSync } from 'node:fs'

/** Calls back whenever a descriptor may have something to read. */
export interface Wake {
  readonly how: 'woken' | 'polling'
  /** Closes the descriptor with it. */
  readonly stop: () => void
}

interface WakeEvents {
  /** What the event loop has read by itself before it called us. */
  readonly taken: (bytes: Buffer) => void
  /** Reads what there is; true if there was anything. */
  readonly drain: () => boolean
  /** The event loop got an error (EPIPE: the ring overran us) and gives the descriptor up: it has to be reopened. */
  readonly failed: () => void
}

/**
 * Lets the event loop wait for a descriptor (epoll), so that nothing is polled, no thread sits in a read that cannot be
 * ended, and stopping is closing. Node has no public call for that on a character device: a pipe's handle takes any
 * descriptor. Where it is missing, polls instead.
 */
export function wakeOn(fd: number, events: WakeEvents): Wake {
  return epollWake(fd, events) ?? pollingWake(fd, events)
}

interface PipeBinding {
  readonly Pipe: new (type: number) => PipeHandle
  readonly constants: { readonly SOCKET: number }
}

interface PipeHandle {
  onread: (bytes: ArrayBuffer | undefined) => void
  open: (fd: number) => number
  readStart: () => number
  close: () => void
}

function epollWake(fd: number, { taken, drain, failed }: WakeEvents): Wake | undefined {
  try {
    const { binding } = process as unknown as { binding: (name: 'pipe_wrap') => PipeBinding }
    const { Pipe, constants } = binding('pipe_wrap')
    const handle = new Pipe(constants.SOCKET)
    if (handle.open(fd) !== 0) return undefined
    handle.onread = bytes => {
      if (!bytes) return failed()
      taken(Buffer.from(bytes))
      drain()
    }
    return handle.readStart() === 0 ? { how: 'woken', stop: () => handle.close() } : undefined
  } catch {
    return undefined // this Node has no such binding, so polling is used
  }
}

/** 4 ms while records come, 20 ms when they do not. */
function pollingWake(fd: number, { drain }: WakeEvents): Wake {
  let quiet = 0
  let timer: NodeJS.Timeout
  const turn = (): void => {
    quiet = drain() ? 0 : quiet + 1
    timer = setTimeout(turn, quiet < 250 ? 4 : 20)
  }
  timer = setTimeout(turn, 4)
  const stop = (): void => {
    clearTimeout(timer)
    closeSync(fd)
  }
  return { how: 'polling', stop }
}
