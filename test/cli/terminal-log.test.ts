import { expect, it } from 'vitest'
import { terminalLogLine } from '../../src/cli/run/terminal-log.ts'

it('at a terminal a line of the log is dim, marked, and in the zone of the reader', () => {
  const line = '{"level":"info","time":"2026-11-28T20:14:03.000Z","webhooks":0,"msg":"watching"}\n'
  expect(terminalLogLine(line, 'Europe/Berlin')).toBe('\u001b[2mlog 21:14:03 watching webhooks=0\u001b[0m\n')
  const warning = '{"level":"warn","time":"2026-11-28T20:14:03.000Z","msg":"source is down"}\n'
  expect(terminalLogLine(warning, 'UTC')).toContain('log 20:14:03 WARN source is down')
})

it('a line that is no JSON is shown as it is', () => {
  expect(terminalLogLine('odd\n', 'UTC')).toBe('\u001b[2modd\u001b[0m\n')
})
