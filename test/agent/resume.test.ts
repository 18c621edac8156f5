import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Agent, createAgent } from '../../src/agent/agent.ts'
import { resume } from '../../src/agent/resume.ts'
import type { SavedState } from '../../src/agent/saved-state.ts'
import { createNotifications } from '../../src/deliver/policy/notifications.ts'
import { createLog } from '../../src/log.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import { record } from '../scenarios/scenario.ts'
import { scenarios } from '../scenarios/scenarios.ts'
import { expectValid } from '../support/schema.ts'

const loop = recordingOf('daemonset-recreation')
const lastKill = loop.findLastIndex(line => line.includes('Killed process'))
/** The node hangs a little after its last kill, in the middle of a line. */
const cut = [...loop.slice(0, lastKill + 5), '{"kind":"mem'].join('\n')
const hour = 60 * 60_000

describe('after a reboot into the aftermath', () => {
  it('one notice reports how the previous boot ended', async () => {
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
  const resumedAfter = async (text: string, how: How = {}) => {
    const { resumed, agent } = await resumeFrom(text, { bootId: bootOf(text), later: 10_000, ...how })
    return { resumed, open: agent.openKeys().map(key => key.split('\n')[1]) }
  }

  it('what an earlier run sent and still fires is open, and is not sent again', async () => {
    const { resumed, open } = await resumedAfter(cut, { wasAccepted: true })
    expect(resumed.isContinued).toBe(true)
    expect(open).toContain('respawn-loop')
    expect(resumed.unsent).toEqual([])
  })

  it('nothing is where all was over', async () => {
    expect((await resumedAfter(loop.join('\n'), { wasAccepted: true })).open).toEqual([])
  })

  it('a resolution from the last moment is sent, also if no incident continues', async () => {
    let until = lastKill + 5
    while ((await resumedAfter(loop.slice(0, until).join('\n'), { wasAccepted: true })).open.length > 0) until += 1
    const ended = loop.slice(0, until).join('\n')
    const { resumed } = await resumedAfter(ended, { later: 3 * hour })
    expect(resumed.isContinued).toBe(false)
    expect([...new Set(resumed.unsent.map(({ alert }) => alert.status))]).toEqual(['resolved'])
    const handedOver = await resumedAfter(ended, { later: 3 * hour, wasAccepted: true })
    expect(handedOver.resumed.unsent).toEqual([])
  })

  it('what was decided in the last moment and never handed over is sent', async () => {
    const second = loop.flatMap((line, index) => (line.includes('Killed process') ? [index] : []))[1]!
    const { resumed } = await resumedAfter(loop.slice(0, second + 5).join('\n'))
    expect(resumed.unsent.map(({ alert }) => alert.type)).toContain('respawn-loop')
  })

  it('an incident keeps its name and start where the recording has lost its beginning', async () => {
    const settings = loop.findIndex(line => line.includes('"kind":"settings"'))
    const whole = await resumeFrom(cut, { bootId: bootOf(cut), later: 10_000, wasAccepted: true })
    const saved = JSON.parse(JSON.stringify(savedFrom(whole.agent, bootOf(cut), whole.now)))
    // The header with what a segment begins with, and nothing of the kills.
    const late = loop.slice(0, settings + 2).join('\n')
    const { agent } = await resumeFrom(late, { bootId: bootOf(cut), later: whole.now - lastAtOf(late), saved })
    expect(agent.openKeys()).toEqual(whole.agent.openKeys())
    expect(agent.save().core).toMatchObject({ alerts: (whole.agent.save().core as { alerts: object }).alerts })
  })

  it.each([-9000, -3, -0.1, 0.02, 3, 9, 24, 9000].map(hours => hours * hour))(
    'a time that a flipped bit moved by %i ms ends nothing',
    async ms => {
      const lines = cut.split('\n')
      for (const index of [lines.length - 3, lines.length - 12]) {
        const moved = lines.with(
          index,
          lines[index]!.replace(/"at":(\d+)/, (_, at) => `"at":${Number(at) + ms}`),
        )
        expect(moved.join('\n')).not.toBe(cut)
        const { resumed, open } = await resumedAfter(moved.join('\n'), {
          wasAccepted: true,
          at: lastAtOf(cut) + 10_000,
        })
        expect(resumed.isContinued).toBe(true)
        expect(open).toContain('respawn-loop')
      }
    },
  )

  it('it does so without any recording', async () => {
    const whole = await resumeFrom(cut, { bootId: bootOf(cut), later: 10_000, wasAccepted: true })
    const saved = savedFrom(whole.agent, bootOf(cut), whole.now)
    const { agent, resumed } = await resumeFrom('', { bootId: bootOf(cut), at: whole.now + 60_000, saved })
    expect(resumed.isContinued).toBe(true)
    expect(agent.openKeys()).toEqual(whole.agent.openKeys())
  })

  it('a saved state of another boot, or a damaged one, is not used', async () => {
    const whole = await resumeFrom(cut, { bootId: bootOf(cut), later: 10_000, wasAccepted: true })
    const saved = savedFrom(whole.agent, bootOf(cut), whole.now)
    const other = await resumeFrom('', { bootId: 'another', at: whole.now + 60_000, saved })
    expect(other.resumed.isContinued).toBe(false)
    const damaged = { ...saved, core: { alerts: { incidents: 7 }, clock: 'x' }, notifications: [] }
    const again = await resumeFrom('', { bootId: bootOf(cut), at: whole.now + 60_000, saved: damaged })
    expect(again.agent.openKeys()).toEqual([])
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
  /** When it is started, where nothing was recorded. */
  readonly at?: number
  readonly wasAccepted?: boolean
  readonly saved?: SavedState
}

async function noticeAfter(text: string, how: How = {}) {
  return (await resumeFrom(text, how)).resumed.notice
}

function lastAtOf(text: string): number {
  return Math.max(...[...text.matchAll(/"at":(\d+)/g)].slice(-20).map(([, at]) => Number(at)))
}

function savedFrom(agent: Agent, bootId: string, at: number): SavedState {
  return { version: 1, id: 'saved-1', at, bootId, ...agent.save() }
}

async function resumeFrom(text: string, how: How) {
  const { locale = 'en', bootId = 'another-boot', later = hour, wasAccepted = false, saved = null } = how
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-recordings-'))
  if (text !== '') writeFileSync(join(dir, '000001.jsonl'), text.replaceAll('"locale":"en"', `"locale":"${locale}"`))
  const now = how.at ?? lastAtOf(text) + later
  const log = createLog('error')
  const notifications = createNotifications([], locale)
  const agent = createAgent({
    log,
    record: null,
    notifications: () => notifications,
    send: () => {},
    observe: () => false,
    now: () => now,
  })
  const settings = { ...defaultCoreSettings, locale }
  const options = { dir, bootId, settings, agent, saved, openSince: 0, log, now }
  const resumed = await resume({ ...options, wasAccepted: () => wasAccepted })
  return { resumed, agent, now }
}
