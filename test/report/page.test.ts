import { describe, expect, it } from 'vitest'
import { digest } from '../../src/report/digest.ts'
import { sentences } from '../../src/report/sentences.ts'
import { hostileNames, hostileRecording, stormRecording } from './recordings.ts'
import { chronicleOf, fileOf, fixture, foundingIncident, marksIn, pageOf } from './replayed.ts'

describe('the page of an incident', () => {
  it('tells the founding incident in three sentences and marks all its eight kills', async () => {
    const chronicle = await chronicleOf(foundingIncident)
    const told = sentences(digest(chronicle), chronicle, 'en')
    expect(told).toHaveLength(3)
    expect(told[0]).toBe(
      'node-1 (16.0 GiB) ran out of memory on 2 March 2026: from 10:00:00 to 11:24:19 UTC (84 min 19 s) the kernel killed 8 processes of 7 workloads.',
    )
    expect(told[1]).toContain('filebeat was killed twice, 46 min 6 s apart, and came back in between: a loop')
    const page = pageOf(chronicle)
    expect(marksIn(page)).toBe(8)
    for (const sentence of told) expect(page).toContain(sentence)
  })

  it('says in Chinese what it says in English', async () => {
    const chronicle = await chronicleOf(foundingIncident)
    const page = pageOf(chronicle, 'zh-CN')
    expect(page).toContain('<html lang="zh-CN">')
    expect(page).toContain('内核杀死了 7 个工作负载的 8 个进程')
    expect(page).toContain('filebeat 被杀 2 次，间隔 46 分 6 秒')
    expect(marksIn(page)).toBe(8)
  })

  it('says of a stretch without kills and alerts that nothing happened', async () => {
    const chronicle = await chronicleOf(fixture('healthy-swap.jsonl.gz'))
    const [first] = sentences(digest(chronicle), chronicle, 'en')
    expect(first).toMatch(/^Nothing happened on node-1 between .*: no OOM kill and no alert\.$/)
    expect(marksIn(pageOf(chronicle))).toBe(0)
  })

  it('says of a node that stalls without a kill that nothing was killed', async () => {
    const chronicle = await chronicleOf(fixture('stall-without-a-kill.jsonl.gz'))
    const [first] = sentences(digest(chronicle), chronicle, 'en')
    expect(first).toMatch(/ran short of memory .*: nothing was killed, but headroom fell to .* and work stood still/)
  })

  it('says of a loop at its own limit that the node had memory left', async () => {
    const chronicle = await chronicleOf(fixture('back-off-to-five-minutes.jsonl.gz'))
    const [first, second] = sentences(digest(chronicle), chronicle, 'en')
    expect(first).toContain('ran into its own memory limit')
    expect(first).toContain('while the node itself had memory left')
    expect(second).toContain('and came back each time: a loop at its own limit, which a higher limit ends, or less use')
    const page = pageOf(chronicle)
    expect(page).toContain('<path class="kill own"')
    expect(page).not.toContain('<path class="kill" ')
  })

  it('names a service of the node itself that was killed', async () => {
    const chronicle = await chronicleOf(fixture('kubelet-killed.jsonl.gz'))
    expect(sentences(digest(chronicle), chronicle, 'en').at(-1)).toMatch(
      /^The node itself lost kubelet\.service; it was over at 10:23:30 UTC\.$/,
    )
  })

  it('draws a bar for each life that was seen, and a ring for the loop', async () => {
    const chronicle = await chronicleOf(fixture('daemonset-recreation.jsonl.gz'))
    const [lane] = chronicle.lanes
    expect(lane!.generations.length).toBeGreaterThanOrEqual(lane!.kills.length)
    const page = pageOf(chronicle)
    const bars = /<path class="life" d="([^"]*)"/.exec(page)![1]!
    expect(bars.match(/M/g)!.length).toBeGreaterThanOrEqual(lane!.kills.length)
    expect(page).toContain('<article class="loop"')
  })

  it('counts a kill once that a log tells beside a recording, and names its workload as the recording does', async () => {
    const recording = fixture('limit-of-kubepods.jsonl.gz')
    const alone = await chronicleOf(recording)
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
      const both = await chronicleOf(...files)
      expect(both.kills.map(kill => kill.workload)).toEqual(alone.kills.map(kill => kill.workload))
      expect(both.killsToldTwice).toBe(alone.kills.length)
      expect(marksIn(pageOf(both))).toBe(alone.kills.length)
    }
    // The same pids ten minutes later are other deaths.
    const later = await chronicleOf(recording, fileOf('later.log', log(600_000)))
    expect(later.kills).toHaveLength(2 * alone.kills.length)
  })

  it('needs nothing but itself: no script, no address to load from, and a policy that forbids both', async () => {
    const page = pageOf(await chronicleOf(fixture('limit-of-kubepods.jsonl.gz')))
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'`)
    expect(/<(script|iframe|object|embed|img|form|base)\b/i.test(page)).toBe(false)
    expect(/\s(src|srcset|action|formaction|on[a-z]+)=/i.test(page)).toBe(false)
    expect([...page.matchAll(/href="([^"]*)"/g)].map(match => match[1])).toEqual(['data:,', '#what'])
    expect(/@import|url\(/i.test(page)).toBe(false)
  })

  it('shows hostile names as what they are', async () => {
    const page = pageOf(await chronicleOf(fileOf('hostile.jsonl', hostileRecording())))
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(/<(script|img)\b/i.test(page)).toBe(false)
    // No control character but line breaks, and none that turns the direction of writing.
    expect(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/.test(page)).toBe(false)
    expect(page).not.toContain('n'.repeat(2_000))
    expect(page.length).toBeLessThan(1_000_000)
    expect(hostileNames.escapes).toContain('\u001b') // what the recording had
  })

  it('is below 3 MB for 5000 kills over six hours, and marks every one', async () => {
    const chronicle = await chronicleOf(fileOf('storm.jsonl', stormRecording({ stepSeconds: 6 })))
    const page = pageOf(chronicle)
    expect(chronicle.kills).toHaveLength(5000)
    expect(marksIn(page)).toBe(5000)
    expect(Buffer.byteLength(page)).toBeLessThan(3_000_000)
  }, 60_000)
})
