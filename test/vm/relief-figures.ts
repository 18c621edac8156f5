import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messagesOf } from '../../src/text/messages/catalogues.ts'
import type { Action, Alert } from '../../src/types.ts'

/** What reliefs.py left of one case. Times are ms of one clock. */
export interface ReliefCase {
  readonly name: string
  readonly kind: 'relief' | 'action' | 'founding' | 'loops'
  readonly from: number
  readonly until: number
  /** An alert that is critical was received before the load was taken away. */
  readonly stalled?: boolean
  readonly relievedAt?: number
  readonly actedAt?: number
  readonly action?: Action
  /** Headroom before the action: of the node, and below the limit of the pods, MiB. */
  readonly before?: readonly [node: number, kubepods: number]
  readonly exitCode?: number
  readonly readings: readonly (readonly [at: number, node: number, kubepods: number])[]
  readonly agentDied?: boolean
  readonly received: readonly Received[]
  readonly kills: readonly Kill[]
  /** How late the observer itself was woken, each time that it waited 50 ms. */
  readonly lateMs: readonly number[]
}

export interface Received {
  readonly at: number
  readonly alert: Alert
}

/** A kill by the kernel's own stamp, which waits for no reader. */
export interface Kill {
  readonly at: number
  readonly pid: number
  readonly comm: string
  readonly nodeLevel: boolean
}

export function readCase(outDir: string, name: string): ReliefCase {
  const dir = join(outDir, name)
  return {
    ...JSON.parse(readFileSync(join(dir, 'case.json'), 'utf8')),
    received: lines<{ at: number; body: string }>(dir, 'alerts').map(({ at, body }) => ({
      at,
      alert: JSON.parse(body) as Alert,
    })),
    kills: killsOf(lines<{ at: number; kmsg: string }>(dir, 'kmsg')),
    lateMs: lines<{ ms: number }>(dir, 'late').map(({ ms }) => ms),
  }
}

function killsOf(records: readonly { readonly at: number; readonly kmsg: string }[]): readonly Kill[] {
  const stamped = records.map(({ at, kmsg }) => ({ at, kmsg, stampMs: Number(kmsg.split(',', 3)[2]) / 1000 }))
  // A record is read once the reader is scheduled: the least difference is that of the clocks.
  const offset = Math.min(...stamped.map(({ at, stampMs }) => at - stampMs))
  let isNodeLevel = false
  return stamped.flatMap(({ kmsg, stampMs }) => {
    if (kmsg.includes('oom-kill:'))
      isNodeLevel = kmsg.includes('global_oom') || kmsg.includes('oom_memcg=/kubepods.slice,')
    const found = /Killed process (\d+) \((.*)\) total-vm:/.exec(kmsg)
    return found ? [{ at: stampMs + offset, pid: Number(found[1]), comm: found[2]!, nodeLevel: isNodeLevel }] : []
  })
}

/** After this a message that says critical is wrong: a reading of headroom, and the way to the receiver. */
export const graceMs = 5_000
const resolvedWithinMs = 360_000

export interface Relief {
  readonly name: string
  /** Critical before the load was taken away, s after the start of the load. */
  readonly criticalAfter: number | null
  readonly nodeKills: number
  /** Messages that fire as critical later than the grace, s after the relief. */
  readonly criticalLater: readonly number[]
  /** All that was received as firing is resolved, s after the relief; null: never. */
  readonly resolvedAfter: number | null
  /** Why nothing can be concluded from this run: the scenario did not play what it is about. */
  readonly invalid: 'no critical alert before the relief' | 'the kernel killed before the relief' | null
  readonly isRight: boolean
}

