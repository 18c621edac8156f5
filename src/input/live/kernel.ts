import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { OomloopError } from '../../errors.ts'
import { settingsTable } from '../../settings/table.ts'
import { messagesOf } from '../../text/messages/catalogues.ts'
import type { Locale, Observation, Source } from '../../types.ts'
import { createJournalSource } from './journal.ts'
import { createKmsgSource, whyNoKmsg } from './kmsg.ts'
import type { KmsgPosition } from './kmsg-feed.ts'
import { createLogFileSource, type LogFileResume } from './log-file.ts'

export interface KernelSourceOptions {
  readonly source: 'auto' | 'kmsg' | 'file' | 'journal'
  /** Directory under which the host's device and log lie. */
  readonly root: string
  readonly logFile: string
  /** Language of the state that is reported; default en. */
  readonly locale?: Locale
  readonly bootId: string | null
  /** Records up to this one are not emitted again. */
  readonly resumeAfter?: KmsgPosition
  /** The same of a log file. */
  readonly resumeFileAfter?: LogFileResume
  readonly onPosition?: (seq: number) => void
  /** Called with each record of /dev/kmsg as it was read, before it is parsed. */
  readonly onRaw?: (raw: Buffer, at: number) => void
  /** Older backlog is skipped (ms since the epoch), because old kills are not reported. */
  readonly notBefore: number
  /** Called once with the source that was chosen, and why. */
  readonly onChoice: (choice: { readonly source: string; readonly why: string }) => void
}

/**
 * The source of kernel records for this host: /dev/kmsg where it may be read, else a log file that the host's syslog
 * writes, else /dev/kmsg, retried until it can be read. Throws OOMLOOP_NO_SOURCE where the journal is asked for and
 * stdin is a terminal.
 */
export function createKernelSource(options: KernelSourceOptions): Source {
  const device = devicePath(options.root)
  const logFile = join(options.root, options.logFile)
  const denied = options.source === 'auto' || options.source === 'kmsg' ? whyNoKmsg(device, options.locale) : undefined
  const choice = choose(options, { device, logFile, denied })
  options.onChoice({ source: choice.source.name, why: choice.why })
  return {
    name: choice.source.name,
    start: async emit => {
      await choice.source.start(observation => {
        if (!isOld(observation, options.notBefore)) emit(observation)
      })
      // After what piled up: a source that reports says that everything before was read.
      if (denied && choice.source.name !== 'kmsg')
        emit({ kind: 'source', at: Date.now(), source: 'kmsg', state: 'blind', why: denied, steady: true })
    },
    stop: choice.source.stop,
    ...(choice.source.catchUp && { catchUp: choice.source.catchUp }),
  }
}

interface Found {
  readonly device: string
  readonly logFile: string
  readonly denied: string | undefined
}

function choose(options: KernelSourceOptions, { device, logFile, denied }: Found): { source: Source; why: string } {
  const { bootId, resumeAfter, resumeFileAfter, onPosition, onRaw, locale = 'en' } = options
  const t = messagesOf(locale).input.kernelSource
  const kmsg = (why: string) => ({
    source: createKmsgSource({ path: device, bootId, resumeAfter, onPosition, onRaw, locale }),
    why,
  })
  const file = (path: string) =>
    createLogFileSource({ path, locale, ...(resumeFileAfter && { resumeAfter: resumeFileAfter }) })
  switch (options.source) {
    case 'kmsg':
      return kmsg(t.asSet({ what: null }))
    case 'file': {
      // The default name is Debian's: where it does not exist, the log of another distribution is meant.
      const isDefault = options.logFile === settingsTable.logFile.default
      const found = isDefault && !isReadable(logFile) ? newestOf(logsBelow(options.root).filter(isReadable)) : undefined
      const path = found ?? logFile
      return { source: file(path), why: t.asSet({ what: path }) }
    }
    case 'journal':
      if (process.stdin.isTTY) throw new OomloopError('OOMLOOP_NO_SOURCE', t.noPipe)
      return { source: createJournalSource(process.stdin, locale), why: t.asSet({ what: t.standardInput }) }
    case 'auto': {
      if (denied === undefined) return kmsg(t.readable)
      const path = newestOf([logFile, ...logsBelow(options.root)].filter(isReadable))
      if (path !== undefined) return { source: file(path), why: denied }
      return kmsg(t.noLogFile({ logFile }))
    }
  }
}

/** Where syslog daemons put kernel lines: Debian, Red Hat and SUSE, busybox. */
const usualLogs = ['/var/log/kern.log', '/var/log/messages', '/var/log/syslog']

function logsBelow(root: string): readonly string[] {
  return usualLogs.map(log => join(root, log))
}

/** The log that was written last. Others may be left over from an earlier syslog daemon. */
function newestOf(paths: readonly string[]): string | undefined {
  const dated = paths.map(path => ({ path, at: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
  return dated.sort((a, b) => b.at - a.at)[0]?.path
}

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
