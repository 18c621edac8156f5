import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openReplaySource } from '../../../src/input/playback/replay.ts'
import { createOomParser, type OomParser } from '../../../src/parse/oom/oom-parser.ts'
import { defaultCoreSettings } from '../../../src/settings/core-settings.ts'
import type { OomKill } from '../../../src/types.ts'
import { type FormattedReport, host, inAllFormats, pid } from './in-all-formats.ts'
import { packings } from './pack.ts'

const folder = mkdtempSync(join(tmpdir(), 'oomloop-log-formats-'))
const all = inAllFormats()
const newlines: Readonly<Record<string, (text: string) => string>> = {
  LF: text => `${text}\n`,
  CRLF: text => `${text}\n`.replace(/\r?\n/g, '\r\n'),
  'no newline at the end': text => text,
}

describe('one OOM report in every log format', () => {
  it(`is read in ${all.length} log formats and languages, whatever ends the lines`, async () => {
    const wrong: string[] = []
    for (const one of all) {
      for (const [name, end] of Object.entries(newlines)) {
        const why = await whatIsWrong(one, Buffer.from(end(one.text)))
        if (why) wrong.push(`${one.name}, ${name}: ${why}`)
      }
    }
    expect(wrong).toEqual([])
  }, 60_000)

  it(`is read from ${Object.keys(packings).length} kinds of file`, async () => {
    const wrong: string[] = []
    const names = Object.keys(packings)
    for (const [index, one] of all.entries()) {
      // Every log format in three kinds of file, every kind with a quarter of the formats.
      for (const name of [index, index + 5, index + 7].map(at => names[at % names.length]!)) {
        const why = await whatIsWrong(one, packings[name]!(`${one.text}\n`))
        if (why) wrong.push(`${one.name}, ${name}: ${why}`)
      }
    }
    expect(wrong).toEqual([])
  }, 60_000)

  it('is read in the reverse order of `journalctl -r`', async () => {
    const wrong: string[] = []
    for (const one of all.filter(({ name }) => /^(?:dmesg(?! -J)|journalctl short|rsyslog|RFC 5424)/.test(name))) {
      const why = await whatIsWrong(one, Buffer.from(`${one.text.split('\n').toReversed().join('\n')}\n`))
      if (why) wrong.push(`${one.name}: ${why}`)
    }
    expect(wrong).toEqual([])
  })
})

async function whatIsWrong(one: FormattedReport, bytes: Buffer): Promise<string | undefined> {
  const path = join(folder, 'a.log')
  writeFileSync(path, bytes)
  const source = openReplaySource([path], { settings: defaultCoreSettings, timeZone: 'UTC', year: 2026 })
  const parsers = new Map<string, OomParser>()
  const kills: OomKill[] = []
  const hosts = new Set<string>()
  for await (const observation of source) {
    const parser = parsers.get(source.part()) ?? createOomParser()
    parsers.set(source.part(), parser)
    if (observation.kind === 'host') hosts.add(observation.host.name)
    if (observation.kind === 'kernel') kills.push(...parser.push(observation))
  }
  for (const parser of parsers.values()) kills.push(...parser.flush(Infinity))
  const [kill] = kills
  if (kills.length !== 1 || !kill) return `${kills.length} kills`
  const [outcome] = source.outcomes()
  const said = {
    pid: kill.pid,
    comm: kill.comm,
    scope: kill.scope,
    totalVmKiB: kill.totalVmKiB,
    oomScoreAdj: kill.oomScoreAdj,
    invoker: kill.invoker,
    taskMemcg: kill.taskMemcg,
    rows: kill.tasks?.length,
    at: kill.at,
    hosts: [...hosts].filter(name => name !== 'unknown'),
    foundBy: kill.foundBy,
    missed: outcome!.firstMissed.map(({ text }) => text),
    isLog: outcome!.isLog,
  }
  const right = {
    pid,
    comm: 'java',
    scope: 'global',
    totalVmKiB: 2_383_472,
    oomScoreAdj: 0,
    invoker: 'java',
    taskMemcg: '/system.slice/app.service',
    rows: 1,
    at: one.at,
    hosts: one.host === null ? [] : [host],
    foundBy: undefined,
    missed: [],
    isLog: true,
  }
  const differing = Object.keys(right).filter(
    key => JSON.stringify(said[key as keyof typeof said]) !== JSON.stringify(right[key as keyof typeof right]),
  )
  return differing.length === 0
    ? undefined
    : differing.map(key => `${key} is ${JSON.stringify(said[key as keyof typeof said])}`).join(', ')
}
