import { constants, fstatSync, openSync, write, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { messagesOf } from './text/messages/catalogues.ts'

/** Lines that the reader or the disk does not accept are kept up to this size, then dropped. */
const maxWaitingBytes = 256 * 1024

/**
 * Opens stderr (or another descriptor) so that no write to it can block: behind it may be a container runtime or a journal
 * that waits for the very disk that hangs. A pipe or terminal is opened again as non-blocking, a socket is written by the
 * event loop, a regular file by libuv's threads. Returns what writes a line; it never throws. Lines that were dropped are
 * counted in a line of their own as soon as one can be written.
 */
export function openLogOutput(fd: number): (line: string) => void {
  const take = sinkFor(fd)
  let dropped = 0
  return line => {
    const claimed = dropped
    dropped = 0
    take(claimed > 0 ? `${droppedLine(claimed)}${line}` : line, () => {
      dropped += claimed + 1
    })
  }
}

/** Takes a text, or calls `drop`, now or later. */
type Sink = (text: string, drop: () => void) => void

function droppedLine(droppedLines: number): string {
  return `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), droppedLines, msg: messagesOf('en').agent.logLinesDropped })}\n`
}

function sinkFor(fd: number): Sink {
  try {
    const stats = fstatSync(fd)
    if (stats.isSocket()) return toSocket(fd)
    if (stats.isFile()) return toFile(fd)
    return toPipe(openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY))
  } catch {
    return toPipe(fd) // no /proc: as it is
  }
}

/** A pipe, a terminal, a device. The rest of a text that did not fit is written before the next one. */
function toPipe(fd: number): Sink {
  let rest: Buffer = Buffer.alloc(0)
  return (text, drop) => {
    try {
      if (rest.length > 0) rest = rest.subarray(writeSync(fd, rest))
      if (rest.length > 0) return drop()
      const bytes = Buffer.from(text)
      rest = bytes.subarray(writeSync(fd, bytes))
    } catch {
      drop() // EAGAIN: no reader keeps up; ENOSPC: a full disk; EPIPE: no reader
    }
  }
}

function toSocket(fd: number): Sink {
  const socket = new Socket({ fd, readable: false, writable: true })
  socket.on('error', () => {}) // the reader is gone: what follows is dropped
  socket.unref()
  return (text, drop) => {
    if (!socket.writable || socket.writableLength > maxWaitingBytes) return drop()
    socket.write(text)
  }
}

/** One write at a time. At exit what still waits is written at once, unless the disk hangs. */
function toFile(fd: number): Sink {
  let waiting: { readonly text: string; readonly drop: () => void }[] = []
  let bytes = 0
  let isWriting = false

  const writeNext = (): void => {
    if (isWriting || waiting.length === 0) return
    const taken = waiting
    waiting = []
    bytes = 0
    isWriting = true
    write(fd, taken.map(({ text }) => text).join(''), null, error => {
      isWriting = false
      if (error) for (const { drop } of taken) drop()
      writeNext()
    })
  }

  process.once('exit', () => {
    if (!isWriting && waiting.length > 0) writeSync(fd, waiting.map(({ text }) => text).join(''))
  })
  return (text, drop) => {
    if (bytes > maxWaitingBytes) return drop()
    waiting.push({ text, drop })
    bytes += text.length
    writeNext()
  }
}
