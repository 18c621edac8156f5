import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openReplaySource } from '../../src/input/playback/replay.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Observation } from '../../src/types.ts'

const kill = 'Killed process 7 (x), UID 0, total-vm:9kB, anon-rss:8kB, file-rss:0kB'
const syslog = (time: string, host: string, tag = 'kernel') => `Jun 15 ${time} ${host} ${tag}: ${kill}`

/** What a replay of these files, each the lines of one log, says of the host, and what it notes. */
async function hostsOf(...logs: readonly (readonly string[])[]) {
  const folder = mkdtempSync(join(tmpdir(), 'oomloop-log-'))
  const files = logs.map((lines, index) => {
    writeFileSync(join(folder, `${index}.log`), lines.map(line => `${line}\n`).join(''))
    return join(folder, `${index}.log`)
  })
  const source = openReplaySource(files, { settings: defaultCoreSettings })
  const observations: Observation[] = []
  const parts = new Set<string>()
  for await (const observation of source) {
    observations.push(observation)
    parts.add(source.part())
  }
  const names = observations.flatMap(observation => (observation.kind === 'host' ? [observation.host.name] : []))
  return { names, kinds: observations.map(({ kind }) => kind), notes: source.notes(), parts: parts.size }
}

it('the host is the one that the kernel lines of a syslog name, from the first of them on', async () => {
  const { names, kinds } = await hostsOf([syslog('16:50:50', 'node-a'), syslog('16:50:51', 'node-a')])
  expect(names).toEqual(['node-a'])
  expect(kinds.indexOf('kernel')).toBeGreaterThan(kinds.lastIndexOf('host'))
})

it.each([
  ['RFC 5424', `<6>1 2026-02-08T00:40:07Z node-a kernel - - - ${kill}`],
  ['the journal', JSON.stringify({ MESSAGE: kill, _TRANSPORT: 'kernel', _HOSTNAME: 'node-a', PRIORITY: '3' })],
])('%s names it as well', async (_, line) => {
  expect((await hostsOf([line])).names).toEqual(['node-a'])
})

it.each([
  ['no host at all', `Jun 15 16:50:50 kernel: ${kill}`],
  ['what every host is called', syslog('16:50:50', 'localhost')],
  ['what is no name of a host', syslog('16:50:50', '<b>$(x)</b>')],
  ['a line that is not the kernel’s', syslog('16:50:50', 'node-a', 'kubelet')],
])('%s names none', async (_, line) => {
  expect((await hostsOf([line])).names).toEqual(['unknown'])
})

it('a host that is named later gives its name to what was read before', async () => {
  const { names } = await hostsOf([kill, syslog('16:50:51', 'node-a')])
  expect(names.at(-1)).toBe('node-a')
})

it('a log of several hosts has a part for each; rotated files of one host have one', async () => {
  const both = [syslog('16:50:50', 'node-a'), syslog('16:50:51', 'node-b'), syslog('16:50:52', 'node-a.example.com')]
  expect(await hostsOf(both)).toMatchObject({ names: ['node-a', 'node-b'], parts: 2 })
  expect(await hostsOf(...both.map(line => [line]))).toMatchObject({ parts: 2 })
  expect(await hostsOf([syslog('16:50:50', 'node-a')], [syslog('16:50:51', 'node-a')])).toMatchObject({ parts: 1 })
})

it('another boot has a part of its own: the stamps begin again, or the kernel says which version it is', async () => {
  const stamped = (seconds: number, text = kill) => `[${seconds.toFixed(6).padStart(12)}] ${text}`
  expect(await hostsOf([stamped(9000), stamped(9100)])).toMatchObject({ parts: 1 })
  expect(await hostsOf([stamped(9000), stamped(8999.9)])).toMatchObject({ parts: 1 })
  expect(await hostsOf([stamped(9000), stamped(120)])).toMatchObject({ parts: 2 })
  expect(await hostsOf([stamped(90), stamped(0, 'Linux version 6.8.0-48-generic'), stamped(120)])).toMatchObject({
    parts: 2,
  })
  const boot = `-- Boot ${'9e'.repeat(16)} --`
  expect(await hostsOf([syslog('16:50:50', 'node-a'), boot, syslog('16:59:50', 'node-a')])).toMatchObject({ parts: 2 })
})

it('kills that are hours apart are two incidents', async () => {
  expect(await hostsOf([syslog('01:00:00', 'node-a'), syslog('02:00:00', 'node-a')])).toMatchObject({ parts: 1 })
  expect(await hostsOf([syslog('01:00:00', 'node-a'), syslog('16:00:00', 'node-a')])).toMatchObject({ parts: 2 })
})

it('the same kills in two files (kern.log and syslog) count once', async () => {
  const other = (pid: number) => syslog(`16:5${pid}:50`, 'node-a').replace('process 7', `process ${pid}`)
  const { kinds } = await hostsOf([1, 2, 3].map(other), [1, 2, 3, 4].map(other))
  expect(kinds.filter(kind => kind === 'kernel')).toHaveLength(4)
})
