import { readFileSync, writeFileSync } from 'node:fs'

/** Where a 64-bit little-endian ELF file names its loader. */
export interface Interpreter {
  readonly path: string
  readonly offset: number
  /** Bytes for the path, the closing zero among them. */
  readonly size: number
}

/** Reads the program header PT_INTERP (elf(5)). */
export function interpreterIn(file: Buffer): Interpreter {
  const headersAt = Number(file.readBigUInt64LE(32))
  const headerSize = file.readUInt16LE(54)
  const headers = file.readUInt16LE(56)
  for (let header = 0; header < headers; header++) {
    const at = headersAt + header * headerSize
    if (file.readUInt32LE(at) !== typeInterpreter) continue
    const offset = Number(file.readBigUInt64LE(at + 8))
    const size = Number(file.readBigUInt64LE(at + 32))
    return { path: file.toString('latin1', offset, offset + size).replace(/\0.*$/s, ''), offset, size }
  }
  throw new Error('the file names no loader: it is linked statically')
}

const typeInterpreter = 3

/** Names another loader in place; a program that was put in behind the ELF sections stays where it is. */
export function setInterpreter(path: string, loader: string): void {
  const file = readFileSync(path)
  const { offset, size } = interpreterIn(file)
  if (loader.length + 1 > size) throw new Error(`${loader} is too long: ${size - 1} bytes fit`)
  file.fill(0, offset, offset + size)
  file.write(loader, offset, 'latin1')
  writeFileSync(path, file)
}
