import { describe, expect, test } from 'vitest'
import { fitClauses, longestSummary } from '../../src/text/fit-clauses.ts'
import { createNode, globalKill, type TestPod } from './node.ts'

const MiB = 1024
const long = (text: string) => text.repeat(63).slice(0, 63)

describe('clauses of a summary', () => {
  const clauses = [
    { worth: 100, texts: ['n is out of memory.', 'No memory.'] },
    { worth: 80, texts: ['x'.repeat(100), 'x took it.'] },
    { worth: 60, texts: ['y'.repeat(100)] },
    { worth: 55, texts: ['z'.repeat(50)] },
    { worth: 90, texts: ['Next step: do this.', 'Do this.'] },
  ]

  test('a summary that is too long loses fillers first, then every clause gets shorter, then the least important go', () => {
    expect(fitClauses(clauses, ' ')).toBe(`n is out of memory. x took it. ${'y'.repeat(100)} Next step: do this.`)
  })

  test('a name is kept before what is worth less: without it the step cannot be taken', () => {
    const step = { worth: 90, texts: [`Delete ${'p'.repeat(60)}.`], lastResort: 'Delete the pod below.' }
    expect(fitClauses([...clauses.slice(0, 3), step], ' ')).toBe(
      `n is out of memory. x took it. ${'y'.repeat(100)} Delete ${'p'.repeat(60)}.`,
    )
    const happened = { worth: 100, texts: ['h'.repeat(150)] }
    expect(fitClauses([happened, ...clauses.slice(1, 3), step], ' ')).toBe(
      `${'h'.repeat(150)} x took it. Delete ${'p'.repeat(60)}.`,
    )
    const longer = { worth: 100, texts: ['h'.repeat(200)] }
    expect(fitClauses([longer, ...clauses.slice(1, 3), step], ' ')).toBe(`${'h'.repeat(200)} Delete the pod below.`)
  })

  test('a summary keeps what happened whatever else is too long', () => {
    const text = fitClauses([{ worth: 100, texts: ['a'.repeat(500)] }, ...clauses.slice(1)], ' ')
    expect(text).toHaveLength(longestSummary)
    expect(text).toMatch(/^a+…$/)
  })
})

describe.each(['en', 'zh-CN'] as const)('in %s', locale => {
  test('the longest names that Kubernetes allows fit, and so do those of strangers', () => {
    const node = createNode({ host: { name: `${long('node-')}.${long('zone-')}.example` }, settings: { locale } })
    const java: TestPod = {
      n: 1,
      namespace: long('ns-'),
      pod: `${long('order-').slice(0, 46)}-5b4bc4cc46-bhk2x`,
      container: long('java-'),
      rssKiB: 6000 * MiB,
    }
    const beat: TestPod = {
      ...java,
      n: 2,
      pod: `${long('beat-').slice(0, 57)}-x7k2p`,
      qos: 'besteffort',
      rssKiB: 70 * MiB,
    }
    for (let step = 0; step <= 12; step++) {
      node.pods([{ ...java, rssKiB: (4000 + step * 150) * MiB }, beat])
      node.run(10, () => ({ MemAvailable: (2000 - step * 150) * MiB }))
    }
    const alerts = node.kernel(...globalKill(beat, { comm: 'a\\x0a) total-vm:9kB', pid: 9 }))
    expect(node.alerts.length).toBeGreaterThan(0)
    for (const { summary } of [...node.alerts, ...alerts]) {
      expect(summary.length).toBeLessThanOrEqual(longestSummary)
      expect(summary).toMatch(locale === 'en' ? /Next step: .*\.$/ : /下一步：.*。$/)
    }
  })

  test('every text of an alert is in that language', () => {
    const node = createNode({ settings: { locale }, host: { kubelet: { source: '/var/lib/kubelet/config.yaml' } } })
    const pod: TestPod = { n: 1, pod: 'web-6d4b75cb6d-kp9xz', qos: 'besteffort', rssKiB: 6000 * MiB }
    node.pods([pod])
    node.run(90, () => ({ MemAvailable: 300 * MiB }))
    const [alert] = node.kernel(...globalKill(pod, { comm: 'x', pid: 9 }))
    const texts = [
      alert!.summary,
      ...alert!.diagnosis.flatMap(({ evidence, why, remedy }) => [evidence, why, remedy]),
      ...alert!.actions.map(({ do: what }) => what),
    ]
    expect(alert!.diagnosis.length).toBeGreaterThan(2)
    for (const text of texts) expect(/[\u4e00-\u9fff]/.test(text), text).toBe(locale === 'zh-CN')
  })
})
