import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createAgent } from '../../src/host/agent.ts'
import { createLog } from '../../src/host/log.ts'
import { type RecallOptions, recall } from '../../src/host/recall.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Alert } from '../../src/types.ts'
import { record } from '../scenarios/scenario.ts'
import { scenarios } from '../scenarios/scenarios.ts'
import { expectValid } from '../support/schema.ts'

const loop = recordingOf('daemonset-recreation')
const lastKill = loop.findLastIndex(line => line.includes('Killed process'))
/** The node hangs a little after its last kill, in the middle of a line. */
const cut = [...loop.slice(0, lastKill + 5), '{"kind":"mem'].join('\n')
const hour = 60 * 60_000

describe('after a reboot into the aftermath', () => {
  it('one notice tells how the previous boot ended', async () => {
    const notice = await noticeAfter(cut)
    expect(notice).toMatchObject({ status: 'resolved', severity: 'critical', notes: ['previous-boot'] })
    expect(notice?.summary).toMatch(/^The previous boot ended in an OOM loop: /)
    expect(notice!.summary.length).toBeLessThanOrEqual(240)
    expectValid('alert', notice)
    expect(notice?.node.bootId).toBe(bootOf(cut))
  })

  it('the notice is the same however often it is made, and in Chinese where that is set', async () => {
    expect(await noticeAfter(cut)).toEqual(await noticeAfter(cut))
    expect((await noticeAfter(cut, { locale: 'zh-CN' }))?.summary).toMatch(/^上次启动结束于 OOM 循环：/)
  })

  it.each([
    ['the incident was over before', loop.join('\n'), {}],
    ['nothing but an own limit was hit', recordingOf('own-limit-forty-minutes-apart').join('\n'), {}],
    ['it is the same boot: the agent goes on instead', cut, { bootId: bootOf(cut) }],
    ['it was days ago', cut, { later: 72 * hour }],
    ['the clock says that it is yet to come', cut, { later: -24 * hour }],
    ['there is no recording', '', {}],
  ])('there is none where %s', async (_, text, how) => {
    expect(await noticeAfter(text, how)).toBeUndefined()
  })
})

describe('after a restart in the middle of an incident', () => {
  const recalled = async (text: string, wasTold: boolean) => {
    const fires: Alert[] = []
    const again: Alert[] = []
    const told = { wasTold: () => wasTold, stillFires: (alert: Alert) => void fires.push(alert) }
    await recallOf(text, { bootId: bootOf(text), later: 10_000, told, tell: alert => void again.push(alert) })
    return { fires: fires.map(({ type, status }) => `${type} ${status}`), again: again.length }
  }

  it('what the earlier run told and still fires is handed on, so that no receiver takes it for over', async () => {
    const { fires, again } = await recalled(cut, true)
    expect(fires).toContain('respawn-loop firing')
    expect(again).toBe(0)
  })

  it('nothing is where all was over, nor what no receiver was told', async () => {
    expect((await recalled(loop.join('\n'), true)).fires).toEqual([])
    expect((await recalled(cut, false)).fires).toEqual([])
  })
})

function recordingOf(name: string): string[] {
  return record(scenarios.find(scenario => scenario.name === name)!).split('\n')
}

function bootOf(text: string): string {
  return /"bootId":"([^"]+)"/.exec(text)![1]!
}

interface How {
  readonly locale?: 'en' | 'zh-CN'
  readonly bootId?: string
  readonly later?: number
  readonly told?: Pick<RecallOptions, 'wasTold' | 'stillFires'>
  readonly tell?: (alert: Alert) => void
}

async function noticeAfter(text: string, how: How = {}) {
  return (await recallOf(text, how)).notice
}

function recallOf(text: string, how: How) {
  const { locale = 'en', bootId = 'another-boot', later = hour, tell = () => {} } = how
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-recordings-'))
  const spoken = text.replaceAll('"locale":"en"', `"locale":"${locale}"`)
  if (text !== '') writeFileSync(join(dir, '000001.jsonl'), spoken)
  const lastAt = Math.max(...[...text.matchAll(/"at":(\d+)/g)].slice(-20).map(([, at]) => Number(at)))
  const now = lastAt + later
  const log = createLog('error')
  const agent = createAgent({ log, record: null, tell, observe: () => false, now: () => now })
  const settings = { ...defaultCoreSettings, locale }
  const told = how.told ?? { wasTold: () => false, stillFires: () => {} }
  return recall({ dir, bootId, settings, agent, ...told, openSince: 0, log, now })
}
