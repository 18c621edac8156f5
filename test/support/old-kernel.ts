/**
 * `node test/support/old-kernel.ts --kernel rhel7 -- COMMAND ARGS…`, or `--highest NUMBER`: runs a command in which every
 * system call that the kernel does not have fails with ENOSYS, as there. Numbers of x64.
 */
import { DynamicLibrary, getRawPointer } from 'node:ffi'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * The system calls that Linux 3.10 of RHEL 7 has, as ranges of numbers. Read in arch/x86/syscalls/syscall_64.tbl of
 * OpenVZ/vzkernel, which is built from RHEL's sources: at 16d6d70 (late) and 0056ecd (early). Upstream 3.10 ends at 313.
 */
export const kernels = {
  /** With getrandom (318) and memfd_create (319); without bpf, execveat, membarrier and mlock2 (321, 322, 324, 325). */
  rhel7: [
    [0, 320],
    [323, 323],
    [326, 326],
    [329, 331],
  ],
  /** The first kernels: without getrandom. */
  'rhel7-early': [
    [0, 313],
    [316, 316],
    [320, 320],
  ],
} as const satisfies Record<string, readonly Range[]>

type Range = readonly [first: number, last: number]

/** The command that runs another one on such a kernel, to stand before it. */
export function onKernel(kernel: keyof typeof kernels): readonly string[] {
  const script = join(import.meta.dirname, 'old-kernel.ts')
  return [process.execPath, '--disable-warning=ExperimentalWarning', script, '--kernel', kernel, '--']
}

const prSetNoNewPrivs = 38
const prSetSeccomp = 22
const seccompModeFilter = 2n

// include/uapi/linux/bpf_common.h, seccomp.h, audit.h
const loadWord = 0x20
const jumpIfGreater = 0x25
const jumpIfAtLeast = 0x35
const jumpIfEqual = 0x15
const answer = 0x06
const allow = 0x7fff0000
const failWithEnosys = 0x00050000 | 38
const auditArchX64 = 0xc000003e
const offsetOfNumber = 0
const offsetOfArch = 4

/** struct sock_filter[]: what is in no range fails with ENOSYS; calls of another architecture are left alone. */
function filterProgram(ranges: readonly Range[]): Buffer {
  const toAllow = (index: number): number => 2 * (ranges.length - index) - 1
  const steps: readonly (readonly [code: number, ifTrue: number, ifFalse: number, k: number])[] = [
    [loadWord, 0, 0, offsetOfArch],
    [jumpIfEqual, 0, 2 * ranges.length + 2, auditArchX64],
    [loadWord, 0, 0, offsetOfNumber],
    ...ranges.flatMap(
      ([first, last], index) =>
        [
          [jumpIfAtLeast, 0, 1, first],
          [jumpIfGreater, 0, toAllow(index), last],
        ] as const,
    ),
    [answer, 0, 0, failWithEnosys],
    [answer, 0, 0, allow],
  ]
  const program = Buffer.alloc(steps.length * 8)
  for (const [index, [code, ifTrue, ifFalse, k]] of steps.entries()) {
    program.writeUInt16LE(code, index * 8)
    program.writeUInt8(ifTrue, index * 8 + 2)
    program.writeUInt8(ifFalse, index * 8 + 3)
    program.writeUInt32LE(k, index * 8 + 4)
  }
  return program
}

function restrictSystemCalls(ranges: readonly Range[]): void {
  const program = filterProgram(ranges)
  const header = Buffer.alloc(16)
  header.writeUInt16LE(program.length / 8, 0)
  header.writeBigUInt64LE(getRawPointer(program), 8)
  const library = new DynamicLibrary(null)
  const prctl = library.getFunction('prctl', { arguments: ['i32', 'u64', 'u64', 'u64', 'u64'], return: 'i32' })
  const set = (option: number, first: bigint, second = 0n): void => {
    if (prctl(option, first, second, 0n, 0n) !== 0) throw new Error(`prctl(${option}) failed`)
  }
  set(prSetNoNewPrivs, 1n)
  set(prSetSeccomp, seccompModeFilter, getRawPointer(header))
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: { kernel: { type: 'string', default: 'rhel7' }, highest: { type: 'string' } },
    allowPositionals: true,
  })
  const isKnown = (name: string): name is keyof typeof kernels => name in kernels
  if (!isKnown(values.kernel)) throw new Error(`--kernel is one of ${Object.keys(kernels).join(', ')}`)
  restrictSystemCalls(values.highest ? [[0, Number(values.highest)]] : kernels[values.kernel])
  const [command = '/bin/true'] = positionals
  // The filter is this thread's, and execve leaves no other.
  process.execve!(command, positionals, process.env as Record<string, string>)
}
