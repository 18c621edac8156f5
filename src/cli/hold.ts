import { join } from 'node:path'
import { exitCode, OomloopError } from '../errors.ts'
import { ask } from '../hold-service/ask.ts'
import { createCgroupTree } from '../hold-service/cgroup-tree.ts'
import { type HoldOptions, holdSocket, restoreLeft, runHold } from '../hold-service/run-hold.ts'
import { createLiveFiles } from '../input/sampler/host-files.ts'
import { createLog } from '../log.ts'
import { createNotifier } from '../platform/sd-notify.ts'
import { onShutdown } from '../platform/shutdown.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import type { ReleasedCgroup } from '../types.ts'
import type { CommandRun } from './command.ts'

/** `oomloop hold`: the process that writes `memory.high`; `--release` restores every original value. */
export const holdCommand: CommandRun = async ({ flags, settings, out }) => {
  const { root, stateDir, holdLimitMs, locale, logLevel } = settings()
  const t = messagesOf(locale).hold
  const log = createLog(logLevel)
  const options: HoldOptions = { root, stateDir, limitMs: holdLimitMs, files: createLiveFiles(root), log }
  const socket = join(root, holdSocket)
  if (flags.release === true) {
    const released = await releaseAll(socket, options)
    const leftAlone = released.filter(({ why }) => why === 'changed' || why === 'refused')
    out(t.released({ count: released.length - leftAlone.length }))
    for (const { cgroup, why } of leftAlone) out(t.leftAlone({ cgroup, why: why as 'changed' | 'refused' }))
    return leftAlone.some(({ why }) => why === 'refused') ? exitCode.failure : exitCode.fine
  }
  const mount = join(root, 'sys/fs/cgroup')
  if (!createCgroupTree({ mount }).isUsable()) throw new OomloopError('OOMLOOP_PLATFORM', t.notCgroup2({ path: mount }))
  if (await ask(socket, { do: 'state' }, 1000)) throw new OomloopError('OOMLOOP_STATE_DIR', t.running)
  const hold = await runHold(options)
  const notifier = createNotifier()
  notifier.ready()
  return onShutdown([{ name: 'hold', stop: hold.stop }], log, new Promise(() => {}))
}

/** By the process that runs; where none does, by what it left. */
async function releaseAll(socket: string, options: HoldOptions): Promise<readonly ReleasedCgroup[]> {
  const before = await ask(socket, { do: 'state' })
  if (!before) return restoreLeft(options)
  const after = await ask(socket, { do: 'release-all' })
  const held = new Set(before.held.map(({ cgroup, since }) => `${since} ${cgroup}`))
  return (after?.released ?? []).filter(({ cgroup, since }) => held.has(`${since} ${cgroup}`))
}
