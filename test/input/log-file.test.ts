import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createJournalSource } from '../../src/input/live/journal.ts'
import { createLogFileSource } from '../../src/input/live/log-file.ts'
import { createOomParser } from '../../src/parse/oom/oom-parser.ts'
import type { FilePlace, Observation, OomKill, Source } from '../../src/types.ts'
import { killLines } from '../support/kill-lines.ts'

describe('following a log file', () => {
  let path: string
  let following: ReturnType<typeof follow>
  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), 'oomloop-log-')), 'kern.log')
  })
  afterEach(() => following.stop())

  it('emits what is written from now on, and not what stood there before', async () => {
    writeFileSync(path, kill(1))
    following = follow(createLogFileSource({ path, lookEveryMs: 100 }))
    appendFileSync(path, kill(2))
    await following.until(1)
    expect(following.pids()).toEqual([2])
    expect(Math.abs(following.kills[0]!.at! - Date.now())).toBeLessThan(5000)
  })

  it('after a rotation the old file is read to its end, then the new one', async () => {
    writeFileSync(path, '')
    following = follow(createLogFileSource({ path, lookEveryMs: 100 }))
    appendFileSync(path, kill(2))
    await following.until(1)
    renameSync(path, `${path}.1`)
    appendFileSync(`${path}.1`, kill(3)) // the writer has not been notified yet
    writeFileSync(path, kill(4))
    await following.until(3)
    appendFileSync(path, kill(5))
    await following.until(4)
    expect(following.pids().toSorted()).toEqual([2, 3, 4, 5])
  })

  it('a file that is truncated is read from its start', async () => {
    writeFileSync(path, `${'x'.repeat(10_000)}\n`)
    following = follow(createLogFileSource({ path, lookEveryMs: 100 }))
    truncateSync(path)
    appendFileSync(path, kill(6))
    await following.until(1)
    expect(following.pids()).toEqual([6])
  })

  it('waits for a file that does not exist yet, reports it, and then emits all of it', async () => {
    following = follow(createLogFileSource({ path, lookEveryMs: 100 }))
    expect(following.states).toMatchObject([{ state: 'blind' }])
    expect(following.states[0]).not.toHaveProperty('steady')
    writeFileSync(path, kill(7))
    await following.until(1)
    expect(following.pids()).toEqual([7])
    expect(following.states.map(({ state }) => state)).toEqual(['blind', 'sighted'])
  })

  it('says when the file is gone for good', async () => {
    writeFileSync(path, '')
    following = follow(createLogFileSource({ path, lookEveryMs: 100 }))
    rmSync(path)
    await sleep(400)
    expect(following.states.map(({ state }) => state)).toEqual(['sighted', 'blind'])
    expect(following.states[1]).not.toHaveProperty('steady')
  })
})

