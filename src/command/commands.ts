import { settingKeys } from '../settings/table.ts'
import type { Command, Flag } from './command.ts'

const logTimeFlags: readonly Flag[] = [
  { name: 'year', value: 'YEAR', help: "year of a log that names none (default: from the file's own time)" },
  {
    name: 'tz',
    value: 'ZONE',
    help: 'time zone of a log that names none, as Europe/Berlin or +08:00 (default: that of this host)',
  },
]
const webhookFlags: readonly Flag[] = [
  {
    name: 'webhook',
    value: 'URL',
    multiple: true,
    help: 'post alerts there, instead of the webhooks in the settings file',
  },
  { name: 'webhook-secret-file', value: 'FILE', help: 'file that holds the signing secret of --webhook' },
]
const shellSettings = settingKeys.filter(key => !['labels', 'webhooks', 'mute'].includes(key))

/** The command line. A new command is a file in this folder and an entry here. */
export const commands: readonly Command[] = [
  {
    name: 'run',
    usage: '[--webhook URL]…',
    summary: 'watch this host and send alerts; without a webhook print them',
    help: 'The agent, in the foreground. It reads the kernel log, memory and pressure, and sends alerts to webhooks. SIGTERM ends it, SIGHUP reads the settings again.',
    settings: shellSettings,
    flags: webhookFlags,
    positionals: [0, 0],
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'replay',
    usage: 'FILE… | -',
    summary: 'judge kernel logs, recordings or captures as if they happened now',
    help: 'The same pipeline over files: kmsg, dmesg, syslog, journal export, console output (plain or gzip, recognised by themselves), recordings and captures. Prints a readable story unless told otherwise. Exit 1 where it finds an OOM kill or an alert.',
    settings: [
      'locale',
      'loopWindow',
      'ownLimitLoopWindow',
      'stormWindow',
      'stormEvents',
      'recovery',
      'quiet',
      'logQuiet',
    ],
    flags: [
      { name: 'alerts', help: 'alerts as JSON lines, exactly as they would have been sent' },
      { name: 'kills', help: 'OOM kills as JSON lines' },
      ...logTimeFlags,
    ],
    positionals: [1, Number.POSITIVE_INFINITY],
    load: async () => (await import('./replay.ts')).replay,
  },
  {
    name: 'doctor',
    usage: '[--json]',
    summary: 'is this node primed for an OOM loop, and is the agent fit to see it',
    help: 'The same rules on this node now, before anything has happened. Exit 1 where there is something to mend.',
    settings: ['root', 'stateDir', 'locale'],
    flags: [
      { name: 'json', help: 'the findings as one JSON object' },
      { name: 'capture', value: 'FILE', help: 'look at a capture instead of this host' },
      {
        name: 'at',
        value: 'TIME',
        help: 'moment in the capture: seconds from its start, or ISO 8601 (default: its end)',
      },
    ],
    positionals: [0, 0],
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    name: 'record',
    usage: '-o FILE [--capture] [--for 10m] [--redact]',
    summary: 'make a recording or a capture of this host, for a bug report',
    help: 'Reads what the agent reads and writes it to a file. Command lines and environments are never read.',
    settings: ['root', 'nodeName', 'source', 'logFile'],
    flags: [
      { name: 'output', value: 'FILE', help: 'where to write; .gz compresses (short: -o)' },
      { name: 'capture', help: 'the raw texts of the files, instead of what was read in them' },
      { name: 'for', value: 'DURATION', help: 'end after this long (default: at Ctrl-C)' },
      { name: 'redact', help: 'replace names of pods, namespaces and the host, each always by the same word' },
    ],
    positionals: [0, 0],
    load: async () => (await import('./record.ts')).recordCommand,
  },
  {
    name: 'report',
    usage: 'FILE… -o incident.html',
    summary: 'the story of an incident as one self-contained page',
    help: 'From recordings, captures, kernel logs, or several together.',
    settings: ['locale'],
    flags: [{ name: 'output', value: 'FILE', help: 'the page to write (short: -o)' }, ...logTimeFlags],
    positionals: [1, Number.POSITIVE_INFINITY],
    load: async () => (await import('./report.ts')).report,
  },
  {
    name: 'watch',
    usage: '[--replay FILE [--speed N]]',
    summary: 'the live view in a terminal',
    help: 'Headroom, pressure, next victims, loops and forecast, over ssh, from 80x24 upwards. q ends it.',
    settings: ['root', 'stateDir', 'nodeName', 'source', 'logFile', 'locale'],
    flags: [
      { name: 'replay', value: 'FILE', help: 'show a recording or a capture instead of this host' },
      { name: 'speed', value: 'N', help: 'times real time, for --replay (default 10)' },
      ...logTimeFlags,
    ],
    positionals: [0, 0],
    load: async () => (await import('./watch.ts')).watch,
  },
  {
    name: 'status',
    usage: '[--json]',
    summary: 'how the agent that runs on this host is',
    help: 'One screen: since when, what it reads, what it saw and lost, what is waiting to be sent. Exit 1 while an incident is open, 3 where no agent runs.',
    settings: ['stateDir'],
    flags: [{ name: 'json', help: 'as one JSON object' }],
    positionals: [0, 0],
    load: async () => (await import('./status.ts')).status,
  },
  {
    name: 'notify',
    usage: '--test [--dry-run]',
    summary: 'send a test notification through every webhook',
    help: 'Prints for each webhook what was sent, the answer, and what to mend. Exit 1 where one did not take it.',
    settings: ['stateDir', 'nodeName', 'locale', 'minSeverity'],
    flags: [
      { name: 'test', help: 'send the test notification' },
      { name: 'dry-run', help: 'print the requests with secrets redacted, send nothing' },
      ...webhookFlags,
    ],
    positionals: [0, 0],
    load: async () => (await import('./notify.ts')).notifyCommand,
  },
  {
    name: 'config',
    usage: 'check | print',
    summary: 'check the settings, or print the effective ones',
    help: 'check says what is wrong and exits 2; print shows every setting as it comes out, secrets redacted.',
    settings: shellSettings,
    flags: webhookFlags,
    positionals: [1, 1],
    load: async () => (await import('./config.ts')).config,
  },
]
