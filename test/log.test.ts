import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import fs, { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createLog } from '../src/log.ts'
import { until } from './deliver/receiver.ts'
import { tempDir } from './deliver/samples.ts'

it('a line is in the log file a moment after the call', async () => {
  const path = join(tempDir(), 'log')
  const fd = openSync(path, 'w')
  createLog('info', fd).info({ alerts: 2 }, 'sent')
  await until(() => readFileSync(path, 'utf8').includes('sent'), 2000, 'the line is written')
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ level: 'info', alerts: 2, msg: 'sent' })
  closeSync(fd)
})

it('a stderr on a full disk ends nothing', () => {
  const fd = openSync('/dev/full', 'w')
  const log = createLog('info', fd)
  for (let line = 0; line < 3; line++) log.error({ line }, 'no room for this')
  closeSync(fd)
})

it('lines that a full disk refuses are dropped and counted in the next line that is written', async () => {
  const path = join(tempDir(), 'log')
  const fd = openSync(path, 'w')
  const log = createLog('info', fd)
  const full = vi
    .spyOn(fs, 'write')
    .mockImplementation(((_fd: number, _text: string, _at: null, done: (e: Error) => void) =>
      setImmediate(done, Object.assign(new Error('no space left'), { code: 'ENOSPC' }))) as never)
  syncBuiltinESMExports()
  for (let line = 0; line < 3; line++) log.info({ line }, 'lost')
  await pause(50)
  full.mockRestore()
  syncBuiltinESMExports()
  log.info({}, 'written')
  await until(() => readFileSync(path, 'utf8').includes('written'), 2000, 'the line is written')
  expect(
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line)),
  ).toMatchObject([{ level: 'warn', droppedLines: 3 }, { msg: 'written' }])
  closeSync(fd)
})

it('a reader of the log that stopped reading blocks nothing, and the lines that it missed are counted', async () => {
  const fifo = join(tempDir(), 'stderr')
  execFileSync('mkfifo', [fifo])
  // Opened for both, so that opening waits for no reader; nothing reads it.
  const fd = openSync(fifo, constants.O_RDWR)
  const log = createLog('info', fd)
  const begun = performance.now()
  for (let line = 0; line < 2000; line++) log.info({ line, text: 'x'.repeat(100) }, 'nobody reads this')
  expect(performance.now() - begun).toBeLessThan(2000)
  const reader: ChildProcess = spawn('cat', [fifo])
  onTestFinished(() => void reader.kill())
  let text = ''
  reader.stdout!.setEncoding('utf8').on('data', chunk => (text += chunk))
  await until(() => text.includes('nobody reads this'), 5000, 'somebody reads')
  await pause(100)
  log.info({}, 'read again')
  log.info({}, 'and again')
  await until(() => text.includes('and again'), 5000, 'the log goes on')
  const lines: { msg: string; droppedLines?: number }[] = text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const written = lines.filter(({ droppedLines }) => droppedLines === undefined)
  expect(lines.reduce((sum, { droppedLines = 0 }) => sum + droppedLines, 0)).toBe(2002 - written.length)
  closeSync(fd)
})

it('a field that JSON cannot hold costs no line', async () => {
  const path = join(tempDir(), 'log')
  const fd = openSync(path, 'w')
  const log = createLog('info', fd)
  const itself: { self?: object } = {}
  itself.self = itself
  log.info({ itself }, 'refers to itself')
  log.info({ bytes: 12n, why: new Error('no such file'), none: undefined }, 'has odd fields')
  log.debug({}, 'below the level')
  await until(() => readFileSync(path, 'utf8').includes('odd'), 2000, 'the lines are written')
  const lines = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(lines).toEqual([
    { level: 'info', time: expect.any(String), msg: 'refers to itself' },
    { level: 'info', time: expect.any(String), bytes: '12', why: 'no such file', msg: 'has odd fields' },
  ])
  closeSync(fd)
})
