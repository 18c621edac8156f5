import { openLibc } from './libc.ts'

/** Reports the state of the service to systemd (sd_notify(3)); does nothing where no service manager listens. */
export interface Notifier {
  readonly ready: () => void
  readonly reloading: () => void
  readonly stopping: () => void
  /** One line for `systemctl status`. */
  readonly status: (text: string) => void
}

/**
 * Node has no Unix datagram socket, so libc's own is used. The watchdog is fed by the event loop: an agent that hangs is
 * restarted. systemd asks for a sign of life every WATCHDOG_USEC; it gets one in half of that.
 */
export function createNotifier(environment: NodeJS.ProcessEnv = process.env): Notifier {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: usec, WATCHDOG_PID: pid } = environment
  const libc = socket ? openLibc() : undefined
  let watchdog: NodeJS.Timeout | undefined
  let said = ''
  const send = (text: string): void => void libc?.sendDatagram(socket!, text)
  return {
    ready: () => {
      send('READY=1')
      const isOurs = pid === undefined || Number(pid) === process.pid
      if (Number(usec) > 0 && isOurs) watchdog ??= setInterval(() => send('WATCHDOG=1'), Number(usec) / 2000)
      watchdog?.unref()
    },
    reloading: () => send(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => {
      clearInterval(watchdog)
      send('STOPPING=1')
    },
    status: text => {
      if (text !== said) send(`STATUS=${text.replaceAll('\n', ' ').slice(0, 200)}`)
      said = text
    },
  }
}
