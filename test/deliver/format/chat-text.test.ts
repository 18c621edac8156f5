import { describe, expect, it } from 'vitest'
import { type ChatPart, chatText } from '../../../src/deliver/format/chat-text.ts'
import { terminalText } from '../../../src/deliver/format/terminal.ts'
import { fitParts, shorten, utf8Bytes } from '../../../src/deliver/format/truncate.ts'
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
      "2026-11-23 20:00:22 UTC  CRITICAL: OOM-kill loop on node-7
        filebeat is killed every 22 s and comes back each time.
        delayed: this could not be delivered at the time and is already resolved
        1. Nothing to do: this is a test
           $ oomloop status
        Workload: pod/oomloop-test/example/app, Deployment example
        Loop: 2 kills, 22s apart, pids 3241, 8437
        Forecast: first kill now
        Since: 2026-11-23 20:00:00 UTC
        Cause: Someone ran oomloop notify --test to check that alerts arrive. (the command oomloop notify --test)
        Fix: No fix is needed.
        Signs: OOM-kill loop
        OOM triggered by: pod/oomloop-test/example/app
        Top memory users: pod/oomloop-test/other/java 2.0 GiB (+128 MiB in 10m)
        Fastest growing: pod/oomloop-test/other/java 2.0 GiB (+128 MiB in 10m)
        Node: node-7, Linux 6.18.0
        Coverage: kernel counted 0, oomloop saw 0, attributed 0
        Incident: incident-1 (alert-9)
        Kernel: Out of memory: Killed process 8437 (filebeat)"
    `)
  })

  it('says it in Chinese', () => {
    expect(terminalText(alert, { colour: false, locale: 'zh-CN', timeZone: 'Asia/Shanghai' })).toMatchInlineSnapshot(`
      "2026-11-24 04:00:22 +08:00  严重：node-7 OOM 重启循环
        filebeat is killed every 22 s and comes back each time.
        延迟送达：发生时未能送达，现已恢复
        1. Nothing to do: this is a test
           $ oomloop status
        工作负载：pod/oomloop-test/example/app、Deployment example
        循环：被杀 2 次，间隔 22 秒，pid 3241、8437
        预测：首次 OOM kill：现在
        开始时间：2026-11-24 04:00:00 +08:00
        原因：Someone ran oomloop notify --test to check that alerts arrive.（the command oomloop notify --test）
        修复：No fix is needed.
        迹象：OOM 重启循环
        触发 OOM 的进程：pod/oomloop-test/example/app
        内存占用最高：pod/oomloop-test/other/java 2.0 GiB（10 分钟内 +128 MiB）
        增长最快：pod/oomloop-test/other/java 2.0 GiB（10 分钟内 +128 MiB）
        节点：node-7、Linux 6.18.0
        覆盖情况：内核计数 0，oomloop 看到 0，已归属 0
        事件：incident-1（alert-9）
        内核日志：Out of memory: Killed process 8437 (filebeat)"
    `)
  })

  it('names the end as such', () => {
    expect(chatText({ ...alert, status: 'resolved' }, { locale: 'en' }).title).toBe('RESOLVED: OOM-kill loop on node-7')
    expect(chatText({ ...alert, status: 'resolved' }, { locale: 'zh-CN' }).title).toBe('已恢复：node-7 OOM 重启循环')
  })

  it('has colour only where it is asked for', () => {
    expect(terminalText(alert, { colour: false, locale: 'en' })).not.toContain('\u001b')
    expect(terminalText(alert, { colour: true, locale: 'en' })).toContain('\u001b[31mCRITICAL')
  })
})

describe('a message that is too long', () => {
  const render = (parts: readonly { text: string }[]) => parts.map(({ text }) => text).join('\n')
  const parts: ChatPart[] = [
    { kind: 'summary', label: null, text: 'summary '.repeat(10), worth: 100 },
    { kind: 'step', label: '1.', text: 'do this', worth: 90 },
    { kind: 'evidence', label: 'Kernel', text: 'evidence '.repeat(50), worth: 10 },
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
