/**
 * Every setting, once: its name in the settings file, default, unit and help. Flags (`--loop-window`) and environment
 * variables (`OOMLOOP_LOOP_WINDOW`) follow from the name; `--help`, the man page and docs/settings.md are made from here.
 */
export type SettingKind =
  | 'text'
  | 'path'
  | 'address'
  | 'duration'
  | 'size'
  | 'count'
  | 'boolean'
  | 'choice'
  | 'map'
  | 'list'

export interface Setting {
  readonly kind: SettingKind
  /** As it would be written in the settings file. */
  readonly default: string | number | boolean | null
  readonly choices?: readonly string[]
  /** Least and most, as they would be written in the settings file. */
  readonly min?: string | number
  readonly max?: string | number
  /** 0 is allowed below `min`, and switches it off. */
  readonly zeroIsOff?: boolean
  /** Only in the settings file: its value is a map or a list of maps. */
  readonly fileOnly?: boolean
  readonly help: string
}

export const settingsTable = {
  root: { kind: 'path', default: '/', help: 'directory under which the host is read: /host inside a DaemonSet' },
  stateDir: {
    kind: 'path',
    default: '/var/lib/oomloop',
    help: 'directory for the outbox, recordings and the position in the kernel log',
  },
  nodeName: {
    kind: 'text',
    default: null,
    help: 'name of this node in alerts (default: $NODE_NAME, else the host name)',
  },
  labels: { kind: 'map', default: null, fileOnly: true, help: 'static labels of every alert: cluster, region, pool' },
  source: {
    kind: 'choice',
    default: 'auto',
    choices: ['auto', 'kmsg', 'file', 'journal'],
    help: 'where kernel records come from; auto takes /dev/kmsg and falls back',
  },
  logFile: {
    kind: 'path',
    default: '/var/log/kern.log',
    help: 'log that holds kernel lines, for source file (and for auto where /dev/kmsg is not permitted)',
  },
  webhooks: { kind: 'list', default: null, fileOnly: true, help: 'where alerts go; none prints them to the terminal' },
  minSeverity: {
    kind: 'choice',
    default: 'warning',
    choices: ['info', 'warning', 'critical'],
    help: 'least severity that is sent, where a webhook does not say otherwise',
  },
  locale: { kind: 'choice', default: 'en', choices: ['en', 'zh-CN'], help: 'language of summaries and chat texts' },
  runbooks: {
    kind: 'text',
    default: null,
    help: 'address of your runbook, which alerts then link to; #TYPE is added, as in docs/operating.md',
  },
  observe: { kind: 'boolean', default: false, help: 'judge and count everything, send nothing' },
  mute: {
    kind: 'list',
    default: null,
    fileOnly: true,
    help: 'alerts that are not sent: namespace, workload, labels, type',
  },
  heartbeat: {
    kind: 'duration',
    default: '0',
    min: '1s',
    max: '7d',
    zeroIsOff: true,
    help: 'time between heartbeats to webhooks; 0 is off',
  },
  loopWindow: {
    kind: 'duration',
    default: '1h',
    min: '1s',
    max: '7d',
    help: 'a node-level kill and the next of the same workload make a loop within this',
  },
  ownLimitLoopWindow: {
    kind: 'duration',
    default: '30m',
    min: '1s',
    max: '7d',
    help: 'the same where a workload dies of its own limit',
  },
  stormWindow: {
    kind: 'duration',
    default: '5m',
    min: '1s',
    max: '1d',
    help: 'window in which node-level OOM events make a storm',
  },
  stormEvents: { kind: 'count', default: 3, min: 2, max: 1000, help: 'OOM events in that window that make a storm' },
  recovery: {
    kind: 'duration',
    default: '5m',
    min: '1s',
    max: '1d',
    help: 'headroom and stall must be back for this long before an incident ends',
  },
  quiet: {
    kind: 'duration',
    default: '10m',
    min: '1s',
    max: '7d',
    help: 'an incident ends no sooner than this after its last kill',
  },
  logQuiet: {
    kind: 'duration',
    default: '1h',
    min: '1s',
    max: '7d',
    help: 'in a bare log an incident ends after this without kills',
  },
  chronic: {
    kind: 'duration',
    default: '1d',
    min: '10m',
    max: '30d',
    help: 'a loop that goes on for this long is chronic: one reminder in each such time',
  },
  recordSize: { kind: 'size', default: '16MiB', help: 'disk that the flight recorder may take; 0 is off' },
  listen: {
    kind: 'address',
    default: null,
    help: 'address:port for /metrics, /healthz and /readyz, as 127.0.0.1:9465',
  },
  protect: {
    kind: 'boolean',
    default: true,
    help: 'lock the program text in memory and lower oom_score_adj, where permitted',
  },
  oneVoice: { kind: 'boolean', default: true, help: 'stand by while another oomloop watches this host' },
  logLevel: {
    kind: 'choice',
    default: 'info',
    choices: ['debug', 'info', 'warn', 'error'],
    help: "least level of the agent's own log, which goes to stderr",
  },
} as const satisfies Record<string, Setting>

export type SettingKey = keyof typeof settingsTable

export const settingKeys = Object.keys(settingsTable) as SettingKey[]

/** The flag of a setting: `stateDir` → `state-dir`. */
export function flagOf(key: SettingKey): string {
  return key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}

/** The environment variable of a setting: `stateDir` → `OOMLOOP_STATE_DIR`. */
export function environmentOf(key: SettingKey): string {
  return `OOMLOOP_${key.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`
}
