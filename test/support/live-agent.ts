import { closeSync, constants, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whyNoKmsg } from '../../src/input/live/kmsg.ts'
import { segmentName } from '../../src/recording/segment-name.ts'
import type { Alert } from '../../src/types.ts'
import { until } from '../deliver/receiver.ts'
import { startOomloop } from './oomloop.ts'
import { expectValid } from './schema.ts'

export type LiveAgent = ReturnType<typeof startOomloop> & {
  /** Resolves when it says that it watches. */
  readonly ready: Promise<void>
}

export interface LiveAgentOptions {
  readonly webhook: string
  readonly stateDir: string
  /** Further arguments of `run`. */
  readonly args?: readonly string[]
}

/** Starts the agent as a user would. The caller stops it. */
export function startAgent({ webhook, stateDir, args = [] }: LiveAgentOptions): LiveAgent {
  const agent = startOomloop(['run', '--webhook', webhook, '--state-dir', stateDir, ...args])
  return { ...agent, ready: until(() => agent.stderr().includes('"watching"'), 20_000, 'the agent watches') }
}

/** A state directory that is no first start: see {@link readUpToNow}. */
export function makeStateDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-state-'))
  readUpToNow(dir)
  return dir
}

/**
 * Leaves a state directory as a run of two hours ago that has read the kernel's log up to now: what other tests made the
 * kernel kill would else be reported from the ring, and share an incident and its budget of notifications with this one.
 */
export function readUpToNow(dir: string): void {
  const seq = lastSeq()
  if (seq === undefined) return
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const at = Date.now() - 2 * 3_600_000
  const lines = [
    { oomloop: 'recording', version: 1, at, run: 'before', segment: 1, bootId, host: { bootId } },
    { kind: 'kernel', at, text: 'the last record that was read', seq },
  ]
  mkdirSync(join(dir, 'recordings'))
  writeFileSync(join(dir, 'recordings', segmentName(1)), lines.map(line => `${JSON.stringify(line)}\n`).join(''))
}

/** The newest sequence number in the kernel's log; undefined where it may not be read. */
function lastSeq(): number | undefined {
  if (whyNoKmsg() !== undefined) return undefined
  const reader = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK)
  const buffer = Buffer.alloc(16_384)
  let seq: number | undefined
  for (;;) {
    try {
      seq = Number(buffer.toString('latin1', 0, readSync(reader, buffer)).split(',', 2)[1])
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') continue // overrun meanwhile: goes on at the oldest
      closeSync(reader)
      return seq // EAGAIN: that was the last one
    }
  }
}

/** A signing secret in a file, as `--webhook-secret-file` takes it. */
export function makeSecretFile(secret: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'oomloop-secret-')), 'secret')
  writeFileSync(path, secret, { mode: 0o600 })
  return path
}

/** Alerts about a cgroup, by the bodies that a receiver got. */
export function alertsOf(bodies: readonly object[], cgroup: string): readonly Alert[] {
  for (const body of bodies) if ('incident' in body) expectValid('alert', body)
  return (bodies as Alert[]).filter(
    ({ subject, workload }) => subject.includes(cgroup) || workload?.key.includes(cgroup),
  )
}
