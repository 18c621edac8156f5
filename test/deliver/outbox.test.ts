import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openOutbox } from '../../src/deliver/outbox/outbox.ts'
import { alertOf, keptLog, tempDir } from './samples.ts'

const bytes = 128 * 1024

function opened(stateDir = tempDir(), options: { bytes?: number; monotonicMs?: () => number } = {}) {
  const log = keptLog()
  const outbox = openOutbox({ stateDir, bytes, log, ...options })
  const sentences = () => log.lines.map(({ sentence }) => sentence)
  return { outbox, log, stateDir, sentences }
}

/** Ids of what a new life finds, each with its queues. */
async function left(stateDir: string) {
  const { outbox, sentences } = opened(stateDir)
  const found = outbox.left.map(({ alert, queues }) => [alert.id, [...queues]])
  await outbox.close()
  return { found, sentences: sentences() }
}

function flip(path: string, at: number): void {
  const content = readFileSync(path)
  content[at] = content[at]! ^ 0xff
  writeFileSync(path, content)
}

function files(stateDir: string): string[] {
  return ['a', 'b'].map(name => join(stateDir, 'outbox', name))
}

describe('the outbox', () => {
  it('keeps what was accepted and not settled, for each lane, without being closed', async () => {
    const { outbox, stateDir } = opened()
    outbox.accept(alertOf({ id: 'a' }), ['x', 'y'])
    const b = outbox.accept(alertOf({ id: 'b' }), ['x'])
    const c = outbox.accept(alertOf({ id: 'c' }), ['x', 'y'])
    outbox.settle(b, 'x')
    outbox.settle(c, 'y')
    await outbox.written()
    expect((await left(stateDir)).found).toEqual([
      ['a', ['x', 'y']],
      ['c', ['x']],
    ])
  })

  it('takes its space in advance and never grows', async () => {
    const { outbox, stateDir } = opened()
    for (let index = 0; index < 500; index++) outbox.settle(outbox.accept(alertOf(), ['x']), 'x')
    const open = Array.from({ length: 5 }, () => alertOf())
    for (const alert of open) outbox.accept(alert, ['x'])
    await outbox.synced()
    for (const path of files(stateDir)) {
      expect(statSync(path).size).toBe(bytes)
      expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(bytes) // really allocated, no hole
    }
    expect((await left(stateDir)).found).toEqual(open.map(({ id }) => [id, ['x']]))
  })

  it('remembers in the next life which alerts it was given, also those that are done with', async () => {
    const { outbox, stateDir } = opened()
    for (let index = 0; index < 300; index++) outbox.settle(outbox.accept(alertOf({ id: `told-${index}` }), ['x']), 'x')
    await outbox.close()
    const again = opened(stateDir).outbox
    expect(again.left).toEqual([])
    expect(again.knows('told-299')).toBe(true)
    expect(again.knows('told-0')).toBe(true) // written over since, but remembered
    expect(again.knows('never')).toBe(false)
    for (let index = 0; index < 1100; index++) again.settle(again.accept(alertOf({ id: `more-${index}` }), ['x']), 'x')
    await again.written()
    expect(opened(stateDir).outbox.knows('told-0')).toBe(false) // bounded
  })

  it('skips a damaged record, keeps those before and behind it, and says so', async () => {
    const { outbox, stateDir } = opened()
    for (const id of ['before', 'damaged', 'behind']) outbox.accept(alertOf({ id }), ['x'])
    await outbox.written()
    const [file] = files(stateDir)
    flip(file!, readFileSync(file!).indexOf('"damaged"') + 3)
    const { found, sentences } = await left(stateDir)
    expect(found.map(([id]) => id)).toEqual(['before', 'behind'])
    expect(sentences).toContain('outbox records were damaged and are skipped')
    // Logged once: the next run finds it repaired.
    expect((await left(stateDir)).sentences).toEqual([])
  })

  it('reads the records where the header alone is damaged', async () => {
    const { outbox, stateDir } = opened()
    outbox.accept(alertOf({ id: 'a' }), ['x'])
    await outbox.written()
    flip(files(stateDir)[0]!, 5)
    expect((await left(stateDir)).found).toEqual([['a', ['x']]])
  })

  it('keeps the older file whole while the newer one is being written', async () => {
    const { outbox, stateDir } = opened()
    outbox.accept(alertOf({ id: 'a' }), ['x'])
    await outbox.written()
    const [, second] = files(stateDir)
    // A copy that was cut off by a power loss: records, no header.
    const fd = openSync(second!, 'r+')
    writeSync(fd, Buffer.from('0badc0de 2 {"kind":"accept","n":9}\n'), 0, undefined, 4096)
    closeSync(fd)
    expect((await left(stateDir)).found).toEqual([['a', ['x']]])
  })

  it('an incomplete last record is dropped, and writing continues after the complete ones', async () => {
    const { outbox, stateDir } = opened()
    outbox.accept(alertOf({ id: 'whole' }), ['x'])
    outbox.accept(alertOf({ id: 'cut-off' }), ['x'])
    await outbox.written()
    const [file] = files(stateDir)
    const content = readFileSync(file!)
    content.fill(0, content.indexOf('"cut-off"') + 20)
    writeFileSync(file!, content)
    const again = opened(stateDir)
    expect(again.outbox.left.map(({ alert }) => alert.id)).toEqual(['whole'])
    again.outbox.accept(alertOf({ id: 'next' }), ['x'])
    await again.outbox.written()
    expect((await left(stateDir)).found.map(([id]) => id)).toEqual(['whole', 'next'])
  })

  it('survives any single damaged byte: all other records stay', async () => {
    const { outbox, stateDir } = opened()
    const ids = Array.from({ length: 8 }, (_, index) => `alert-${index}-of-8`)
    for (const id of ids) outbox.accept(alertOf({ id }), ['x'])
    await outbox.written()
    const [file] = files(stateDir)
    const whole = readFileSync(file!)
    const end = whole.lastIndexOf('}') + 2
    for (let at = 4096; at < end; at += 97) {
      const content = Buffer.from(whole)
      content[at] = content[at]! ^ 0x55
      writeFileSync(file!, content)
      rmSync(files(stateDir)[1]!)
      expect((await left(stateDir)).found.length).toBeGreaterThanOrEqual(ids.length - 2)
    }
  })

  it('keeps the newest of each incident on disk when there is too much, and says so', async () => {
    const { outbox, stateDir, sentences } = opened()
    const text = 'x'.repeat(1500)
    for (let index = 0; index < 60; index++)
      outbox.accept(
        alertOf({
          id: `${index}`,
          incident: `incident-${index % 3}`,
          subject: `${index}`,
          evidence: [text, text, text],
        }),
        ['x'],
      )
    await outbox.written()
    expect(outbox.state().memoryOnly).toBeGreaterThan(0)
    expect(sentences().join()).toMatch(/outbox is full/)
    const found = (await left(stateDir)).found.map(([id]) => id)
    expect(found).toEqual(expect.arrayContaining(['57', '58', '59']))
    expect(found.length).toBeGreaterThan(10)
  })

  it('says where it cannot keep anything, and what to do', () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'outbox'), 'a file in its place')
    expect(() => opened(dir)).toThrow(/cannot keep alerts in .*--state-dir/)
  })
})

