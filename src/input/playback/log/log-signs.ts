import type { KillerLine } from '../../../parse/killers/killer-line.ts'
import { parseConstraintLine } from '../../../parse/oom/oom-constraint.ts'
import { parseInvokedLine } from '../../../parse/oom/oom-header.ts'
import { parseChoiceLine, parseKilledLine } from '../../../parse/oom/oom-victim.ts'
import type { KernelRecord } from '../../../types.ts'
import type { KernelSign, LogSign } from './reading-outcome.ts'

/** A line of another OOM killer, and when it was written. */
interface KillerAt {
  readonly says: KillerLine
  readonly at: number | null
  readonly host?: string
}

/** Collects what a log says of memory besides kills by the kernel: bounded, whatever the log holds. */
interface LogSigns {
  readonly kernel: (record: KernelRecord, where: { readonly line: number; readonly host?: string }) => void
  readonly killer: (killer: KillerAt, line: number) => void
  readonly end: () => void
  readonly list: () => readonly LogSign[]
  readonly leftOut: () => number
}

export function createLogSigns(): LogSigns {
  const signs: LogSign[] = []
  let leftOut = 0
  const killed = new Set<number>()
  /** Oom-killers that were invoked, by host, until their victims are named: reports of two processors may be mixed. */
  const invoked = new Map<string, LogSign[]>()

  const add = (sign: LogSign): void => {
    if (signs.length < maxSigns) signs.push(sign)
    else leftOut++
  }

  /** Both the choice and the kill name it. */
  let lastVictim: number | undefined

  const open = (host: string, sign: LogSign): void => {
    const signs = invoked.get(host) ?? []
    invoked.set(host, [...signs, sign])
    lastVictim = undefined
    if (signs.length === mostOpen) add(invoked.get(host)!.shift()!)
  }

  /** The newest has come to its end. */
  const close = (host: string): void => {
    if (invoked.get(host)?.pop() && invoked.get(host)!.length === 0) invoked.delete(host)
  }

  const kernel: LogSigns['kernel'] = (record, { line, host }) => {
    const { text, at } = record
    const key = host ?? ''
    const where = { line, at, ...(host !== undefined && { host }) }
    const says = (sign: KernelSign['sign'], victim: string | null = null, pid: number | null = null) =>
      ({ ...where, says: { by: 'kernel-sign', sign, victim, pid } }) as const
    const invoker = parseInvokedLine(text)
    if (invoker) {
      open(key, says('no-victim', invoker.invoker))
      return
    }
    // Printed by the OOM killer only: the lines around it are missing.
    if (text.startsWith('Tasks state (memory values in pages)') && !invoked.has(key)) {
      open(key, says('no-victim'))
      return
    }
    const victim = parseKilledLine(text) ?? parseChoiceLine(text) ?? parseConstraintLine(text)
    if (victim) {
      if (lastVictim !== victim.pid) close(key)
      lastVictim = victim.pid
      if (killed.size < 100_000) killed.add(victim.pid)
      return
    }
    if (text.startsWith('Out of memory and no killable processes')) {
      close(key)
      add(says('no-killable'))
    } else if (/^(?:Kernel panic - not syncing: )?System is deadlocked on memory/.test(text)) {
      close(key)
      add(says('deadlocked'))
    } else if (/^Kernel panic - not syncing: ?[Oo]ut of memory/.test(text) || /panic_on_oom is enabled/.test(text)) {
      close(key)
      add(says('panic'))
    } else {
      const reaped = /^oom_reaper: reaped process (\d{1,10}) \((.*)\), now anon-rss:/.exec(text)
      if (reaped && !killed.has(Number(reaped[1]))) {
        close(key)
        killed.add(Number(reaped[1]))
        add(says('reaped', reaped[2]!, Number(reaped[1])))
      }
    }
  }

  return {
    kernel,
    killer: ({ says, at, host }, line) => {
      // A second signal to the same process, and systemd's line about the same cgroup, are no second kill.
      const earlier = signs.findLast(({ says: its }) => its.by === says.by && isSame(its, says))
      if (earlier && isNear(earlier.at, at)) {
        if (says.stage === 'ended')
          signs[signs.indexOf(earlier)] = { ...earlier, says: { ...(earlier.says as KillerLine), stage: 'ended' } }
        return
      }
      // systemd calls it 'oom-kill' as well when systemd-oomd ended the unit.
      const isOomds = signs.findLast(({ says: its }) => its.by === 'systemd-oomd' && isSame(its, says))
      if (says.by === 'kernel' && isOomds && isNear(isOomds.at, at)) return
      add({ line, at, says, ...(host !== undefined && { host }) })
    },
    end: () => {
      for (const sign of [...invoked.values()].flat()) add(sign)
    },
    list: () => signs.toSorted((a, b) => a.line - b.line),
    leftOut: () => leftOut,
  }
}

const maxSigns = 1000
const mostOpen = 4

function isNear(a: number | null, b: number | null): boolean {
  return a === null || b === null || Math.abs(a - b) <= 30_000
}

function isSame(one: LogSign['says'], other: KillerLine): boolean {
  if (one.pid !== null || other.pid !== null) return one.pid === other.pid
  return one.victim !== null && other.victim !== null && baseOf(one.victim) === baseOf(other.victim)
}

/** `/user.slice/…/app-slack.scope` and `app-slack.scope` are one unit. */
function baseOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}
