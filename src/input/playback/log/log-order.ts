import { OomloopError } from '../../../errors.ts'

/**
 * Whether a log is newest first, as `journalctl -r` and log stores print it: by the times at its beginning, or by a kill
 * that stands before what the kernel writes before a kill.
 */
export function isReversed(head: string, timeOf: (line: string) => number | null): boolean {
  const lines = head.split('\n').slice(0, 400)
  let [later, earlier] = [0, 0]
  // Times and stamps since boot count by themselves: one says nothing about the other.
  for (const read of [timeOf, stampOf]) {
    let last: number | null = null
    for (const line of lines) {
      const at = read(line)
      if (at === null) continue
      if (last !== null && at > last) later++
      if (last !== null && at < last) earlier++
      last = at
    }
  }
  if (later === 0 && earlier >= 3) return true
  return later === 0 && killStandsFirst(lines)
}

/** Seconds since boot, in a log without times. */
function stampOf(line: string): number | null {
  const match = /\[ *(\d{1,10}\.\d{6})\]/.exec(line.slice(0, 200))
  return match ? Number(match[1]) : null
}

function killStandsFirst(lines: readonly string[]): boolean {
  const killed = new Set<string>()
  const chosen = new Set<string>()
  let backwards = 0
  let isBelow = false
  let last: { readonly pid: string; readonly comm: string; readonly at: number } | undefined
  for (const [at, line] of lines.entries()) {
    if (backwards > 0 && / invoked oom-killer: |_adj name/.test(line)) isBelow = true
    const kill = /Killed process (\d{1,10})[ ,]/.exec(line)?.[1]
    if (kill !== undefined) {
      if (chosen.has(kill)) return false
      killed.add(kill)
      last = { pid: kill, comm: /Killed process \d+ \(([^)]{1,64})\)/.exec(line)?.[1] ?? '', at }
    }
    const choice = /oom-kill:constraint=.*,pid=(\d{1,10}),uid=|Kill process (\d{1,10}) \(/.exec(line)
    const pid = choice?.[1] ?? choice?.[2]
    // Both on one line say nothing of its order.
    if (pid === undefined || pid === kill) continue
    if (killed.has(pid)) backwards++
    // Right below its kill, and of the same name.
    const isSameName = last && (line.includes(`task=${last.comm},`) || line.includes(` ${pid} (${last.comm})`))
    if (last?.pid === pid && at - last.at <= 2 && isSameName) isBelow = true
    chosen.add(pid)
  }
  // Then the header stands below as well, or its last line; a kill and the choice of another with its pid do not suffice.
  return isBelow || backwards > 1
}

/** The lines of a log that is newest first, in order of time: it has to be held whole for that. Throws `tooLarge`. */
export async function* inOrderOfTime(chunks: AsyncIterable<Buffer>, tooLarge: string): AsyncGenerator<Buffer> {
  const held: Buffer[] = []
  let length = 0
  for await (const chunk of chunks) {
    held.push(chunk)
    length += chunk.length
    if (length > maxBytes) throw new OomloopError('OOMLOOP_INPUT', tooLarge)
  }
  const bytes = Buffer.concat(held)
  let end = bytes.length > 0 && bytes.at(-1) === newline ? bytes.length - 1 : bytes.length
  while (end >= 0 && length > 0) {
    const start = end === 0 ? 0 : bytes.lastIndexOf(newline, end - 1) + 1
    yield Buffer.concat([bytes.subarray(start, end), Buffer.from('\n')])
    if (start === 0) return
    end = start - 1
  }
}

const newline = 10
const maxBytes = 64 * 1024 * 1024
