import type { DynamicLibrary } from 'node:ffi'
import { createRequire } from 'node:module'

/** Functions of the C library that Node does not offer; undefined if this Node cannot call them. */
export interface Libc {
  /** Address and length in bytes; flag 1 is MLOCK_ONFAULT. Returns 0, or the error's number. */
  readonly mlock2: (address: bigint, length: bigint, flags: number) => number
  /** Address and length in bytes: reads missing pages. Returns 0, or the error's number. */
  readonly mlock: (address: bigint, length: bigint) => number
  /** Address and length in bytes; advice 4 is MADV_DONTNEED. Returns 0, or the error's number. */
  readonly madvise: (address: bigint, length: bigint, advice: number) => number
  /** Gives free pages of every heap of malloc's back to the kernel (malloc_trim(3), glibc's own; elsewhere nothing happens). */
  readonly trimHeaps: () => void
  /** Sends one datagram to a Unix socket; `@` at the path's start is the abstract namespace. Returns 0 or the error's number. */
  readonly sendDatagram: (path: string, text: string) => number
}

/** Resolves against this very process, whose C library it is: nothing is loaded that is not there already. */
export function openLibc(): Libc | undefined {
  try {
    const ffi = quietly(() => createRequire(import.meta.url)('node:ffi') as typeof import('node:ffi'))
    return fromLibrary(new ffi.DynamicLibrary(null), ffi.getInt32)
  } catch {
    return undefined // no node:ffi in this Node (before 26.1), or built without it
  }
}

function fromLibrary(library: DynamicLibrary, getInt32: typeof import('node:ffi').getInt32): Libc {
  const mlock2 = library.getFunction('mlock2', { arguments: ['u64', 'u64', 'u32'], return: 'i32' })
  const mlock = library.getFunction('mlock', { arguments: ['u64', 'u64'], return: 'i32' })
  const madvise = library.getFunction('madvise', { arguments: ['u64', 'u64', 'i32'], return: 'i32' })
  const socket = library.getFunction('socket', { arguments: ['i32', 'i32', 'i32'], return: 'i32' })
  const sendto = library.getFunction('sendto', {
    arguments: ['i32', 'buffer', 'u64', 'i32', 'buffer', 'u32'],
    return: 'i64',
  })
  const mallocTrim = functionOrNone(() => library.getFunction('malloc_trim', { arguments: ['u64'], return: 'i32' }))
  const errnoLocation = library.getFunction('__errno_location', { arguments: [], return: 'pointer' })
  const errno = (): number => getInt32(errnoLocation())
  let descriptor = -1

  return {
    mlock2: (address, length, flags) => (mlock2(address, length, flags) === 0 ? 0 : errno()),
    mlock: (address, length) => (mlock(address, length) === 0 ? 0 : errno()),
    madvise: (address, length, advice) => (madvise(address, length, advice) === 0 ? 0 : errno()),
    trimHeaps: () => void mallocTrim?.(0n),
    sendDatagram: (path, text) => {
      if (descriptor < 0) descriptor = socket(afUnix, sockDgram | sockCloexec, 0)
      if (descriptor < 0) return errno()
      const address = unixAddress(path)
      const bytes = Buffer.from(text)
      const sent = sendto(descriptor, bytes, BigInt(bytes.length), msgDontwait | msgNosignal, address, address.length)
      return Number(sent) === bytes.length ? 0 : errno()
    },
  }
}

function functionOrNone<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}

// The same numbers on x64 and arm64 (include/uapi, arch-independent).
const afUnix = 1
const sockDgram = 2
const sockCloexec = 0o2000000
const msgNosignal = 0x4000
/** A service manager that does not read must not block the event loop. */
const msgDontwait = 0x40

/** struct sockaddr_un: the family in the host's byte order, then the path; an abstract one begins with a zero. */
function unixAddress(path: string): Buffer {
  const name = Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`)
  const family = Buffer.alloc(2)
  family.writeUInt16LE(afUnix)
  return Buffer.concat([family, name])
}

/** node:ffi announces on stderr that it is experimental; the agent's log is JSON lines. */
function quietly<T>(load: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return load()
  } finally {
    process.emitWarning = emitWarning
  }
}
