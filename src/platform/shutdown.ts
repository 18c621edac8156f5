import type { Log } from '../log.ts'
import { logMessages } from '../text/messages/catalogues.ts'

export interface ShutdownStep {
  readonly name: string
  readonly stop: () => void | Promise<void>
}

/** The whole shutdown takes at most this long, also while a webhook hangs: the unit and the DaemonSet allow 2 s. */
export const shutdownDeadlineMs = 1500

/**
 * Waits for SIGTERM or SIGINT, carries the steps out in order under one deadline, then raises the signal again, so that
 * the parent process sees why it ended. A second signal ends it at once. Where `failed` comes first the steps
 * are the same, and it rejects with that error.
 *
 * Raising the signal also ends a read of /dev/kmsg that is blocked in the thread pool, where `process.exit()` would hang
 * until the next kernel record.
 *
 * Steps may be added while the agent starts: a signal carries out those that are there.
 */
export function onShutdown(steps: readonly ShutdownStep[], log: Log, failed: Promise<Error>): Promise<never> {
  return new Promise((_, reject) => {
    let stopped: Promise<void> | undefined
    const stop = (why: { signal: string } | { failed: string }): Promise<void> => {
      if (!stopped) log.info(why, logMessages.stopping)
      stopped ??= Promise.race([runSteps(steps, log), deadline()])
      return stopped
    }
    let isSignalled = false
    const begin = async (signal: NodeJS.Signals): Promise<void> => {
      const isSecond = isSignalled
      isSignalled = true
      // The first waits for the steps also where a failure has begun them: Ctrl-C also ends the process that pipes to us.
      if (!isSecond) await stop({ signal })
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    }
    process.on('SIGTERM', begin)
    process.on('SIGINT', begin)
    void failed.then(async error => {
      await stop({ failed: error.message })
      reject(error)
    })
  })
}

async function runSteps(steps: readonly ShutdownStep[], log: Log): Promise<void> {
  for (const { name, stop } of steps) {
    try {
      await stop()
    } catch (error) {
      log.error({ step: name, error: (error as Error).message }, logMessages.stepFailed)
    }
  }
}

function deadline(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, shutdownDeadlineMs).unref())
}
