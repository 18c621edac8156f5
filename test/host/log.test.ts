import fs, { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { createLog } from '../../src/host/log.ts'
import { tempDir } from '../deliver/samples.ts'

it('a line is written when the call returns', () => {
  const path = join(tempDir(), 'log')
  const fd = openSync(path, 'w')
  createLog('info', fd).info({ alerts: 2 }, 'sent')
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ level: 'info', alerts: 2, msg: 'sent' })
  closeSync(fd)
})

it('a stderr on a full disk ends nothing', () => {
  const fd = openSync('/dev/full', 'w')
  const log = createLog('info', fd)
  for (let line = 0; line < 3; line++) log.error({ line }, 'no room for this')
  closeSync(fd)
})

it('what comes when there is room again is written, and nothing waited for it', () => {
  const path = join(tempDir(), 'log')
  const fd = openSync(path, 'w')
  const log = createLog('info', fd)
  const full = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  })
  for (let line = 0; line < 3; line++) log.info({ line }, 'lost')
  expect(full).toHaveBeenCalledTimes(3)
  full.mockRestore()
  log.info({}, 'written')
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  expect(lines.map(line => JSON.parse(line).msg)).toEqual(['written'])
  closeSync(fd)
})
