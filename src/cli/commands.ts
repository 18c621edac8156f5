import { flagKeys } from '../settings/table.ts'
import type { Command, Flag } from './command.ts'

const logTimeFlags: readonly Flag[] = [
  { name: 'year', value: 'YEAR' },
  { name: 'tz', value: 'ZONE' },
]
const webhookFlags: readonly Flag[] = [
  { name: 'webhook', value: 'URL', multiple: true },
  { name: 'webhook-secret-file', value: 'FILE' },
]

/** The command line. A new command is a file in this folder, an entry here, and its texts in the catalogues. */
export const commands: readonly Command[] = [
  {
    name: 'run',
    settings: flagKeys,
    flags: webhookFlags,
    positionals: [0, 0],
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'replay',
    settings: [
      'locale',
      'minSeverity',
      'timeZone',
      'loopWindow',
      'ownLimitLoopWindow',
      'stormWindow',
      'stormEvents',
      'recovery',
      'quiet',
      'logQuiet',
    ],
    flags: [{ name: 'alerts' }, { name: 'kills' }, { name: 'grouping', value: 'HOW' }, ...logTimeFlags],
    positionals: [1, Number.POSITIVE_INFINITY],
    load: async () => (await import('./replay.ts')).replay,
  },
  {
    name: 'doctor',
    settings: ['root', 'stateDir', 'locale', 'timeZone'],
    flags: [
      { name: 'json' },
      { name: 'capture', text: 'doctor-capture', value: 'FILE' },
      { name: 'at', value: 'TIME' },
    ],
    positionals: [0, 0],
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    name: 'record',
    settings: ['root', 'nodeName', 'source', 'logFile', 'locale'],
    flags: [
      { name: 'output', text: 'record-output', value: 'FILE' },
      { name: 'capture', text: 'record-capture' },
      { name: 'for', value: 'DURATION' },
      { name: 'redact' },
    ],
    positionals: [0, 0],
    load: async () => (await import('./record.ts')).recordCommand,
  },
  {
    name: 'report',
    settings: ['locale', 'timeZone'],
    flags: [{ name: 'output', text: 'report-output', value: 'FILE' }, ...logTimeFlags],
    positionals: [1, Number.POSITIVE_INFINITY],
    load: async () => (await import('./report.ts')).report,
  },
  {
    name: 'watch',
    settings: ['root', 'stateDir', 'nodeName', 'source', 'logFile', 'locale', 'timeZone'],
    flags: [{ name: 'replay', value: 'FILE' }, { name: 'speed', value: 'N' }, ...logTimeFlags],
    positionals: [0, 0],
    load: async () => (await import('./watch.ts')).watch,
  },
  {
    name: 'status',
    settings: ['stateDir', 'locale', 'timeZone'],
    flags: [{ name: 'json' }],
    positionals: [0, 0],
    load: async () => (await import('./status.ts')).status,
  },
  {
    name: 'notify',
    settings: ['stateDir', 'nodeName', 'locale', 'timeZone', 'minSeverity'],
    flags: [{ name: 'test' }, { name: 'dry-run' }, { name: 'remove-conditions' }, ...webhookFlags],
    positionals: [0, 0],
    load: async () => (await import('./notify.ts')).notifyCommand,
  },
  {
    name: 'hold',
    settings: ['root', 'stateDir', 'holdLimit', 'locale', 'logLevel'],
    flags: [{ name: 'release' }],
    positionals: [0, 0],
    load: async () => (await import('./hold.ts')).holdCommand,
  },
  {
    name: 'config',
    settings: flagKeys,
    flags: webhookFlags,
    positionals: [1, 1],
    load: async () => (await import('./config.ts')).config,
  },
]