describe('going on where an earlier run had come to', () => {
  const at = Date.now() - 60_000
  const dated = (pid: number, secondsAgo: number) =>
    killLines({ pid, cgroup: '/docker/a', at: Date.now() - secondsAgo * 1000 })
  const start = async (path: string, inode: number, bytes: number) => {
    const following = follow(createLogFileSource({ path, lookEveryMs: 100, resumeAfter: { inode, bytes, at } }))
    onTestFinished(() => following.stop())
    await sleep(300)
    return following
  }
  const logWith = (text: string) => {
    const path = join(mkdtempSync(join(tmpdir(), 'oomloop-log-')), 'kern.log')
    writeFileSync(path, text)
    return { path, inode: statSync(path).ino, bytes: Buffer.byteLength(text) }
  }

  it('reads what was written meanwhile, dated by its own times, before it reports', async () => {
    const { path, inode, bytes } = logWith(dated(1, 70))
    appendFileSync(path, dated(2, 30) + dated(3, 20))
    const following = await start(path, inode, bytes)
    appendFileSync(path, dated(4, 0))
    await following.until(3)
    expect(following.pids()).toEqual([2, 3, 4])
    expect(
      following.kills.map(({ at, estimated }) => [Math.round((Date.now() - at!) / 10_000) * 10, estimated]),
    ).toEqual([
      [30, true],
      [20, true],
      [0, undefined],
    ])
    expect(following.order[0]).toBe('kernel')
  })

  it('reads the rest of the file that was rotated, and all of the new one', async () => {
    const { path, inode, bytes } = logWith(dated(1, 70))
    appendFileSync(path, dated(2, 30))
    renameSync(path, `${path}-20260601`)
    writeFileSync(path, dated(3, 20))
    const following = await start(path, inode, bytes)
    await following.until(2)
    expect(following.pids()).toEqual([2, 3])
  })

  it.each([
    ['another file has its name, and the earlier one is gone', (path: string) => rmSync(path)],
    ['it was cut to nothing', (path: string) => truncateSync(path)],
  ])('reads only what is written from now on where %s', async (_, change) => {
    const { path, inode, bytes } = logWith(dated(1, 70) + dated(2, 70))
    const other = logWith('')
    change(path)
    if (existsSync(path)) appendFileSync(path, dated(3, 30))
    else renameSync(other.path, path)
    appendFileSync(path, dated(3, 30))
    const following = await start(path, inode, bytes * 2)
    appendFileSync(path, dated(4, 0))
    await following.until(1)
    expect(following.pids()).toEqual([4])
  })

  it('the last of the lines that were read at once says how far that was', async () => {
    const { path } = logWith('')
    const following = follow(createLogFileSource({ path, lookEveryMs: 100 }))
    onTestFinished(() => following.stop())
    appendFileSync(path, `${dated(1, 0)}Jan  1 00:00:00 node-1 cron[1]: half a li`)
    await following.until(1)
    expect(following.places).toEqual([{ inode: statSync(path).ino, bytes: Buffer.byteLength(dated(1, 0)) }])
  })
})

describe('following the journal on stdin', () => {
  it('reads entries as journalctl writes them, and says when it ends', async () => {
    const input = new PassThrough()
    const following = follow(createJournalSource(input))
    const message = 'Memory cgroup out of memory: Killed process 8 (java) total-vm:1kB, anon-rss:1kB, file-rss:0kB'
    const entry = JSON.stringify({ _TRANSPORT: 'kernel', MESSAGE: message, __REALTIME_TIMESTAMP: '1695465885123456' })
    input.write(`${entry.slice(0, 40)}`)
    input.write(`${entry.slice(40)}\n`)
    await following.until(1)
    input.end()
    await sleep(50)
    expect(following.pids()).toEqual([8])
    expect(following.states).toMatchObject([
      { state: 'sighted', steady: true },
      { source: 'journal', state: 'blind' },
    ])
    following.stop()
  })
})

function kill(pid: number): string {
  return `Nov 23 10:00:0${pid} node kernel: [ 100.00000${pid}] Out of memory: Killed process ${pid} (java) total-vm:${pid}kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0\n`
}

function follow(source: Source) {
  const parser = createOomParser()
  const kills: OomKill[] = []
  const states: Extract<Observation, { kind: 'source' }>[] = []
  const order: string[] = []
  const places: FilePlace[] = []
  void source.start(observation => {
    order.push(observation.kind)
    if (observation.kind === 'kernel' && observation.readTo) places.push(observation.readTo)
    if (observation.kind === 'kernel') kills.push(...parser.push(observation))
    if (observation.kind === 'source') states.push(observation)
  })
  return {
    kills,
    states,
    order,
    places,
    pids: () => kills.map(({ pid }) => pid),
    until: async (count: number) => {
      for (let turn = 0; turn < 100 && kills.length < count; turn++) await sleep(50)
      await sleep(300) // and nothing twice
    },
    stop: () => source.stop(),
  }
}