export function judgeRelief({ name, from, relievedAt, received, kills }: ReliefCase): Relief {
  const seconds = (ms: number) => Math.round(ms / 100) / 10
  const critical = received.filter(({ alert: { severity, status } }) => severity === 'critical' && status === 'firing')
  const first = critical.find(({ at }) => at <= relievedAt!)
  const criticalLater = critical.filter(
    ({ alert: { at, notes } }) => Date.parse(at) > relievedAt! + graceMs && !notes.includes('handover'),
  )
  const resolvedAt = resolvedAtOf(received)
  const nodeKills = kills.filter(({ nodeLevel, at }) => nodeLevel && at >= from)
  const resolvedAfter = resolvedAt === null ? null : resolvedAt - relievedAt!
  // After a kill the node has to be quiet for ten minutes, longer than a case is watched.
  const invalid = !first
    ? 'no critical alert before the relief'
    : nodeKills.some(({ at }) => at < relievedAt!)
      ? 'the kernel killed before the relief'
      : null
  return {
    name,
    criticalAfter: first ? seconds(first.at - from) : null,
    nodeKills: nodeKills.length,
    criticalLater: criticalLater.map(({ at }) => seconds(at - relievedAt!)),
    resolvedAfter: resolvedAfter === null ? null : seconds(resolvedAfter),
    invalid,
    isRight:
      invalid === null && criticalLater.length === 0 && resolvedAfter !== null && resolvedAfter <= resolvedWithinMs,
  }
}

function resolvedAtOf(received: readonly Received[]): number | null {
  const open = new Set<string>()
  let emptyAt: number | null = null
  for (const { at, alert } of received) {
    if (alert.notes.includes('handover')) continue
    const key = `${alert.incident} ${alert.type} ${alert.subject}`
    if (alert.status === 'firing') open.add(key)
    else open.delete(key)
    emptyAt = open.size === 0 ? at : null
  }
  return emptyAt
}

export interface Carried {
  readonly name: string
  readonly command: string | null
  readonly says: string | null
  readonly exitCode: number | null
  readonly statedMiB: number | null
  /** The most that headroom gained within the minute. */
  readonly freedMiB: number | null
  /** After how many seconds nine tenths of what is stated were free. */
  readonly afterSeconds: number | null
  readonly buysTime: boolean
  readonly isRight: boolean
}

/** Whether the action freed what it says within a minute, or says that it only buys time. */
export function judgeAction({ name, action, before, actedAt, readings, exitCode }: ReliefCase): Carried {
  const buysTime = action !== undefined && onlyBuysTime(action.do)
  const statedMiB = action?.expectKiB == null ? null : Math.round(action.expectKiB / 102.4) / 10
  const gained = readings.flatMap(([at, node, kubepods]) =>
    before && at > actedAt! && at <= actedAt! + 60_000
      ? [{ at, MiB: Math.max(node - before[0], kubepods - before[1]) }]
      : [],
  )
  const freedMiB = gained.length > 0 ? Math.round(Math.max(...gained.map(({ MiB }) => MiB)) * 10) / 10 : null
  const enough = gained.find(({ MiB }) => statedMiB !== null && MiB >= statedMiB * 0.9)
  return {
    name,
    command: action?.command ?? null,
    says: action?.do ?? null,
    exitCode: exitCode ?? null,
    statedMiB,
    freedMiB,
    afterSeconds: enough ? Math.round((enough.at - actedAt!) / 100) / 10 : null,
    buysTime,
    isRight: buysTime || enough !== undefined || (action !== undefined && !action.expectKiB),
  }
}

/** It says itself that what it frees may be used again. */
export function onlyBuysTime(text: string): boolean {
  const { actions } = messagesOf('en')
  const recreated = ['DaemonSet', 'StaticPod'].map(kind => actions.recreatedHere({ kind }))
  return [...recreated, actions.ownerUnknown].some(each => text.includes(each))
}

/** From the kernel's stamp of a workload's second kill to the receipt of the alert about its loop, ms. */
export function loopAlertsMs({
  received,
  kills,
}: ReliefCase): readonly { readonly comm: string; readonly ms: number }[] {
  return Object.values(Object.groupBy(kills, ({ comm }) => comm)).flatMap(of => {
    const second = of?.[1]
    const found = received.find(
      ({ alert }) => alert.type === 'respawn-loop' && second && alert.loop?.pids.includes(second.pid),
    )
    return second && found ? [{ comm: second.comm, ms: Math.round(found.at - second.at) }] : []
  })
}

function lines<T>(dir: string, name: string): T[] {
  return readFileSync(join(dir, `${name}.jsonl`), 'utf8')
    .split('\n')
    .filter(line => line.endsWith('}'))
    .map(line => JSON.parse(line) as T)
}
