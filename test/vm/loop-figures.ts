import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openReplaySource } from '../../src/input/playback/replay.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Alert, Observation } from '../../src/types.ts'

/** One OOM loop inside the machine, by the observer and by the agent's own recording. Times are ms of the same clock. */
export interface LoopFigures {
  readonly protected: boolean
  readonly agentAlive: boolean
  /** What the kernel killed, by the observer. */
  readonly kills: readonly { readonly at: number; readonly pid: number; readonly comm: string }[]
  /** What the webhook got, in order of arrival. */
  readonly received: readonly { readonly at: number; readonly body: string; readonly alert: Alert }[]
  /** Ids of what the agent's core judged, by its log, in order. */
  readonly judged: readonly string[]
  /** The alerts that a replay of the agent's recording gives, as JSON. */
  readonly replayed: readonly string[]
  /** Pids of these kills that are in the recording, in its order. */
  readonly recordedPids: readonly number[]
  /** How late the sampler was, each time it read memory during the loop. */
  readonly gapsMs: readonly number[]
  /** How late the observer itself was woken, each time that it waited 50 ms: the machine's own delay. */
  readonly witnessLateMs: readonly number[]
  /** From the observer's reading of a kill line to the agent's. */
  readonly seenAfterMs: readonly number[]
  /** From the second kill of a workload to the loop's alert at the webhook; null: it never came. */
  readonly loopAlertMs: number | null
  readonly majorFaults: number | null
  readonly rssMiB: number | null
}

interface AgentFile {
  readonly protected: boolean
  readonly alive: boolean
  readonly loopFrom: number
  readonly before: { readonly majorFaults: number }
  readonly after: { readonly majorFaults: number; readonly VmRSS: number } | null
}

/** Reads what loop.py left in a folder of /out. */
export async function readLoop(dir: string): Promise<LoopFigures> {
  const agent = JSON.parse(readFileSync(join(dir, 'agent.json'), 'utf8')) as AgentFile
  const kills = lines<{ at: number; kmsg: string }>(dir, 'kmsg').flatMap(({ at, kmsg }) => {
    const found = killIn(kmsg)
    return found ? [{ at, ...found }] : []
  })
  const received = lines<{ at: number; body: string }>(dir, 'alerts').map(({ at, body }) => ({
    at,
    body,
    alert: JSON.parse(body) as Alert,
  }))
  const observations: Observation[] = []
  const replayed: string[] = []
  const pipeline = createPipeline()
  for await (const observation of openReplaySource([join(dir, 'state/recordings')], {
    settings: defaultCoreSettings,
  })) {
    observations.push(observation)
    for (const alert of pipeline.observe(observation)) replayed.push(JSON.stringify(alert))
  }
  const readAt = new Map<number, number>()
  for (const observation of observations) {
    const found = observation.kind === 'kernel' && observation.at !== null ? killIn(observation.text) : undefined
    if (found && observation.at !== null) readAt.set(found.pid, observation.at)
  }
  const own = new Set(kills.map(({ pid }) => pid))
  const loop = received.find(({ alert }) => alert.type === 'respawn-loop')
  const second = loop && kills.filter(({ pid }) => loop.alert.loop?.pids.includes(pid))[1]
  const until = kills.at(-1)?.at ?? agent.loopFrom
  return {
    protected: agent.protected,
    agentAlive: agent.alive,
    kills,
    received,
    judged: judgedIn(readFileSync(join(dir, 'agent.log'), 'utf8')),
    replayed,
    recordedPids: [...readAt.keys()].filter(pid => own.has(pid)),
    gapsMs: observations.flatMap(observation =>
      observation.kind === 'memory' && observation.at >= agent.loopFrom && observation.at <= until
        ? [observation.lateMs ?? 0]
        : [],
    ),
    witnessLateMs: lines<{ at: number; ms: number }>(dir, 'late').flatMap(({ at, ms }) =>
      at >= agent.loopFrom && at <= until ? [ms] : [],
    ),
    seenAfterMs: kills.flatMap(({ pid, at }) => (readAt.has(pid) ? [readAt.get(pid)! - at] : [])),
    loopAlertMs: loop && second ? loop.at - second.at : null,
    majorFaults: agent.after && agent.after.majorFaults - agent.before.majorFaults,
    rssMiB: agent.after && Math.round(agent.after.VmRSS / 1024),
  }
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** The longest pause of the emulated machine itself, ms: how late an observer was that does nothing but wait. */
export function machineLateMs({ witnessLateMs }: LoopFigures): number {
  return Math.round(Math.max(...witnessLateMs))
}

/** One row a loop, for people. */
export function table(loops: Readonly<Record<string, LoopFigures>>): string {
  const rows = Object.entries(loops).map(([name, loop]) => {
    const ms = (value: number | null) => (value === null ? 'never' : `${Math.round(value)} ms`)
    return [
      name,
      `${loop.recordedPids.length} of ${loop.kills.length}`,
      loop.agentAlive ? 'alive' : 'dead',
      `${ms(quantile(loop.gapsMs, 0.99))} / ${ms(Math.max(...loop.gapsMs))}`,
      `${ms(quantile(loop.witnessLateMs, 0.99))} / ${ms(Math.max(...loop.witnessLateMs))}`,
      `${ms(quantile(loop.seenAfterMs, 0.5))} / ${ms(Math.max(...loop.seenAfterMs))}`,
      ms(loop.loopAlertMs),
      String(loop.majorFaults ?? '–'),
      `${loop.rssMiB ?? '–'} MiB`,
    ]
  })
  const head = [
    'loop',
    'kills seen',
    'agent',
    'gap p99 / longest',
    "witness' gap",
    'seen after, median / worst',
    '2nd kill → webhook',
    'major faults',
    'RSS',
  ]
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

/** An alert that is sent again after a restart is logged again, under the same id. */
function judgedIn(log: string): readonly string[] {
  const entries = log
    .split('\n')
    .flatMap(line => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []))
  return [...new Set(entries.filter(({ msg }) => msg === 'alert').map(({ id }) => String(id)))]
}

function killIn(text: string): { pid: number; comm: string } | undefined {
  const found = /Killed process (\d+) \((.*)\) total-vm:/.exec(text)
  return found ? { pid: Number(found[1]), comm: found[2]! } : undefined
}

function lines<T>(dir: string, name: string): T[] {
  return readFileSync(join(dir, `${name}.jsonl`), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as T)
}
