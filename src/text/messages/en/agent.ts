import { count, units } from './units.ts'

/** Log messages and states of the running agent. */
export const agent = {
  logLinesDropped: 'log lines were dropped',
  /** The agent's own log; it is written in English whatever the locale, as logs are searched by their sentences. */
  log: {
    checkSettings: 'check the settings',
    stateUnreadable: 'the saved state is unreadable; this run starts without it',
    stateDamaged: 'the saved state is damaged; this run starts without it',
    stateCopyUsed: 'the saved state is damaged; its copy is used',
    healthLater: 'the health server starts when this agent becomes active',
    reloadLater: 'settings are reloaded when this agent becomes active',
    kernelSource: 'source of kernel records',
    notProtected: 'not fully protected',
    protected: 'protected',
    textLocked: 'program text locked after the warm-up: this kernel cannot lock pages as they are touched',
    clockSet: 'the clock was set',
    history: 'kills in the kernel log from before oomloop started',
    watching: 'watching',
    alert: 'alert',
    suppressed: 'notification suppressed: observe is on',
    source: { sighted: 'source is up', blind: 'source is down' },
    recordsLost: 'the kernel log overran: records are lost',
    reloaded: 'settings reloaded',
    invalidSettings: 'invalid settings; keeping the previous ones',
    resumed: 'continuing where the previous run ended',
    recordingDamaged: 'the previous recording is damaged in places',
    recordingUnreadable: 'cannot read the previous recording',
    recordingUnwritable: 'cannot write the recording',
    noLock: 'cannot keep the lock of this host: a second oomloop would send every alert twice',
    standby: 'standby: another oomloop is active on this host',
    stopping: 'stopping',
    stepFailed: 'a shutdown step failed',
    stallAlert: 'this node is stalled: sending the prepared alert',
    leftAlerts: 'sending the alerts that the previous run left',
    webhookRemoved: 'alert dropped: its webhook is no longer configured',
    alertSent: 'alert sent',
    alertNotAccepted: 'alert not accepted; trying again',
    alertRefused: 'alert refused; not tried again',
    webhookGone: 'webhook no longer exists: nothing is sent to it until the next start',
    heartbeatAccepted: 'heartbeats are accepted again',
    heartbeatNotAccepted: 'heartbeat not accepted',
    queueFull: 'too many alerts are waiting: the oldest are dropped',
    outboxDamaged: 'outbox records were damaged and are skipped',
    outboxNoSpace: 'no space to reserve the outbox: free some in the state directory',
    outboxRefused: 'cannot write the outbox: alerts are kept in memory until it can be written',
    outboxFull: 'the outbox is full: the newest alert of each incident is on disk, the rest in memory',
    outboxNotSynced: 'cannot sync the outbox to disk',
  },
  /** One line for `systemctl status`. */
  statusLine: ({
    firing,
    more,
    seen,
    counted,
    waiting,
    cannotSave,
    sourcesDown,
  }: {
    readonly firing: { readonly type: string; readonly subject: string } | null
    /** Alerts that fire besides that one. */
    readonly more: number
    readonly seen: number
    readonly counted: number | null
    readonly waiting: number
    readonly cannotSave: boolean
    readonly sourcesDown: readonly string[]
  }) =>
    [
      firing === null ? 'quiet' : `firing: ${firing.type} (${firing.subject})${more > 0 ? ` and ${more} more` : ''}`,
      `${count(seen, 'OOM kill', 'OOM kills')} seen${counted === null ? '' : ` of ${counted}`}`,
      waiting > 0 ? `${count(waiting, 'alert is', 'alerts are')} waiting to be sent` : '',
      cannotSave ? 'cannot save state and recordings' : '',
      sourcesDown.length > 0 ? `source down: ${sourcesDown.join(', ')}` : '',
    ]
      .filter(Boolean)
      .join('; '),
  noStatus: ({ path }: { path: string }) =>
    `no agent runs here: ${path} does not exist; start one with oomloop run, or set --state-dir to its state directory`,
  statusForbidden: ({ path }: { path: string }) =>
    `this user cannot read ${path}, so it is unknown whether an agent runs here; run as root`,
  cannotListen: ({ address, why }: { address: string; why: string }) => `cannot listen on ${address}: ${why}`,
  reopenFailed: ({ why, cause }: { why: string; cause: string }) =>
    `${why}; reopening the previous delivery failed too (${cause}): nothing is sent until the next start`,
  noRecordingDirectory: ({ dir, why }: { dir: string; why: string }) =>
    `cannot create the directory ${dir} for recordings: ${why}`,
  /** Why the agent cannot run here. */
  platform: {
    system: ({ system }: { system: string }) =>
      `run needs Linux, and this is ${system}. replay and report work anywhere.`,
    kernel: ({ least, found }: { least: string; found: string }) =>
      `run needs Linux ${least} or later, and this is ${found}. replay can read its logs.`,
    cLibrary: ({ least, found }: { least: string; found: string | null }) =>
      `run needs glibc ${least} or later, and this is ${found ?? 'another C library'}. Install with install.sh, which brings its own, or use the container image.`,
    entropy:
      'this kernel lacks the system call getrandom, so there are no random numbers for TLS. Update the kernel: the first kernels of RHEL 7 and CentOS 7 lack it, later ones have it.',
  },
  /** What protection the agent lacks. */
  protection: {
    noFfi: 'program text is not locked in memory: this Node.js has no node:ffi',
    notLocked: ({ mappings, error }: { mappings: number; error: number }) =>
      `${count(mappings, 'mapping', 'mappings')} of the program not locked in memory (errno ${error}): needs CAP_IPC_LOCK or LimitMEMLOCK=infinity`,
    score: ({ adj, wanted }: { adj: number; wanted: number }) =>
      `oom_score_adj is ${adj}, not ${wanted}: needs CAP_SYS_RESOURCE or OOMScoreAdjust=${wanted}`,
    scoreUnknown: 'oom_score_adj cannot be read',
  },
  outboxUnusable: ({ dir, why }: { dir: string; why: string }) =>
    `cannot keep alerts in ${dir} (${why}): set --state-dir to a writable directory`,
  /** One message about several loops that began: it names each. */
  moreLoops: ({ count, node, names }: { count: number; node: string; names: readonly string[] }) =>
    `${count} more workloads are in an OOM-kill loop on ${node}: ${names.join(', ')}.`,
  /** One message about several alerts of other types. */
  moreAlerts: ({ count, node, names }: { count: number; node: string; names: readonly string[] }) =>
    `${count} more alerts on ${node}: ${names.join(', ')}.`,
  /** One message about the end of several alerts. */
  allOver: ({ count, node, names }: { count: number; node: string; names: readonly string[] }) =>
    `${count} alerts on ${node} are over: ${names.join(', ')}${count > names.length ? ` and ${count - names.length} more` : ''}.`,
  /** A workload in a list, with its kills. */
  killed: ({ name, kills }: { name: string; kills: number }) => `${name} (${count(kills, 'kill', 'kills')})`,
  /** The agent stops while an alert is open: how it is now. */
  handover: (facts: {
    readonly node: string
    readonly type: string
    readonly name: string | null
    readonly secondsSinceKill: number | null
    readonly headroom: { readonly size: string; readonly percent: string } | null
  }) =>
    [
      `oomloop stops on ${facts.node}.`,
      `Still open: ${facts.type}${facts.name === null ? '' : ` of ${facts.name}`}.`,
      facts.secondsSinceKill === null ? '' : `Last OOM kill: ${units.duration(facts.secondsSinceKill)} ago.`,
      facts.headroom === null ? '' : `Headroom: ${facts.headroom.size} (${facts.headroom.percent}).`,
    ]
      .filter(Boolean)
      .join(' '),
  previousBootLooped: ({ summary }: { summary: string }) => `The previous boot ended in an OOM loop: ${summary}`,
  previousBootExhausted: ({ summary }: { summary: string }) => `The previous boot ended out of memory: ${summary}`,
  /** The end of an alert of an earlier boot. */
  endedWithBoot: ({ node, summary }: { node: string; summary: string }) => `${node} was rebooted. Before: ${summary}`,
  /** The end of an alert that the agent lost at its restart. */
  lostAtRestart: ({ summary }: { summary: string }) =>
    `oomloop was restarted and no longer tracks this alert. If the problem continues, a new alert is sent. Before: ${summary}`,
  unseenKills: ({ kills }: { kills: number }) =>
    `the kernel counted ${kills} OOM ${kills === 1 ? 'kill' : 'kills'} that no source has shown`,
  stateDirectoryUp: ({ path }: { path: string }) => `${path} can be written again`,
  stateDirectoryGone: ({ path }: { path: string }) => `${path} was removed while the agent runs`,
  stateDirectoryRefuses: ({ path, why }: { path: string; why: string }) => `${path} cannot be written (${why})`,
  stateDirectoryStalled: ({ path, seconds }: { path: string; seconds: number }) =>
    `the disk under ${path} hangs: a write has been waiting for ${units.duration(seconds)}`,
}
