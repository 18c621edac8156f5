import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createJournalSource } from '../../src/input/live/journal.ts'
import { createLogFileSource } from '../../src/input/live/log-file.ts'
import { createOomParser } from '../../src/parse/oom/oom-parser.ts'
import type { Observation, OomKill, Source } from '../../src/types.ts'

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

  it('goes on with the new file after a rotation, and finishes the old one', async () => {
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

  it('goes on after the file is cut to nothing', async () => {
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
  source.start(observation => {
    if (observation.kind === 'kernel') kills.push(...parser.push(observation))
    if (observation.kind === 'source') states.push(observation)
  })
  return {
    kills,
    states,
    pids: () => kills.map(({ pid }) => pid),
    until: async (count: number) => {
      for (let turn = 0; turn < 100 && kills.length < count; turn++) await sleep(50)
      await sleep(300) // and nothing twice
    },
    stop: () => source.stop(),
  }
}
