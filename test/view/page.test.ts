import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { incidentStats } from '../../src/view/incident/incident-stats.ts'
import { sentences } from '../../src/view/incident/sentences.ts'
import { hostileNames, hostileRecording, stormRecording } from './recordings.ts'
import { fileOf, fixture, foundingIncident, historyOf, marksIn, pageOf } from './replayed.ts'

describe('the page of an incident', () => {
  it('the page summarises the founding incident in three paragraphs and marks all its eight kills', async () => {
    const history = await historyOf(foundingIncident)
    const summary = sentences(incidentStats(history), history, 'en')
    expect(summary).toHaveLength(3)
    expect(summary[0]).toBe(
      'On 2 March 2026, node-1 (16.0 GiB) ran out of memory. The kernel OOM-killed 8 processes of 7 workloads within 1h24m (10:00:00 – 11:24:19 UTC).',
    )
    expect(summary[1]).toContain('filebeat was OOM-killed twice, 46m apart, and restarted in between.')
    const page = pageOf(history)
    expect(marksIn(page)).toBe(8)
    for (const sentence of summary) expect(page).toContain(sentence)
  })

  it('the page has the same content in Chinese', async () => {
    const history = await historyOf(foundingIncident)
    const page = pageOf(history, 'zh-CN')
    expect(page).toContain('<html lang="zh-CN">')
    expect(page).toContain('7 个工作负载的 8 个进程被内核 OOM 杀掉')
    expect(page).toContain('filebeat 被 OOM 杀掉 2 次，相隔 46 分钟')
    expect(marksIn(page)).toBe(8)
  })

  it('the page of a recording without kills and alerts reports no incident', async () => {
    const history = await historyOf(fixture('healthy-swap.jsonl.gz'))
    const [first] = sentences(incidentStats(history), history, 'en')
    expect(first).toMatch(/^No incident on node-1 \(.* UTC\): no OOM kills and no alerts\. Headroom never fell below /)
    expect(marksIn(pageOf(history))).toBe(0)
  })

  it('the page of a stall without a kill says that nothing was killed', async () => {
    const history = await historyOf(fixture('stall-without-a-kill.jsonl.gz'))
    const [first] = sentences(incidentStats(history), history, 'en')
    expect(first).toMatch(
      /ran short of memory for .*\. Nothing was OOM-killed\. Headroom fell to .*\. Tasks were stalled up to /,
    )
  })

  it('the page of a loop at its own limit states that the node was not short of memory', async () => {
    const history = await historyOf(fixture('back-off-to-five-minutes.jsonl.gz'))
    const [first, second] = sentences(incidentStats(history), history, 'en')
    expect(first).toContain('reached its own memory limit')
    expect(first).toContain('This was not a shortage of the node.')
    expect(second).toContain(
      'and restarted each time. The loop continues until its limit is raised or it uses less memory.',
    )
    const page = pageOf(history)
    expect(page).toContain('<path class="kill own"')
    expect(page).not.toContain('<path class="kill" ')
  })

  it('the page of kills at the limit of a slice names that limit as shared, in the heading and in the legend', async () => {
    const history = await historyOf(fixture('containerd-killed-at-the-limit-of-its-slice.jsonl.gz'))
    const page = pageOf(history)
    expect(page).toContain('OOM kills at a shared memory limit on node-1')
    expect(page).toContain('<i class="swatch kill slice"></i>killed at the limit of a slice that workloads share')
    expect(page).not.toContain('killed at its own limit')
    expect(marksIn(page)).toBe(history.kills.length)
  })

  it('kills that the kernel counted and no source has shown are not called no incident', async () => {
    const lines = gunzipSync(readFileSync(fixture('limit-of-kubepods.jsonl.gz')))
      .toString()
      .split('\n')
    const counters = lines.filter(line => !line.includes('"kind":"kernel"')).join('\n')
    const history = await historyOf(fileOf('counters-alone.jsonl', counters))
    expect([history.kills.length, incidentStats(history).unseenKills]).toEqual([0, 3])
    expect(sentences(incidentStats(history), history, 'en').join(' ')).toMatch(
      /^The kernel counted 3 OOM kills on node-1 \(.* UTC\), but no source has shown them\. What was killed is unknown\./,
    )
    expect(pageOf(history)).toContain('<h1>OOM kills on node-1 that no source has shown</h1>')
    expect(pageOf(history)).not.toContain('No incident')
  })

  it('the titles of the curves have the punctuation of their language', async () => {
    const history = await historyOf(fixture('limit-of-kubepods.jsonl.gz'))
    expect(pageOf(history)).toContain('>Memory: available and headroom, ')
    expect(pageOf(history, 'zh-CN')).toContain('>内存：可用与余量，')
    expect(pageOf(history, 'zh-CN')).not.toMatch(/[\u4e00-\u9fff][,:;]/)
  })

  it('the page names a service of the node that was killed', async () => {
    const history = await historyOf(fixture('kubelet-killed.jsonl.gz'))
    expect(sentences(incidentStats(history), history, 'en').at(-1)).toMatch(
      /^Node services were killed: kubelet\.service\. The incident was over at 10:23:30 UTC\.$/,
    )
  })

  it('the page draws a bar for each observed run of a process, and a ring for the loop', async () => {
    const history = await historyOf(fixture('daemonset-recreation.jsonl.gz'))
    const [row] = history.workloads
    expect(row!.generations.length).toBeGreaterThanOrEqual(row!.kills.length)
    const page = pageOf(history)
    const bars = /<path class="life" d="([^"]*)"/.exec(page)![1]!
    expect(bars.match(/M/g)!.length).toBeGreaterThanOrEqual(row!.kills.length)
    expect(page).toContain('<article class="loop"')
  })

  it('a kill in a log and a recording is counted once, with the workload of the recording', async () => {
    const recording = fixture('limit-of-kubepods.jsonl.gz')
    const alone = await historyOf(recording)
    expect(alone.kills.length).toBeGreaterThan(1)
    const log = (laterMs: number) =>
      alone.kills
        .map(
          ({ at, pid, comm }) =>
            `${new Date(at + laterMs).toISOString()} node-1 kernel: Out of memory: Killed process ${pid} (${comm}) total-vm:99kB, anon-rss:9kB, file-rss:0kB, shmem-rss:0kB\n`,
        )
        .join('')
    for (const files of [
      [recording, fileOf('same.log', log(900))],
      [fileOf('same.log', log(900)), recording],
    ]) {
      const both = await historyOf(...files)
      expect(both.kills.map(kill => kill.workload)).toEqual(alone.kills.map(kill => kill.workload))
      expect(both.killsInSeveralFiles).toBe(alone.kills.length)
      expect(marksIn(pageOf(both))).toBe(alone.kills.length)
    }
    // The same pids ten minutes later are other deaths.
    const later = await historyOf(recording, fileOf('later.log', log(600_000)))
    expect(later.kills).toHaveLength(2 * alone.kills.length)
  })

  it('the page is self-contained: no script, no address to load from, and a policy that forbids both', async () => {
    const page = pageOf(await historyOf(fixture('limit-of-kubepods.jsonl.gz')))
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'`)
    expect(/<(script|iframe|object|embed|img|form|base)\b/i.test(page)).toBe(false)
    expect(/\s(src|srcset|action|formaction|on[a-z]+)=/i.test(page)).toBe(false)
    expect([...page.matchAll(/href="([^"]*)"/g)].map(match => match[1])).toEqual(['data:,', '#what'])
    expect(/@import|url\(/i.test(page)).toBe(false)
  })

  it('the page shows hostile names escaped', async () => {
    const page = pageOf(await historyOf(fileOf('hostile.jsonl', hostileRecording())))
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(/<(script|img)\b/i.test(page)).toBe(false)
    // No control character but line breaks, and none that turns the direction of writing.
    expect(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/.test(page)).toBe(false)
    expect(page).not.toContain('n'.repeat(2_000))
    expect(page.length).toBeLessThan(1_000_000)
    expect(hostileNames.escapes).toContain('\u001b') // what the recording had
  })

  it('the page of 5000 kills over six hours stays below 3 MB and marks every kill', async () => {
    const history = await historyOf(fileOf('storm.jsonl', stormRecording({ stepSeconds: 6 })))
    const page = pageOf(history)
    expect(history.kills).toHaveLength(5000)
    expect(marksIn(page)).toBe(5000)
    expect(Buffer.byteLength(page)).toBeLessThan(3_000_000)
  }, 60_000)
})
