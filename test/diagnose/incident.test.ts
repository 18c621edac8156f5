import { resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Alert } from '../../src/types.ts'
import { replayAlerts } from './replay.ts'

const log = resolve(import.meta.dirname, '../../fixtures/incident/messages.log')

// The founding incident, as the log of its node shows it: eight kills, no cgroup, no sizes of the living.
describe('the founding incident, from start to end', () => {
  let alerts: readonly Alert[]
  beforeAll(async () => {
    alerts = await replayAlerts(log)
  })

  test('at the first kill it says that the victim is rarely the culprit, and names none', () => {
    expect(alerts[0]).toMatchObject({ type: 'memory-exhaustion', severity: 'warning' })
    expect(alerts[0]!.summary).toBe(
      'online-1-19-10-30740-b7pqf is out of memory: the kernel OOM-killed filebeat (73 MiB). Next step: find out what is using the memory; the killed process is rarely the cause.',
    )
    expect(alerts[0]!.actions[0]!.command).toBe('ps -eo pid,rss,cgroup:120,args --sort=-rss | head -20')
  })

  test("java is the top consumer by the sizes of the kill lines, though the second line calls it by a thread's name", () => {
    const storm = alerts.find(({ type }) => type === 'oom-storm')!
    expect(storm.summary).toMatch(
      /^The kernel OOM-killed 3 processes in 101s on online-1-19-10-30740-b7pqf, most recently \[main\]-pipeline of java \(5\.0 GiB\)/,
    )
    expect(storm.holders).toEqual([
      { workload: 'comm/java', KiB: 5265472, changeKiB: null, habitRatio: null, from: 'kill-line' },
      { workload: 'comm/filebeat', KiB: 75196, changeKiB: null, habitRatio: null, from: 'kill-line' },
    ])
  })

  test('when filebeat is killed again it is the futile victim, and java is what to look for', () => {
    const loop = alerts.find(({ type }) => type === 'respawn-loop')!
    expect(loop.summary).toContain('The largest OOM victim was java (5.0 GiB).')
    expect(loop.summary).toContain('Next step: find the workload that runs java.')
    const [cause] = loop.diagnosis
    expect(cause).toMatchObject({ code: 'futile-victim' })
    expect(cause!.evidence).toMatch(/^java used 5\.0 GiB when it was killed\. filebeat was killed twice\./)
    expect(cause!.why).toBe('filebeat (101 MiB) is a victim, not the cause: killing it freed almost nothing.')
    expect(cause!.remedy).toMatch(/^Set a limit for java, or lower the one it has,/)
    // 1006 points for 101 MiB: what a pod without request and limit gets.
    expect(cause!.evidence).toContain('The OOM score of filebeat, 1006, is typical of oom_score_adj 1000')
    expect(loop.actions.map(({ do: what }) => what).join('\n')).toContain('Do not restart or delete filebeat')
  })

  test('what a log does not show is listed', () => {
    for (const alert of alerts) {
      const alone = alert.diagnosis.find(({ code }) => code === 'log-alone')
      expect(alone!.evidence).toContain('the allocating process')
      expect(alone!.evidence).toContain('the pods of the victims')
      expect(alone!.evidence).toContain('terminating pods')
      expect(alert).toMatchObject({ trigger: null, growers: [], unownedKiB: null, nextVictims: [] })
    }
  })

  test('at the end java is still the top consumer, 80 minutes after it was killed', () => {
    expect(alerts.at(-1)!.holders[0]).toMatchObject({ workload: 'comm/java', KiB: 5265472 })
  })

  test('every sentence fits, in English and in Chinese', async () => {
    const chinese = await replayAlerts(log, 'zh-CN')
    for (const { summary } of [...alerts, ...chinese]) expect(summary.length).toBeLessThanOrEqual(240)
    expect(chinese[0]!.summary).toBe(
      '节点 online-1-19-10-30740-b7pqf 内存耗尽：filebeat（73 MiB）被内核 OOM 杀掉。下一步：查明谁在占用内存，被杀进程往往不是原因。',
    )
  })
})
