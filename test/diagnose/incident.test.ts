import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Alert } from '../../src/types.ts'
import { replayAlerts } from './replay.ts'

const log = resolve(import.meta.dirname, '../../../shared/incident/messages.log')

// The founding incident, as its node's own log tells it: eight kills, no cgroup, no sizes of the living.
describe.skipIf(!existsSync(log))('the founding incident, told from start to end (needs ../shared/incident)', () => {
  let alerts: readonly Alert[]
  beforeAll(async () => {
    alerts = await replayAlerts(log)
  })

  test('at the first kill it says that the victim is rarely the culprit, and names none', () => {
    expect(alerts[0]).toMatchObject({ type: 'memory-exhaustion', severity: 'warning' })
    expect(alerts[0]!.summary).toBe(
      'Node online-1-19-10-30740-b7pqf is out of memory: the kernel killed filebeat (73 MiB); first: see who holds the memory, for the victim is rarely the culprit.',
    )
    expect(alerts[0]!.actions[0]!.command).toBe('ps -eo pid,rss,cgroup:120,args --sort=-rss | head -20')
  })

  test("java is the holder, by the kill lines' own sizes, though the second line calls it by a thread's name", () => {
    const storm = alerts.find(({ type }) => type === 'oom-storm')!
    expect(storm.summary).toMatch(
      /^The kernel killed 3 processes in 101 s on node online-1-19-10-30740-b7pqf, last java \(5\.0 GiB\)/,
    )
    expect(storm.holders).toEqual([
      { workload: 'comm/java', KiB: 5265472, changeKiB: null, habitRatio: null, from: 'kill-line' },
      { workload: 'comm/filebeat', KiB: 75196, changeKiB: null, habitRatio: null, from: 'kill-line' },
    ])
  })

  test('when filebeat is killed again it is the futile victim, and java is what to look for', () => {
    const loop = alerts.find(({ type }) => type === 'respawn-loop')!
    expect(loop.summary).toContain('java held most before it was killed (5.0 GiB)')
    expect(loop.summary).toContain('first: find whose java it is and move that away')
    const [cause] = loop.diagnosis
    expect(cause).toMatchObject({ code: 'futile-victim' })
    expect(cause!.evidence).toMatch(/^filebeat was killed 2 times and held 101 MiB; java holds 5\.0 GiB/)
    // 1006 points for 101 MiB: what a pod without request and limit gets.
    expect(cause!.evidence).toContain('its score of 1006 is what an oom_score_adj of about 1000 gives')
    expect(loop.actions.map(({ do: what }) => what).join('\n')).toContain('Do not restart or delete filebeat')
  })

  test('what a log cannot tell is said plainly', () => {
    for (const alert of alerts) {
      const alone = alert.diagnosis.find(({ code }) => code === 'log-alone')
      expect(alone!.evidence).toContain('who asked for the memory')
      expect(alone!.evidence).toContain('which pod or cgroup a victim belonged to')
      expect(alone!.evidence).toContain('whether a pod was terminating')
      expect(alert).toMatchObject({ trigger: null, growers: [], unownedKiB: null, nextVictims: [] })
    }
  })

  test('at its end java is still who held the memory, 80 minutes after it was killed', () => {
    expect(alerts.at(-1)!.holders[0]).toMatchObject({ workload: 'comm/java', KiB: 5265472 })
  })

  test('every sentence fits, in English and in Chinese', async () => {
    const chinese = await replayAlerts(log, 'zh-CN')
    for (const { summary } of [...alerts, ...chinese]) expect(summary.length).toBeLessThanOrEqual(240)
    expect(chinese[0]!.summary).toBe(
      '节点 online-1-19-10-30740-b7pqf 内存耗尽：内核杀死了 filebeat（73 MiB）；首先：查看谁占用内存，受害者很少是元凶。',
    )
  })
})
