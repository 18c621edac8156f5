import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import { openReplaySource } from '../../src/source/replay.ts'
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
  for await (const observation of source) observations.push(observation)
  const names = observations.flatMap(observation => (observation.kind === 'host' ? [observation.host.name] : []))
  return { names, kinds: observations.map(({ kind }) => kind), notes: source.notes() }
}

it('the host is the one that the kernel lines of a syslog name, from the first of them on', async () => {
  const { names, kinds } = await hostsOf([syslog('16:50:50', 'node-a'), syslog('16:50:51', 'node-a')])
  expect(names).toEqual(['unknown', 'node-a'])
  expect(kinds.indexOf('kernel')).toBeGreaterThan(kinds.lastIndexOf('host'))
})

it.each([
  ['RFC 5424', `<6>1 2026-02-08T00:40:07Z node-a kernel - - - ${kill}`],
  ['the journal', JSON.stringify({ MESSAGE: kill, _TRANSPORT: 'kernel', _HOSTNAME: 'node-a', PRIORITY: '3' })],
])('%s names it as well', async (_, line) => {
  expect((await hostsOf([line])).names).toEqual(['unknown', 'node-a'])
})

it.each([
  ['no host at all', `Jun 15 16:50:50 kernel: ${kill}`],
  ['what every host is called', syslog('16:50:50', 'localhost')],
  ['what is no name of a host', syslog('16:50:50', '<b>$(x)</b>')],
  ['a line that is not the kernel’s', syslog('16:50:50', 'node-a', 'kubelet')],
])('%s names none', async (_, line) => {
  expect((await hostsOf([line])).names).toEqual(['unknown'])
})

it('a log of several hosts is read as one, and says so; rotated files of one host do not', async () => {
  const both = [syslog('16:50:50', 'node-a'), syslog('16:50:51', 'node-b')]
  expect(await hostsOf(both)).toMatchObject({
    names: ['unknown', 'node-a'],
    notes: expect.arrayContaining([expect.stringMatching(/several hosts \(node-a, node-b\)/)]),
  })
  expect((await hostsOf(...both.map(line => [line]))).notes.join()).toContain('several hosts')
  const rotated = await hostsOf([syslog('16:50:50', 'node-a')], [syslog('16:50:51', 'node-a')])
  expect(rotated.notes.join()).not.toContain('several hosts')
})
