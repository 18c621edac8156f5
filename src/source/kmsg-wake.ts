/** Calls back whenever a descriptor may have something to read. */
export interface Wake {
  readonly how: 'woken' | 'polling'
  readonly stop: () => void
}

/**
 * Lets the event loop wait for a descriptor (epoll), so that nothing is polled, no thread sits in a read that cannot be
 * ended, and stopping is closing. Node has no public call for that on a character device: a pipe's handle takes any
 * descriptor. Where it is missing, polls instead.
 *
 * `taken` gets what the handle has read by itself before it told us.
 */
export function wakeOn(fd: number, taken: (bytes: Buffer) => void, drain: () => boolean): Wake {
  return epollWake(fd, taken, drain) ?? pollingWake(drain)
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

function epollWake(fd: number, taken: (bytes: Buffer) => void, drain: () => boolean): Wake | undefined {
  try {
    const { binding } = process as unknown as { binding: (name: 'pipe_wrap') => PipeBinding }
    const { Pipe, constants } = binding('pipe_wrap')
    const handle = new Pipe(constants.SOCKET)
    if (handle.open(fd) !== 0) return undefined
    handle.onread = bytes => {
      if (bytes) taken(Buffer.from(bytes))
      drain()
      handle.readStart() // after an error (EPIPE: the ring overran us) the handle has stopped by itself
    }
    if (handle.readStart() !== 0) return undefined
    return { how: 'woken', stop: () => handle.close() }
  } catch {
    return undefined // no such binding in this Node: then we poll
  }
}

/** 4 ms while records come, 20 ms when they do not. */
function pollingWake(drain: () => boolean): Wake {
  let quiet = 0
  let timer: NodeJS.Timeout
  const turn = (): void => {
    quiet = drain() ? 0 : quiet + 1
    timer = setTimeout(turn, quiet < 250 ? 4 : 20)
  }
  timer = setTimeout(turn, 4)
  return { how: 'polling', stop: () => clearTimeout(timer) }
}
