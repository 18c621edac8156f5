import { join } from 'node:path'
import { loadCapture } from '../../bench/leadtime/captures.ts'
import { alertTimes } from '../../bench/leadtime/judge.ts'
import { boot, type Finished } from './machine.ts'

/** What the whole program said of one scenario of node.py. Seconds from its start; null = never. */
export interface Called {
  readonly name: string
  readonly crisis: boolean
  readonly warning: number | null
  readonly critical: number | null
  /** At node level, the limit of kubepods included. */
  readonly firstKill: number | null
}

export interface Played {
  readonly run: Finished
  readonly called: readonly Called[]
}

export interface Play {
  readonly names: readonly string[]
  /** How long each healthy scenario goes on. */
  readonly healthySeconds: number
  /** The machine is ended after this long. */
  readonly seconds: number
  readonly onConsole?: (text: string) => void
}

/** Plays scenarios of node.py in one machine, one after the other, and judges the captures that it brings back. */
export async function play({ names, healthySeconds, seconds, onConsole }: Play): Promise<Played> {
  const run = await boot({
    script: `#!/bin/sh\nSECONDS_HEALTHY=${healthySeconds} exec python3 /put/scenario/node.py ${names.join(' ')}\n`,
    files: { scenario: join(import.meta.dirname, 'node') },
    seconds,
    ...(onConsole && { onConsole }),
  })
  return { run, called: run.exitCode === 0 ? names.map(name => judge(run.outDir, name)) : [] }
}

function judge(outDir: string, name: string): Called {
  const capture = loadCapture(outDir, name)
  const { truth } = capture
  const first = alertTimes(capture)
  const seconds = (at: number | undefined) => (at === undefined ? null : Math.round((at - truth.from) / 100) / 10)
  const times = (severity: string) =>
    [...first].filter(([key]) => key.endsWith(` ${severity}`) && !key.startsWith('agent')).map(([, at]) => at)
  const earliest = (all: readonly number[]) => (all.length > 0 ? Math.min(...all) : undefined)
  return {
    name,
    crisis: truth.crisis,
    warning: seconds(earliest([...times('warning'), ...times('critical')])),
    critical: seconds(earliest(times('critical'))),
    firstKill: seconds(truth.kills.find(({ nodeLevel }) => nodeLevel)?.at),
  }
}

export function table(called: readonly Called[]): string {
  const cell = (seconds: number | null) => (seconds === null ? '–' : `${seconds} s`)
  const rows = called.map(({ name, crisis, warning, critical, firstKill }) => {
    const lead = crisis && warning !== null && firstKill !== null ? `${Math.round(firstKill - warning)} s` : '–'
    return [name, crisis ? 'crisis' : 'healthy', cell(warning), cell(critical), cell(firstKill), lead]
  })
  const head = ['scenario', 'is', 'warning', 'critical', 'first kill', 'lead']
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

export const crises = ['growth-slow-disk', 'growth-fast-disk', 'kubepods-limit', 'kubepods-limit-without-files', 'zram']
export const healthy = [
  'healthy-compile',
  'healthy-churn',
  'healthy-database-warm-up',
  'healthy-own-limit-thrash',
  'healthy-tmpfs-fills-and-empties',
  'healthy-zram',
]
