import type { Log } from './log.ts'

export interface ShutdownStep {
  readonly name: string
  readonly stop: () => void | Promise<void>
}

/** The whole shutdown takes at most this long, also while a webhook hangs: systemd and kubelet are told 2 s. */
export const shutdownDeadlineMs = 1500

/**
 * Waits for SIGTERM or SIGINT, carries the steps out in order under one deadline, then raises the signal again, so that
 * whoever waits for this process sees why it ended. A second signal ends it at once.
 *
 * Raising the signal also ends a read of /dev/kmsg that is blocked in the thread pool, where `process.exit()` would hang
 * until the next kernel record.
 *
 * Steps may be added while the agent starts: a signal carries out those that are there.
 */
export function onShutdown(steps: readonly ShutdownStep[], log: Log): Promise<never> {
  return new Promise(() => {
    let stopping = false
    const begin = async (signal: NodeJS.Signals): Promise<void> => {
      if (!stopping) {
        stopping = true
        log.info({ signal }, 'stopping')
        await Promise.race([runSteps(steps, log), deadline()])
      }
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    }
    process.on('SIGTERM', begin)
    process.on('SIGINT', begin)
  })
}

async function runSteps(steps: readonly ShutdownStep[], log: Log): Promise<void> {
  for (const { name, stop } of steps) {
    try {
      await stop()
    } catch (error) {
      log.error({ step: name, error: (error as Error).message }, 'a step of the shutdown failed')
    }
  }
}

function deadline(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, shutdownDeadlineMs).unref())
}
