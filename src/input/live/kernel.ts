import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'
import { OomloopError } from '../host/errors.ts'
import type { Observation, Source } from '../types.ts'
import { createJournalSource } from './journal.ts'
import { createKmsgSource, whyNoKmsg } from './kmsg.ts'
import type { KmsgPosition } from './kmsg-feed.ts'
import { createLogFileSource } from './log-file.ts'

export interface KernelSourceOptions {
  readonly source: 'auto' | 'kmsg' | 'file' | 'journal'
  /** Directory under which the host's device and log lie. */
  readonly root: string
  readonly logFile: string
  readonly bootId: string | null
  /** Nothing up to there is told again. */
  readonly resumeAfter?: KmsgPosition
  readonly onPosition?: (seq: number) => void
  /** Told each record of /dev/kmsg as it was read, before what was made of it. */
  readonly onRaw?: (raw: Buffer, at: number) => void
  /** Backlog from before this moment is passed over, ms since the epoch: old kills are history, not news. */
  readonly notBefore: number
  /** Told once which source it is, and why. */
  readonly onChoice: (choice: { readonly source: string; readonly why: string }) => void
}

/**
 * The source of kernel records for this host: /dev/kmsg where it may be read, else a log file that the host's syslog
 * writes, else /dev/kmsg again and again until it may. Throws OOMLOOP_NO_SOURCE where the journal is asked for and
 * nobody pipes it in.
 */
export function createKernelSource(options: KernelSourceOptions): Source {
  const device = devicePath(options.root)
  const logFile = join(options.root, options.logFile)
  const denied = options.source === 'auto' || options.source === 'kmsg' ? whyNoKmsg(device) : undefined
  const choice = choose(options, { device, logFile, denied })
  options.onChoice({ source: choice.source.name, why: choice.why })
  return {
    name: choice.source.name,
    start: emit => {
      if (denied && choice.source.name !== 'kmsg')
        emit({
          kind: 'source',
          at: Date.now(),
          source: 'kmsg',
          state: 'blind',
          why: `${device} ${denied}`,
          steady: true,
        })
      return choice.source.start(observation => {
        if (!isOld(observation, options.notBefore)) emit(observation)
      })
    },
    stop: choice.source.stop,
  }
}

interface Found {
  readonly device: string
  readonly logFile: string
  readonly denied: string | undefined
}

function choose(options: KernelSourceOptions, { device, logFile, denied }: Found): { source: Source; why: string } {
  const kmsg = (why: string) => {
    const { bootId, resumeAfter, onPosition, onRaw } = options
    return { source: createKmsgSource({ path: device, bootId, resumeAfter, onPosition, onRaw }), why }
  }
  switch (options.source) {
    case 'kmsg':
      return kmsg('as set')
    case 'file':
      return { source: createLogFileSource({ path: logFile }), why: `as set: ${logFile}` }
    case 'journal':
      if (process.stdin.isTTY)
        throw new OomloopError(
          'OOMLOOP_NO_SOURCE',
          'source journal reads standard input: journalctl --dmesg --follow --lines=0 --output=json | oomloop run --source journal',
        )
      return { source: createJournalSource(), why: 'as set: standard input' }
    case 'auto': {
      if (denied === undefined) return kmsg('it can be read')
      const path = [logFile, ...usualLogs.map(log => join(options.root, log))].find(isReadable)
      if (path !== undefined) return { source: createLogFileSource({ path }), why: `${device} ${denied}` }
      return kmsg(`no ${logFile} can be read either: tried again every few seconds`)
    }
  }
}

/** Where syslog daemons put kernel lines: Debian, Red Hat and SUSE, busybox. */
const usualLogs = ['/var/log/kern.log', '/var/log/messages', '/var/log/syslog']

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false // not there, or not ours to read
  }
}

/** The host's device below the root; a privileged container has it in its own /dev. */
function devicePath(root: string): string {
  const path = join(root, 'dev/kmsg')
  return existsSync(path) ? path : '/dev/kmsg'
}

function isOld(observation: Observation, notBefore: number): boolean {
  return (
    observation.kind === 'kernel' &&
    observation.estimated === true &&
    observation.at !== null &&
    observation.at < notBefore
  )
}
