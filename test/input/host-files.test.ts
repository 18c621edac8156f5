import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createLiveFiles } from '../../src/input/sampler/host-files.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'oomloop-files-'))
  folders.push(path)
  return path
}

const openDescriptors = (): number => readdirSync('/proc/self/fd').length

test('every path hangs below the root, with or without a slash at its end', () => {
  const root = folder()
  mkdirSync(join(root, 'proc/42'), { recursive: true })
  writeFileSync(join(root, 'proc/42/stat'), 'x')
  writeFileSync(join(root, 'proc/meminfo'), 'y')
  symlinkSync('/var/log/pods/a', join(root, 'link'))
  for (const files of [createLiveFiles(root), createLiveFiles(`${root}/`)]) {
    expect(files.read('/proc/42/stat')).toBe('x')
    expect(files.pids()).toEqual([42])
    expect(files.list('/proc')).toEqual(['42', 'meminfo'])
    expect(files.link('/link')).toBe('/var/log/pods/a')
  }
})

test('what is not there is undefined, and nothing throws', () => {
  const files = createLiveFiles(folder())
  expect([files.read('/no'), files.reread('/no'), files.list('/no'), files.link('/no')]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  expect(files.pids()).toEqual([])
  files.forget('/no')
})

test('a file longer than one read comes whole', () => {
  const root = folder()
  const text = 'ü0123456789'.repeat(20_000)
  writeFileSync(join(root, 'long'), text)
  expect(createLiveFiles(root).read('/long')).toBe(text)
})

test('a file that is read again shows what it holds now', () => {
  const root = folder()
  const files = createLiveFiles(root)
  writeFileSync(join(root, 'a'), 'longer than')
  expect(files.reread('/a')).toBe('longer than')
  writeFileSync(join(root, 'a'), 'now')
  expect(files.reread('/a')).toBe('now')
  files.close()
})

test('a FIFO where a file should be blocks nothing', () => {
  const root = folder()
  execFileSync('mkfifo', [join(root, 'pipe')])
  expect(createLiveFiles(root).read('/pipe')).toBeUndefined()
})

test('kept descriptors are bounded and closed', () => {
  const root = folder()
  const before = openDescriptors()
  const files = createLiveFiles(root, { maxKept: 8 })
  for (let number = 0; number < 50; number++) {
    writeFileSync(join(root, `f${number}`), String(number))
    expect(files.reread(`/f${number}`)).toBe(String(number))
  }
  expect(openDescriptors() - before).toBe(8)
  expect(files.reread('/f0')).toBe('0')
  files.close()
  expect(openDescriptors()).toBe(before)
})

test('the live /proc is read, this very process in it', () => {
  const files = createLiveFiles('/')
  expect(files.pids()).toContain(process.pid)
  expect(files.reread('/proc/self/stat')).toContain(`${process.pid} (`)
  expect(files.read('/proc/vmstat')).toMatch(/\noom_kill \d+\n/)
  files.close()
})
