import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openReplaySource } from '../../src/input/playback/replay.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'

/** The real program as a process of its own, with default settings, one generic webhook and a log file that we write. */
export interface AgentProcess {
  readonly name: string
  readonly pid: number
  readonly write: (lines: string) => void
  /** From the start of the process to its first sample, by its own recording, ms. Once it has stopped. */
  readonly firstSampleMs: () => Promise<number>
  readonly stop: () => Promise<void>
  readonly remove: () => void
}

export async function startAgentProcess(options: {
  readonly name: string
  readonly command: readonly string[]
  readonly webhook: string
}): Promise<AgentProcess> {
  const { name, command, webhook } = options
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-memory-'))
  const log = join(dir, 'kern.log')
  writeFileSync(log, '')
  // No lock: several run beside each other. The former name, which older builds know as well.
  writeFileSync(join(dir, 'oomloop.yaml'), 'oneVoice: false\n')
  const [program, ...args] = command
  const startedAt = Date.now()
  const child = spawn(
    program!,
    [
      ...[...args, 'run', '--config', join(dir, 'oomloop.yaml'), '--state-dir', join(dir, 'state')],
      ...['--source', 'file', '--log-file', log, '--webhook', webhook],
    ],
    {
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        ...(process.env.MALLOC_ARENA_MAX && { MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX }),
      },
    },
  )
  while (!existsSync(join(dir, 'state/status.json'))) {
    if (child.exitCode !== null || Date.now() - startedAt > 60_000)
      throw new Error(`${command.join(' ')} does not watch`)
    await pause(20)
  }
  return {
    name,
    pid: child.pid!,
    write: lines => appendFileSync(log, lines),
    firstSampleMs: async () => (await firstSampleAt(join(dir, 'state/recordings'))) - startedAt,
    stop: () => ended(child),
    remove: () => rmSync(dir, { recursive: true }),
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await new Promise(done => child.once('exit', done))
}

async function firstSampleAt(recordings: string): Promise<number> {
  for await (const observation of openReplaySource([recordings], { settings: defaultCoreSettings }))
    if (observation.kind === 'memory') return observation.at
  throw new Error('the recording holds no sample')
}
