/** Help, usage and errors of commands. */
export const cli = {
  commands: {
    run: {
      usage: '[--webhook URL]…',
      summary: 'monitor this host and send alerts; without a webhook, print them',
      help: 'Runs the agent in the foreground. It reads the kernel log, memory and pressure, and sends alerts to webhooks. SIGTERM stops it; SIGHUP reloads the settings.',
    },
    replay: {
      usage: 'FILE… | -',
      summary: 'analyse kernel logs, recordings or captures with the rules of the live agent',
      help: 'Reads dmesg, syslog, journalctl and console output, exports of log stores, recordings and captures, also packed (gzip, zstd, xz, bzip2, zip). The format is detected. Prints a readable report. Exit code 1 if it finds an OOM kill or an alert.',
    },
    doctor: {
      usage: '[--json]',
      summary: 'check this node for OOM-loop risk, and the agent for blind spots',
      help: 'Applies the rules to this node now, before anything has happened. Exit code 1 if there is an issue to fix.',
    },
    record: {
      usage: '-o FILE [--capture] [--for 10m] [--redact]',
      summary: 'make a recording or a capture of this host, for a bug report',
      help: 'Writes to a file what the agent reads. Command lines and environments are never read.',
    },
    report: {
      usage: 'FILE… -o incident.html',
      summary: 'write a report of an incident as one self-contained HTML page',
      help: 'Reads recordings, captures and kernel logs, alone or together.',
    },
    watch: {
      usage: '[--replay FILE [--speed N]]',
      summary: 'show a live view in the terminal',
      help: 'Shows headroom, pressure, next victims, loops and forecast; works over ssh, from 80x24 upwards. Press q to quit.',
    },
    status: {
      usage: '[--json]',
      summary: 'show the state of the running agent',
      help: 'One screen: uptime, sources, kills seen and missed, alerts waiting to be sent. Exit code 1 while an alert is firing or a source is down, 3 if no agent runs.',
    },
    notify: {
      usage: '--test [--dry-run] | --remove-conditions',
      summary: 'send a test notification to every webhook',
      help: 'Prints for each webhook what was sent, the response, and how to fix a failure. Exit code 1 if a webhook did not accept it.',
    },
    hold: {
      usage: '[--release]',
      summary: 'slow down containers that use up the memory of the node, at the request of the agent (experimental)',
      help: 'Runs beside an agent with hold: on, as root, on cgroup v2. Sets memory.high of the containers that the agent names, and restores the original values: when memory has recovered, after holdLimit, or when the agent or this process stops.',
    },
    config: {
      usage: 'check | print',
      summary: 'check the settings, or print the effective ones',
      help: 'check reports every error in the settings and exits with 2; print shows the effective value of every setting, with secrets redacted.',
    },
  },
  flags: {
    year: 'year of a log without years (default: from the modification time of the file)',
    tz: 'time zone of a log without zones, such as Europe/Berlin or +08:00 (default: the zone of this host)',
    webhook: 'send alerts to this URL instead of the webhooks in the settings file',
    'webhook-secret-file': 'file with the signing secret of --webhook',
    alerts: 'print every change of every alert as JSON lines',
    grouping: 'none or incident: print the messages of a webhook with this grouping and --min-severity, as JSON lines',
    kills: 'print OOM kills as JSON lines',
    json: 'print one JSON object',
    'doctor-capture': 'check a capture instead of this host',
    at: 'moment in the capture: seconds from its start, or ISO 8601 (default: its end)',
    'record-output': 'file to write; .gz compresses (short: -o)',
    'record-capture': 'write the raw text of the files instead of parsed values',
    for: 'stop after this time (default: at Ctrl-C)',
    redact: 'replace the names of pods, namespaces and the host, each by the same word throughout',
    'report-output': 'page to write (short: -o)',
    replay: 'show a recording or a capture instead of this host',
    speed: 'times real time, for --replay (default 10)',
    test: 'send the test notification',
    'dry-run': 'print the requests with secrets redacted; send nothing',
    'remove-conditions': "remove oomloop's conditions from this Node, before an uninstall",
    release: 'restore every original value now, whether or not a process runs',
    config: 'settings file (default /etc/oomloop/oomloop.yaml, if it exists)',
    help: 'show the help of the command',
  },
  overview: {
    title: 'oomloop: detects OOM-kill loops on this node, and the memory exhaustion before them',
    usage: 'usage: oomloop COMMAND [FLAGS]',
    more: 'Run oomloop COMMAND --help for details. Every command takes --config FILE.',
    exitCodes: 'exit codes: 0 ok, 1 findings, 2 usage error, 3 failure',
  },
  /** What each error code means: for the manual page and docs/exit-codes.md. */
  errors: {
    OOMLOOP_USAGE: 'a flag, an argument or a command that does not exist, or a value that it does not take',
    OOMLOOP_SETTINGS: 'a settings file that cannot be read, or that has an unknown key or a wrong value',
    OOMLOOP_INPUT: 'a log, recording or capture that cannot be read, or a file that is none of these',
    OOMLOOP_OUTPUT: 'a file that cannot be written',
    OOMLOOP_STATE_DIR: 'the state directory cannot be created or written',
    OOMLOOP_NO_SOURCE: 'no source of kernel records can be read on this host',
    OOMLOOP_NOT_RUNNING: 'no agent runs on this host, or its status cannot be read',
    OOMLOOP_PLATFORM: 'the kernel or the C library is too old, or this is not Linux',
    OOMLOOP_LISTEN: 'the agent cannot listen on the address for metrics and health',
  },
  /** What a setting does for one command, where that differs. */
  settingsOf: {
    replay: {
      minSeverity:
        'minimum severity of the messages that --grouping prints; the report and --alerts show every severity',
    },
  },
  usage: ({ command, usage }: { command: string; usage: string }) => `usage: oomloop ${command} ${usage}`,
  /** Help of a flag that is a setting, with its default (null: none) and its environment variable. */
  settingHelp: ({ help, standard, variable }: { help: string; standard: string | null; variable: string }) =>
    `${help}${standard === null ? '' : ` (default ${standard})`}; $${variable}`,
  /** Of a flag that switches off what is on by default. */
  switchOffHelp: ({ help, variable }: { help: string; variable: string }) => `${help}; same as $${variable}=false`,
  unknownCommand: ({ kind, name, near }: { kind: 'flag' | 'command'; name: string; near: string | null }) =>
    `unknown ${kind} ${name}; ${near ? `did you mean ${near}?` : 'see oomloop --help'}`,
  seeHelp: ({ message, command }: { message: string; command: string }) => `${message}; see oomloop ${command} --help`,
  needs: ({ command, usage }: { command: string; usage: string }) =>
    `an argument is missing: oomloop ${command} ${usage}`,
  unknownFlag: ({ flag, near }: { flag: string; near: string | null }) =>
    `unknown flag ${flag}${near === null ? '' : ` (did you mean ${near}?)`}`,
  flagNeedsValue: ({ flag }: { flag: string }) => `${flag} needs a value`,
  flagTakesNoValue: ({ flag }: { flag: string }) => `${flag} takes no value`,
  doesNotTake: ({ command, argument }: { command: string; argument: string }) => `${command} does not take ${argument}`,
  flagIs: ({ flag, value, mustBe }: { flag: string; value: string; mustBe: string }) =>
    `--${flag} is ${value}, but must be ${mustBe}`,
  mustBe: {
    year: 'a year like 2023',
    zone: 'a time zone like Europe/Berlin, UTC or +08:00',
    duration: 'a duration like 10m',
    speed: 'a number above 0, like 10',
    moment: 'seconds from the start, or ISO 8601',
  },
  config: {
    what: 'config takes check or print',
    warning: ({ sentence }: { sentence: string }) => `warning: ${sentence}`,
    fine: ({ file, webhooks }: { file: string | null; webhooks: number }) =>
      `settings are valid: ${file ?? 'no settings file, all defaults'}; webhooks: ${webhooks}`,
    webhook: ({
      name,
      format,
      isGuessed,
      minSeverity,
    }: {
      name: string
      format: string
      isGuessed: boolean
      minSeverity: string
    }) => `  ${name}: format ${format}${isGuessed ? ' (detected from the URL)' : ''}, ${minSeverity} and above`,
    effective: ({ file }: { file: string | null }) =>
      `# effective settings (${file ? `from ${file}, environment and flags` : 'no settings file'})`,
    characters: ({ count }: { count: number }) => `<${count} characters>`,
  },
  notify: {
    what: 'notify takes --test, --dry-run or both, or --remove-conditions',
    noKubernetes: 'no webhook has the format kubernetes: nothing to remove',
    removed: ({ node }: { node: string }) => `removed the conditions OOMLoop and MemoryExhaustion from Node ${node}`,
    notRemoved: ({ node, why }: { node: string; why: string }) =>
      `cannot remove the conditions from Node ${node}: ${why}`,
    eventWritten: ({ node }: { node: string }) => `wrote a test Event on Node ${node}`,
    eventRefused: ({ node, why }: { node: string; why: string }) => `cannot write a test Event on Node ${node}: ${why}`,
    noWebhook: 'no webhook is configured: set one with --webhook URL, or under webhooks in the settings file',
  },
  replay: {
    oneOutput: 'replay takes one of --alerts, --kills and --grouping',
    badGrouping: '--grouping is none or incident',
  },
  report: {
    needsOutput: 'report needs -o FILE, the page to write',
    cannotWrite: ({ path, why }: { path: string; why: string }) => `cannot write ${path}: ${why}`,
    written: ({ kills, alerts, path }: { kills: number; alerts: number; path: string }) =>
      `wrote ${path}: ${kills} ${kills === 1 ? 'OOM kill' : 'OOM kills'}, ${alerts} ${alerts === 1 ? 'alert' : 'alerts'}`,
  },
  record: {
    needsOutput: 'record needs -o FILE',
    nothingToRecord: ({ root }: { root: string }) => `${root} has no /proc/meminfo: nothing to record`,
    started: ({ path, isTimed }: { path: string; isTimed: boolean }) =>
      `recording to ${path}${isTimed ? '' : '; press Ctrl-C to stop'}`,
    done: ({ path, duration, records }: { path: string; duration: string; records: number }) =>
      `${path}: ${duration}, ${records} kernel ${records === 1 ? 'record' : 'records'}; analyse it with oomloop replay ${path}`,
  },
  doctor: {
    atNeedsCapture: '--at is a moment in a capture: name the capture with --capture',
    noRoot: ({ path }: { path: string }) => `${path} does not exist: --root must be the root of a host`,
    isLog: ({ path }: { path: string }) => `${path} is a log: doctor reads a host, a capture or a recording`,
    atIsPastEnd: ({ at, seconds }: { at: string; seconds: number }) =>
      `--at ${at} is past the end of the file (${seconds}s)`,
  },
  watch: {
    needsTerminal: 'watch needs a terminal; in a pipe use oomloop replay or oomloop status',
    speedNeedsReplay: '--speed needs --replay FILE',
  },
  run: {
    cannotWrite: ({ path }: { path: string }) =>
      `cannot write to ${path}: run as root, or choose a directory with --state-dir`,
    standby: ({ pid }: { pid: number | null }) =>
      `standby: another oomloop${pid === null ? '' : ` (pid ${pid})`} is active on this host`,
    journalEnded: ({ why }: { why: string }) => `${why}; start both again`,
    protectIsOff: 'switched off by the setting protect',
  },
}