describe.skipIf(!canMount())(`a full disk${canMount() ? '' : ' (skipped: mounting a tmpfs needs root)'}`, () => {
  it('loses nothing once the space is reserved', async () => {
    const { stateDir, outbox } = opened(mounted(512 * 1024))
    fill(stateDir)
    const ids = Array.from({ length: 40 }, () => {
      const alert = alertOf()
      outbox.settle(outbox.accept(alertOf(), ['x']), 'x')
      outbox.accept(alert, ['x'])
      return alert.id
    })
    await outbox.written()
    expect(outbox.state().memoryOnly).toBe(0)
    await outbox.close()
    expect((await left(stateDir)).found.map(([id]) => id)).toEqual(ids)
  })

  it('is said at once where nothing can be reserved; alerts stay in memory until there is space', async () => {
    const stateDir = mounted(64 * 1024)
    let now = 0
    fill(stateDir)
    const { outbox, sentences } = opened(stateDir, { monotonicMs: () => now })
    expect(sentences().join('\n')).toMatch(/no space to reserve the outbox/)
    outbox.accept(alertOf({ id: 'a' }), ['x'])
    await outbox.written()
    expect(outbox.state()).toMatchObject({ open: 1, memoryOnly: 1 })
    execFileSync('mount', ['-o', 'remount,size=1m', stateDir])
    now = 60_000
    outbox.accept(alertOf({ id: 'b' }), ['x'])
    await outbox.written()
    expect(outbox.state()).toMatchObject({ open: 2, memoryOnly: 0 })
    await outbox.close()
    expect((await left(stateDir)).found.map(([id]) => id)).toEqual(['a', 'b'])
  })
})

function mounted(size: number): string {
  const dir = join(tempDir(), 'small')
  mkdirSync(dir)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', dir])
  onTestFinished(() => void execFileSync('umount', ['-l', dir]))
  return dir
}

function canMount(): boolean {
  return process.getuid?.() === 0
}

function fill(dir: string): void {
  const fd = openSync(join(dir, 'filler'), 'a')
  try {
    for (;;) writeSync(fd, Buffer.alloc(4096))
  } catch {
    closeSync(fd) // ENOSPC: as wanted
  }
}
