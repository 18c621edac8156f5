import { describe, expect, it } from 'vitest'
import { createSimulatedNode } from '../scenarios/simulated-node.ts'
import { oomloop } from '../support/oomloop.ts'
import { hostileRecording } from './recordings.ts'
import { fileOf, fixture, foundingIncident } from './replayed.ts'

const textReport = async (...args: readonly string[]) => (await oomloop(['replay', ...args])).stdout

describe('the text report of replay', () => {
  it('the text report lists every kill of the founding incident, the gaps, and ends with what to do', async () => {
    const text = await textReport(foundingIncident)
    expect(text.match(/^\d\d:\d\d:\d\d {2}OOM-killed /gm)).toHaveLength(8)
    expect(text).toContain('10:00:00  OOM-killed filebeat (matched by name only, pid 3241, used 73 MiB)')
    expect(text).toContain('… 44m later …')
    // The open loop is printed once, and that it is still open.
    expect(text.match(/CRITICAL: filebeat \(101 MiB\) is in an OOM-kill loop/g)).toHaveLength(1)
    expect(text).toContain('  End of the log; still open: OOM-kill loop of filebeat.')
    const [, end] = text.split('\nWhat happened\n')
    expect(end).toContain('filebeat was OOM-killed twice, 46m apart')
    expect(end).toContain('\nWhat to do, in this order\n  1. ')
  })

  it('a kill at the limit of a slice is not reported as one at the victim’s own limit', async () => {
    const recording = fixture('containerd-killed-at-the-limit-of-its-slice.jsonl.gz')
    const text = (await textReport(recording)).replace(/\s+/g, ' ')
    expect(text).toContain('system.slice on node-1 (16.0 GiB) reached its memory limit, which everything in it shares.')
    expect(text).not.toContain('containerd.service reached its own')
    expect(await textReport('--locale', 'zh-CN', recording)).toContain('上的 system.slice 达到内存 limit')
  })

  it('other signs of a shortage have their time in the zone of the reader, with its offset', async () => {
    const log = fileOf(
      'oomd.log',
      'Apr 16 21:08:50 n systemd-oomd[6]: Killed /user.slice/a.scope due to memory pressure for /user.slice being 94.71% > 80.00% for > 20s with reclaim activity\n',
    )
    const text = await textReport('--year', '2026', '--tz', 'Asia/Shanghai', log)
    expect(text).toContain('2026-04-16 21:08:50 +08:00 systemd-oomd killed')
  })

  it('the text report is plain without a terminal, and its lines are at most 100 columns wide', async () => {
    const text = await textReport(foundingIncident)
    expect(text).not.toContain('\u001b')
    for (const line of text.split('\n')) if (!line.includes('  $ ')) expect(line.length).toBeLessThanOrEqual(100)
  })

  it('a kill at the limit of a container names no cgroup path', async () => {
    const text = await textReport(fixture('back-off-to-five-minutes.jsonl.gz'))
    expect(text).toContain('OOM-killed default/app (pid 20017, used 900 MiB, limit of its container)')
    expect(text).not.toContain('.scope')
  })

  it('the text report of a recording is in the locale of the reader', async () => {
    const text = await textReport('--locale', 'zh-CN', fixture('one-kill-in-a-log.jsonl'))
    expect(text).toContain('事件经过')
    expect(text).not.toContain('What happened')
    // A recording brings the language of its node, and is shown in that of its reader all the same.
    const recording = await textReport('--locale', 'zh-CN', fixture('kubelet-killed.jsonl.gz'))
    expect(recording).toContain('原因')
    expect(recording).not.toMatch(/\b(the kernel|memory|killed|restart the)\b/i)
  })

  it('the text report counts every looping workload, with its own alert or as a member', async () => {
    const node = createSimulatedNode()
    const places = ['aa-0', 'bb-0', 'cc-0', 'dd-0'].map(name => node.pod({ name, container: 'app' }))
    for (let round = 0; round < 3; round++) {
      for (const [index, place] of places.entries()) {
        const life = node.start(place, { comm: 'java', rssMiB: 300 })
        node.wait(10)
        node.kill(life, { by: 'own' })
        places[index] = node.restarted(place)
      }
    }
    const lines = [node.header(), ...node.observations()].map(line => `${JSON.stringify(line)}\n`)
    const { stdout } = await oomloop(['replay', '-'], { input: lines.join('') })
    expect(stdout.replace(/\s+/g, ' ')).toContain('3 other workloads were looping too.')
  })

  it('kills before monitoring started are reported beside the kernel count', async () => {
    const node = createSimulatedNode()
    const text =
      'Out of memory: Killed process 4711 (old) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0'
    node.emit({ kind: 'kernel', text, estimated: true })
    const life = node.start(node.pod({ name: 'aa-0' }), { comm: 'java', rssMiB: 300 })
    node.wait(10)
    node.kill(life)
    node.wait(10)
    const backlog = node.observations().map(its => ('estimated' in its ? { ...its, at: its.at! - 60_000 } : its))
    const lines = [node.header(), ...backlog].map(line => `${JSON.stringify(line)}\n`)
    const { stdout } = await oomloop(['replay', '-'], { input: lines.join('') })
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'The kernel counted 1 OOM kill. oomloop saw 1 kill and attributed 1 of them by cgroup. 0 log records were lost. 1 more kill happened before monitoring started',
    )
  })

  it('the text report of a healthy node reports no incident', async () => {
    const { stdout, code } = await oomloop(['replay', fixture('healthy-swap.jsonl.gz')])
    expect(code).toBe(0)
    expect(stdout).toMatch(/No incident on node-1 \([^)]*\):\s+no\s+OOM\s+kills\s+and\s+no\s+alerts\./)
    expect(stdout).not.toContain('killed')
  })

  it('the text report counts the repeats of a loop instead of printing each', async () => {
    const text = await textReport(fixture('back-off-to-five-minutes.jsonl.gz'))
    expect(text.match(/killed/g)!.length).toBeLessThan(15)
    expect(text).toMatch(/… and \d+ more kills of it until \d\d:\d\d:\d\d/)
  })

  it('the text report shows hostile names escaped', async () => {
    const text = await textReport(fileOf('hostile.jsonl', hostileRecording()))
    expect(text).toContain('\\x1b[2J')
    expect(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(text)).toBe(false)
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(700)
  })
})
