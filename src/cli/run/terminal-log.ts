import { localTime } from '../../text/local-time.ts'

/**
 * A line of the agent's log as a person at a terminal reads it: dim and marked, so that alerts, which are printed on the
 * same screen, stand out. `{"level":"info","time":"…","msg":"watching","webhooks":0}` → `log 21:14:03 watching webhooks=0`
 */
export function terminalLogLine(line: string, timeZone: string): string {
  const shown = line
    .split('\n')
    .filter(Boolean)
    .map(one => shownLine(one, timeZone))
  return shown.map(text => `\u001b[2m${text}\u001b[0m\n`).join('')
}

function shownLine(line: string, timeZone: string): string {
  try {
    const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
    const { time: clock } = localTime(Date.parse(String(time)), timeZone)
    const values = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    return ['log', clock, level === 'info' ? '' : String(level).toUpperCase(), String(msg), ...values]
      .filter(Boolean)
      .join(' ')
  } catch {
    return line // not one of ours
  }
}

/** Alerts and log share one screen: nothing is piped anywhere. */
export function isTerminal(output: 'text' | 'json'): boolean {
  return output === 'text' && process.stdout.isTTY === true && process.stderr.isTTY === true
}
