import type { KernelRecord, UnitLine } from '../../../types.ts'
import { type KillerLine, parseKillerLine, parseNohangVictim } from '../../killers/killer-line.ts'
import { parseTerminationLine } from '../../killers/termination-line.ts'
import type { LineParser } from '../format.ts'
import { victimPidAt } from '../kernel-phrases.ts'
import type { LogLine } from '../text.ts'
import type { PastedKiller, PastedRecord } from './pasted-line.ts'
import { createQuotations } from './quotations.ts'

/** Takes what a reader found in a line, in the order of the log. */
export interface RecordTaker {
  readonly observation: (observation: KernelRecord | UnitLine, isQuotation?: boolean) => readonly PastedRecord[]
  readonly logLine: (logLine: LogLine, isQuotation?: boolean) => readonly PastedRecord[]
  /** What another OOM killer says in a text, as far as the writer that is named can be one. */
  readonly killers: (logLine: LogLine) => readonly PastedKiller[]
  /** The line that `killers` read last, for the detectors: where its format names no daemon that is followed. */
  readonly unitLine: () => UnitLine | undefined
  /** Whether the lines so far have opened an OOM report, and not yet come to its kill. */
  readonly isWithinReport: () => boolean
}

/** Screens that were typed or read by a program have blanks where the kernel has none: `total-vm: 140620kB`. */
function withoutBlanks(text: string): string {
  return text.includes('Killed process')
    ? text.replace(/\b(total-vm|anon-rss|file-rss|shmem-rss|pgtables): (?=\d)/g, '$1:')
    : text
}

export function createRecordTaker(strict: LineParser): RecordTaker {
  let isWithinReport = false
  let nohangVictim: { readonly pid: number; readonly victim: string } | undefined
  let unitLine: UnitLine | undefined
  /** Kills that were read, for a line that only quotes one. */
  const quotations = createQuotations()

  const follow = (text: string): void => {
    if (victimPidAt(text) >= 0) isWithinReport = false
    else if (/ invoked oom-killer: |^\[\s*pid\s*\]\s+uid|Tasks state/.test(text)) isWithinReport = true
  }

  const take: RecordTaker['observation'] = (one, isQuotation = false) => {
    const observation = one.kind === 'kernel' ? { ...one, text: withoutBlanks(one.text) } : one
    if (observation.kind === 'kernel') {
      follow(observation.text)
      if (!quotations.isNew(observation.text, isQuotation)) return []
    }
    const host = strict.lastHost()
    return [{ observation, ...(host !== undefined && observation.kind === 'kernel' && { host }) }]
  }

  return {
    observation: take,
    logLine: (logLine, isQuotation) => {
      const observation = strict.accept(logLine)
      return observation ? take(observation, isQuotation) : []
    },
    killers: ({ text, unit, at, host, stampUs }) => {
      const writer = unit?.replace(/\.service$/, '')
      if (writer === undefined || writer.startsWith('nohang')) nohangVictim = parseNohangVictim(text) ?? nohangVictim
      const says = parseKillerLine(text, unit === undefined ? undefined : writer)
      unitLine = unitLineOf({ text, writer, at, stampUs, says }) ?? unitLine
      if (!says) return []
      const whole = says.by === 'nohang' && nohangVictim ? { ...says, ...nohangVictim } : says
      return [{ says: whole, at: at ?? null, ...(host !== undefined && { host }) }]
    },
    unitLine: () => {
      const taken = unitLine
      unitLine = undefined
      return taken
    },
    isWithinReport: () => isWithinReport,
  }
}

interface Read {
  readonly text: string
  readonly writer: string | undefined
  readonly at: number | null | undefined
  readonly stampUs: number | undefined
  readonly says: KillerLine | undefined
}

/** `I0321 10:05:20.1 812 kubelet.go:2410] "SyncLoop ADD" …` without a syslog around it is kubelet's, too. */
function unitLineOf({ text, writer, at, stampUs, says }: Read): UnitLine | undefined {
  const unit =
    writer ??
    (says ? writerOf[says.by] : parseNohangVictim(text) ? 'nohang' : parseTerminationLine(text) ? 'kubelet' : undefined)
  const when = at ?? (stampUs === undefined ? undefined : Math.floor(stampUs / 1000))
  if (unit === undefined || when === undefined || (!says && writer !== undefined)) return undefined
  return {
    kind: 'unit-line',
    at: when,
    unit,
    line: text.slice(0, 4096),
    ...(at == null && stampUs !== undefined && { stampUs }),
  }
}

const writerOf: Readonly<Record<KillerLine['by'], string>> = {
  kernel: 'systemd',
  'kubelet-eviction': 'kubelet',
  'systemd-oomd': 'systemd-oomd',
  earlyoom: 'earlyoom',
  nohang: 'nohang',
  oomd: 'oomd',
  lmkd: 'lmkd',
  talos: 'talos',
}
