import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Alert } from '../../src/types.ts'
import { checkout } from '../support/oomloop.ts'
import type { ReliefCase } from './relief-figures.ts'

/** From the kernel's stamp of what led to a message to its receipt, ms; null: there was none. */
export interface Founding {
  readonly name: string
  readonly kills: number
  readonly firstKillMs: number | null
  readonly secondKillMs: number | null
  readonly loopMs: number | null
  readonly stormMs: number | null
  /** What a chat gets of the whole incident, by a replay of what the agent recorded. */
  readonly chatMessages: number | null
  readonly isRight: boolean
}

const messageWithinMs = 5_000
const mostChatMessages = 20

/** Whether the first kill, the second one, the loop and the storm of the founding incident each led to a message in time. */
export function judgeFounding({ name, kills, received }: ReliefCase, outDir: string): Founding {
  const node = kills.filter(({ nodeLevel }) => nodeLevel)
  const [first, second, third] = node
  const again = node.find(({ comm }, index) => node.findIndex(each => each.comm === comm) < index)
  const after = (kill: { readonly at: number } | undefined, isIt: (alert: Alert) => boolean) => {
    const found = kill && received.find(({ at, alert }) => at >= kill.at && isIt(alert))
    return kill && found ? Math.round(found.at - kill.at) : null
  }
  const reports = (pid: number | undefined) => (alert: Alert) =>
    alert.evidence.some(line => line.includes(`Killed process ${pid} `))
  const delays = {
    firstKillMs: after(first, reports(first?.pid)),
    secondKillMs: after(second, reports(second?.pid)),
    loopMs: after(again, ({ type, loop }) => type === 'respawn-loop' && loop!.pids.includes(again!.pid)),
    stormMs: after(third, ({ type }) => type === 'oom-storm'),
  }
  const chatMessages = chatMessagesOf(join(outDir, name, 'recordings'))
  return {
    name,
    kills: kills.length,
    ...delays,
    chatMessages,
    isRight:
      Object.values(delays).every(ms => ms !== null && ms <= messageWithinMs) &&
      chatMessages !== null &&
      chatMessages <= mostChatMessages,
  }
}

function chatMessagesOf(recordings: string): number | null {
  const files = readdirSync(recordings)
    .sort()
    .map(name => join(recordings, name))
  const program = join(checkout, 'dist/oomloop.mjs')
  const { status, stdout } = spawnSync(process.execPath, [program, 'replay', '--grouping', 'incident', ...files], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  // 1: it found alerts.
  return status !== 1 ? null : stdout.split('\n').filter(Boolean).length
}
