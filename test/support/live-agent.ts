import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** Starts the agent as a user would. Whoever starts it ends it. */
export function startAgent({ webhook, stateDir, args = [] }: LiveAgentOptions): LiveAgent {
  const agent = startOomloop(['run', '--webhook', webhook, '--state-dir', stateDir, ...args])
  return { ...agent, ready: until(() => agent.stderr().includes('"watching"'), 20_000, 'the agent watches') }
}

/** The last boot of a test's state directory is this one; nothing in it is anybody else's. */
export function makeStateDir(): string {
  return mkdtempSync(join(tmpdir(), 'oomloop-state-'))
}

/** A signing secret in a file, as `--webhook-secret-file` takes it. */
export function makeSecretFile(secret: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'oomloop-secret-')), 'secret')
  writeFileSync(path, secret, { mode: 0o600 })
  return path
}

/** Alerts that tell of a cgroup, by the bodies that a receiver got. */
export function alertsOf(bodies: readonly object[], cgroup: string): readonly Alert[] {
  for (const body of bodies) if ('incident' in body) expectValid('alert', body)
  return (bodies as Alert[]).filter(
    ({ subject, workload }) => subject.includes(cgroup) || workload?.key.includes(cgroup),
  )
}
