import { describe, expect, it } from 'vitest'
import { chatText, duration, plainLines, size } from '../../../src/deliver/format/chat-text.ts'
import { fitParts, shorten, utf8Bytes } from '../../../src/deliver/format/fit.ts'
import { terminalText } from '../../../src/deliver/format/terminal.ts'
import { alertOf } from '../samples.ts'

const at = '2026-11-23T20:00:22.000Z'
const alert = alertOf({
  id: 'alert-9',
  at,
  startsAt: '2026-11-23T20:00:00.000Z',
  summary: 'filebeat is killed every 22 s and comes back each time.',
  evidence: ['Out of memory: Killed process 8437 (filebeat)'],
  notes: ['late'],
})

describe('an alert in words', () => {
  it('says what, what to do, why and on what it rests, in English', () => {
    expect(terminalText(alert, { colour: false, locale: 'en' })).toMatchInlineSnapshot(`
      "2026-11-23T20:00:22.000Z  CRITICAL: OOM respawn loop on node-7
        filebeat is killed every 22 s and comes back each time.
        late: it could not be delivered while it went on, and is over by now
        Do: Nothing: this is a test
          $ oomloop status
        Why: Somebody wants to know whether alerts arrive. (the command oomloop notify --test)
        Remedy: None is needed.
        Workload: pod/oomloop-test/example/app, Deployment example
        Loop: 2 kills, one each 22 s, pids 3241, 8437
        Forecast: first kill now
        Signs: looping
        Asked for memory: pod/oomloop-test/example/app
        Hold most: pod/oomloop-test/other/java 2.0 GiB (+128 MiB)
        Grew most: pod/oomloop-test/other/java 2.0 GiB (+128 MiB)
        Node: node-7, 6.18.0
        Since: 2026-11-23T20:00:00.000Z
        Coverage: kernel counted 0, seen 0, attributed 0
        Incident: incident-1 (alert-9)
        Kernel: Out of memory: Killed process 8437 (filebeat)"
    `)
  })

  it('says it in Chinese', () => {
    expect(plainLines(chatText(alert, { locale: 'zh-CN' }), text => text)).toMatchInlineSnapshot(`
      "严重：OOM 杀死-重启循环（node-7）
      filebeat is killed every 22 s and comes back each time.
      迟到：发生期间未能送达，现在已经结束
      处置：Nothing: this is a test
      oomloop status
      原因：Somebody wants to know whether alerts arrive. (the command oomloop notify --test)
      根治：None is needed.
      工作负载：pod/oomloop-test/example/app, Deployment example
      循环：被杀 2 次，间隔 22 s，pid 3241, 8437
      预测：首次杀进程 现在
      迹象：循环中
      申请内存者：pod/oomloop-test/example/app
      占用最多：pod/oomloop-test/other/java 2.0 GiB (+128 MiB)
      增长最多：pod/oomloop-test/other/java 2.0 GiB (+128 MiB)
      节点：node-7, 6.18.0
      开始于：2026-11-23T20:00:00.000Z
      覆盖：内核计数 0，看到 0，归属 0
      事件：incident-1 (alert-9)
      内核日志：Out of memory: Killed process 8437 (filebeat)"
    `)
  })

  it('names the end as such', () => {
    expect(chatText({ ...alert, status: 'resolved' }, { locale: 'en' }).title).toBe('OVER: OOM respawn loop on node-7')
    expect(chatText({ ...alert, status: 'resolved' }, { locale: 'zh-CN' }).title).toBe(
      '已恢复：OOM 杀死-重启循环（node-7）',
    )
  })

  it('has colour only where it is asked for', () => {
    expect(terminalText(alert, { colour: false, locale: 'en' })).not.toContain('\u001b')
    expect(terminalText(alert, { colour: true, locale: 'en' })).toContain('\u001b[31mCRITICAL')
  })

  it('writes sizes and times as people do', () => {
    expect([512, 5_000, 50_000, 3_000_000].map(size)).toEqual(['512 KiB', '4.9 MiB', '49 MiB', '2.9 GiB'])
    expect([0.2, 4.25, 22, 300, 90_000].map(duration)).toEqual(['200 ms', '4.3 s', '22 s', '5 min', '25.0 h'])
  })
})

describe('a message that is too long', () => {
  const render = (parts: readonly { text: string }[]) => parts.map(({ text }) => text).join('\n')
  const parts = [
    { label: null, text: 'summary '.repeat(10), worth: 100 },
    { label: 'Do', text: 'do this', worth: 90 },
    { label: 'Kernel', text: 'evidence '.repeat(50), worth: 10 },
  ]

  it('loses its least useful part first', () => {
    const text = fitParts({ parts, render, measure: utf8Bytes, limit: 120 })
    expect(text).toBe(`${'summary '.repeat(10)}\ndo this`)
  })

  it('is shortened only when nothing else is left', () => {
    const text = fitParts({ parts, render, measure: utf8Bytes, limit: 50 })
    expect(text).toMatch(/^(summary ?)+.*…$/)
    expect(utf8Bytes(text)).toBeLessThanOrEqual(50)
  })

  it('stays as it is where it fits', () => {
    expect(fitParts({ parts, render, measure: utf8Bytes, limit: 10_000 })).toBe(render(parts))
  })

  it('is never cut inside a character', () => {
    expect(shorten('ab😀cd', 4)).toBe('ab…')
    expect(shorten('ab😀cd', 5)).toBe('ab😀…')
    expect(shorten('abc', 3)).toBe('abc')
  })
})
