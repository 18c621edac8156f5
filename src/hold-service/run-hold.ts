import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../log.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import type { HostFiles, ReleasedCgroup } from '../types.ts'
import { type CgroupTree, createCgroupTree } from './cgroup-tree.ts'
import { createKeeper, type Keeper } from './keeper.ts'
import { createOriginalsFile } from './originals-file.ts'
import { createProcessesOfCgroup } from './processes.ts'
import { serveHold } from './server.ts'

/** Where the agent finds the hold process, below the root of the host. */
const holdRunDir = 'run/oomloop-hold'
export const holdSocket = `${holdRunDir}/socket`

export interface HoldOptions {
  readonly root: string
  readonly stateDir: string
  readonly limitMs: number
  readonly files: HostFiles
  readonly log: Log
  /** The hierarchy; a test imitates one. */
  readonly tree?: CgroupTree
  readonly now?: () => number
}

const t = messagesOf('en').hold.log

/** How often is looked whether something is to be released: a SIGTERM that a throttled task has not taken waits up to 2 s. */
const tickMs = 250

/** Restores what an earlier process left, then holds what the agent asks for, until it is stopped. */
export async function runHold(options: HoldOptions): Promise<{ readonly stop: () => Promise<void> }> {
  const { root, log, now = Date.now } = options
  const runDir = join(root, holdRunDir)
  const keeper = openKeeper(options, runDir)
  await keeper.begin(now())
  const server = await serveHold({ path: join(root, holdSocket), keeper, now })
  const timer = setInterval(() => keeper.tick(now()), tickMs)
  log.info({ socket: holdSocket }, t.ready)
  return {
    stop: async () => {
      clearInterval(timer)
      server.close()
      keeper.releaseAll('stopped', now())
      await keeper.settled()
    },
  }
}

/** Restores what a process that no longer runs has left, and returns what that was. */
export async function restoreLeft(options: HoldOptions): Promise<readonly ReleasedCgroup[]> {
  const keeper = openKeeper(options, join(options.root, holdRunDir))
  await keeper.begin((options.now ?? Date.now)())
  return keeper.state().released
}

function openKeeper(options: HoldOptions, runDir: string): Keeper {
  const { root, stateDir, limitMs, files, log } = options
  mkdirSync(runDir, { recursive: true, mode: 0o700 })
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const bootId = files.read('/proc/sys/kernel/random/boot_id')?.trim() ?? null
  const tree = options.tree ?? createCgroupTree({ mount: join(root, 'sys/fs/cgroup') })
  return createKeeper({
    tree,
    originals: createOriginalsFile({ stateDir, runDir, bootId }),
    processes: createProcessesOfCgroup({ tree, files }),
    bootId,
    limitMs,
    onRelease: ({ cgroup, why, savedKiB }) =>
      log[why === 'changed' || why === 'refused' ? 'warn' : 'info']({ cgroup, why, savedKiB }, t.released),
  })
}
