import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openReplaySource } from '../../src/input/playback/replay.ts'
import { createPipeline, type Pipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Alert, OomKill } from '../../src/types.ts'

const folder = mkdtempSync(join(tmpdir(), 'oomloop-outcome-'))
const killed = 'Out of memory: Killed process 7 (java) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB'

async function replayed(bytes: string | Buffer) {
  const path = join(folder, 'a.log')
  writeFileSync(path, bytes)
  const source = openReplaySource([path], { settings: defaultCoreSettings, timeZone: 'UTC', year: 2026 })
  const pipelines = new Map<string, Pipeline>()
  const kills: OomKill[] = []
  const alerts: Alert[] = []
  for await (const observation of source) {
    const pipeline = pipelines.get(source.part()) ?? createPipeline({ onKill: kill => kills.push(kill) })
    pipelines.set(source.part(), pipeline)
    alerts.push(...pipeline.observe(observation))
  }
  return { kills, alerts, outcome: source.outcomes()[0]!, notes: source.notes() }
}

describe('the outcome of reading a log', () => {
  it('lines that look like an OOM report and are none that the kernel prints are kept with their numbers', async () => {
    const lines = [
      'Apr 16 21:08:50 n kernel: eth0: up',
      'Apr 16 21:08:50 n kernel: Out of memory: Kil1ed process 42 java',
    ]
    const { kills, outcome } = await replayed(`${lines.join('\n')}\n`)
    expect(kills).toEqual([])
    expect(outcome).toMatchObject({ lines: 2, isLog: true, missed: 1, firstMissed: [{ number: 2 }] })
  })

  it('a text that is not a log is reported as no log', async () => {
    expect((await replayed('hello\nworld\n')).outcome).toMatchObject({ lines: 2, isLog: false, recognised: 0 })
    expect((await replayed('-- No entries --\n')).outcome.isLog).toBe(true)
  })

  it('a packed log that is cut off is read to its end, and says so', async () => {
    const packed = gzipSync(
      Array.from({ length: 4000 }, (_, pid) => `[ ${pid}.000000] ${killed.replace(' 7 ', ` ${pid} `)}`).join('\n'),
    )
    const { kills, outcome, notes } = await replayed(packed.subarray(0, packed.length - 2000))
    expect(kills.length).toBeGreaterThan(100)
    expect(outcome.isCut).toBe(true)
    expect(notes.join()).toMatch(/is cut off/)
  })

  it('a binary journal is refused with the command to use', async () => {
    await expect(replayed(Buffer.concat([Buffer.from('LPKSHHRH'), Buffer.alloc(500)]))).rejects.toThrow(
      /journalctl --file/,
    )
  })

  const hasPackers = ['/usr/bin/xz', '/usr/bin/bzip2'].every(path => existsSync(path))
  it.skipIf(!hasPackers).each([['xz'], ['bzip2']])('a log packed by %s is read', async program => {
    const packed = execFileSync(program, ['-c'], { input: `[ 1.000000] ${killed}\n` })
    expect((await replayed(packed)).kills).toMatchObject([{ pid: 7 }])
  })

  it('four kills without any time make no storm, the same with times do', async () => {
    const four = [1, 2, 3, 4].map(pid => killed.replace(' 7 ', ` ${pid} `))
    const undated = await replayed(four.join('\n'))
    expect(undated.kills).toHaveLength(4)
    expect(undated.alerts.some(({ type }) => type === 'oom-storm')).toBe(false)
    const dated = await replayed(four.map((line, at) => `[ ${at}.000000] ${line}`).join('\n'))
    expect(dated.alerts.some(({ type }) => type === 'oom-storm')).toBe(true)
  })

  it('a program that quotes a kill, and a facility that is not the kernel’s, add none', async () => {
    const lines = [
      `avril 16 21:08:50 n sshd[12]: ${killed}`,
      `11,22,1284,-;${killed}`,
      `Apr 16 21:08:50 n sudo: COMMAND=/bin/echo ${killed}`,
    ]
    expect((await replayed(lines.join('\n'))).kills).toEqual([])
  })
})

describe('signs of memory shortage beside kills by the kernel', () => {
  it.each([
    [
      'Apr 16 21:08:50 n systemd-oomd[6]: Killed /user.slice/a.scope due to memory pressure for /user.slice being 94.71% > 80.00% for > 20s with reclaim activity',
      { by: 'systemd-oomd', victim: '/user.slice/a.scope', stage: 'ended' },
    ],
    [
      'Apr 16 21:08:50 n earlyoom[1]: sending SIGTERM to process 10 uid 1000 "Web Content": oom_score 823, VmRSS 79 MiB',
      { by: 'earlyoom', victim: 'Web Content', pid: 10, stage: 'announced' },
    ],
    [
      'Apr 16 21:08:50 n nohang[1]:   PID:       5432, name: stress, state: R (running), EUID: 1000\nApr 16 21:08:50 n nohang[1]:   Sending SIGKILL to the victim',
      { by: 'nohang', victim: 'stress', pid: 5432, stage: 'ended' },
    ],
    [
      'Apr 16 21:08:50 n kubelet[9]: I0416 21:08:50.1 9 eviction_manager.go:592] "Eviction manager: pod is evicted successfully" pod="default/web-0"',
      { by: 'kubelet-eviction', victim: 'default/web-0', stage: 'ended' },
    ],
    [
      "<6>lowmemorykiller: Killing 'd.play.games.ui' (2613), adj 1000,",
      { by: 'lmkd', victim: 'd.play.games.ui', pid: 2613 },
    ],
    [
      '[ 1.000000] java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0',
      { by: 'kernel-sign', sign: 'no-victim', victim: 'java' },
    ],
    [
      '[ 1.000000] Tasks state (memory values in pages):\n[ 1.000001] [    149]     0   149      486      288        0      288         0    58329        0             0 ash',
      { by: 'kernel-sign', sign: 'no-victim', victim: null },
    ],
    ['[ 1.000000] Out of memory and no killable processes...', { by: 'kernel-sign', sign: 'no-killable' }],
    [
      '[ 1.000000] Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled',
      { by: 'kernel-sign', sign: 'panic' },
    ],
    [
      '[ 1.000000] Kernel panic - not syncing: System is deadlocked on memory',
      { by: 'kernel-sign', sign: 'deadlocked' },
    ],
    [
      '[ 1.000000] oom_reaper: reaped process 42 (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
      { by: 'kernel-sign', sign: 'reaped', pid: 42 },
    ],
  ])('%s', async (text, says) => {
    const { kills, outcome } = await replayed(`${text}\n`)
    expect(kills).toEqual([])
    expect(outcome.signs).toMatchObject([{ says }])
    expect(outcome.missed).toBe(0)
  })

  it('an oom-killer whose victim is named is no sign of its own', async () => {
    const { outcome } = await replayed(
      `[ 1.000000] java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0\n[ 1.000001] ${killed}\n`,
    )
    expect(outcome.signs).toEqual([])
  })
})
