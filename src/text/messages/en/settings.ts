/** Help and errors of settings. */
export const settings = {
  help: {
    root: 'directory below which the host is read; /host in a DaemonSet',
    stateDir: 'directory for the outbox, recordings and the position in the kernel log',
    nodeName: 'name of this node in alerts (default: $NODE_NAME, else the host name)',
    labels: 'static labels of every alert, such as cluster, region, pool',
    source: 'where kernel records come from; auto uses /dev/kmsg and falls back to a log file',
    logFile: 'log file with kernel lines, for source file, and for auto where /dev/kmsg is not permitted',
    webhooks: 'where alerts are sent; without a webhook they are printed to the terminal',
    minSeverity: 'minimum severity to send; webhooks can override it',
    locale: 'language of summaries, chat messages and terminal output',
    timeZone: 'time zone of the times in texts for people, such as Europe/Berlin (default: the zone of this host)',
    runbooks: 'URL of your runbook, for a link in each alert; #TYPE is added, as in docs/operating.md',
    observe: 'dry run: evaluate and count everything, send nothing',
    mute: 'alerts that are not sent, by type, namespace, workload or labels',
    heartbeat: 'time between heartbeats to webhooks; 0 is off',
    loopWindow: 'two node-level kills of one workload within this time are a loop',
    ownLimitLoopWindow: "the same for kills at the workload's own limit",
    stormWindow: 'time window in which node-level OOM events are counted as a storm',
    stormEvents: 'number of OOM events within the storm window (--storm-window) that are a storm',
    recovery: 'an incident ends after headroom and stall have been normal for this long',
    quiet: 'an incident ends at the earliest this long after its last kill',
    logQuiet: 'in a plain log, an incident ends after this time without kills',
    chronic: 'a loop that lasts this long is chronic; after that, a reminder is sent once per this time',
    recordSize: 'disk space for the flight recorder; 0 is off',
    listen: 'address and port for /metrics, /healthz and /readyz, such as 127.0.0.1:9465',
    output: 'what run prints to stdout: text for people where no webhook is set, or every alert as a JSON line',
    protect: 'lock the program in memory and lower oom_score_adj, where permitted',
    hold: 'what to do with containers that use up the memory of the node: off; suggest: put the command that slows them down into the alert; on: ask oomloop hold to slow them down (experimental, cgroup v2)',
    holdLimit: 'longest time for which a container is slowed down',
    singleInstance: 'stay passive while another oomloop is active on this host',
    logLevel: "minimum level of the agent's own log, which goes to stderr",
  },
  /** Of switches that are on by default, what their flag does: `--no-protect`. */
  helpOff: {
    protect: 'do not lock the program in memory, and leave oom_score_adj as it is',
    singleInstance: 'run even while another oomloop is active on this host',
  },
  webhookHelp: {
    name: 'name in logs and status (default: the host of the URL)',
    url: 'where to post',
    urls: 'several URLs, where each must get every alert (the members of an Alertmanager cluster)',
    urlFile: 'file that contains the URL, where the URL is a secret',
    urlEnv: 'environment variable that contains the URL',
    format: 'message format (default: by well-known hosts, else generic)',
    secretFile: 'file with the signing secret; relative to $CREDENTIALS_DIRECTORY under systemd',
    secretEnv: 'environment variable with the signing secret',
    routingKeyFile: 'file with the PagerDuty routing key',
    routingKeyEnv: 'environment variable with the PagerDuty routing key',
    minSeverity: 'minimum severity to send here (default: the setting minSeverity)',
    types: 'only these alert types',
    grouping:
      'none: every alert on its own; incident: one conversation for each incident, as chats need it (default: by format)',
    labels:
      'only alerts that match: type, severity, node, namespace, workload, owner, pod, container, unit, subject, or a static label',
    podLabels: 'only alerts about pods with these labels (known on CRI-O nodes)',
    mentions: 'whom to mention, per severity; @all mentions everybody in the channel',
    headers: 'additional request headers; a value file:PATH or env:NAME is resolved',
    template: 'path of a Handlebars template, for format template',
    prefix: 'text at the start of every message, for the keyword check of a bot',
    locale: 'language of the text sent here (default: the setting locale)',
    timeZone: 'time zone of the times sent here (default: the setting timeZone)',
    timeout: 'time limit of one attempt, from connecting to the end of the response (default 10s)',
    caFile: 'PEM file of certificate authorities to trust',
    certFile: 'PEM file of the client certificate',
    keyFile: 'PEM file of the key of the client certificate',
    tokenFile: 'file with the bearer token, for format kubernetes (default: the mounted service account)',
  },
  mustBe: {
    text: 'a text',
    address: 'ADDRESS:PORT, as 127.0.0.1:9465',
    zone: 'a time zone like Europe/Berlin, UTC or +08:00',
    size: 'a size like 16MiB',
    duration: 'a duration like 30s, 5m or 1h',
    timeout: 'a duration like 10s, of at most 1h',
    boolean: 'true or false',
    within: ({ min, max, zeroIsOff }: { min: string | number; max: string | number; zeroIsOff: boolean }) =>
      `from ${min} to ${max}${zeroIsOff ? ', or 0: off' : ''}`,
    count: ({ min, max }: { min: string | number; max: string | number }) => `a whole number from ${min} to ${max}`,
    choice: ({ choices }: { choices: readonly string[] }) => `one of ${choices.join(', ')}`,
  },
  inFile: ({ key }: { key: string }) => `${key} in the settings file`,
  webhook: ({ number }: { number: number }) => `webhook ${number}`,
  muteRule: ({ number }: { number: number }) => `mute rule ${number}`,
  wrongValue: ({ where, value, mustBe }: { where: string; value: string; mustBe: string }) =>
    `${where} is ${value}, but must be ${mustBe}`,
  severalErrors: ({ errors }: { errors: readonly string[] }) =>
    `${errors.length} errors in the settings:${errors.map(error => `\n  - ${error}`).join('')}`,
  unknownKey: ({
    key,
    file,
    near,
    known,
  }: {
    key: string
    file: string
    near: string | null
    known: readonly string[]
  }) => `unknown key ${key} in ${file}; ${near ? `did you mean ${near}?` : `known: ${known.join(', ')}`}`,
  unknownKeyIn: ({
    where,
    key,
    near,
    known,
  }: {
    where: string
    key: string
    near: string | null
    known: readonly string[]
  }) => `${where} has an unknown key ${key}; ${near ? `did you mean ${near}?` : `known: ${known.join(', ')}`}`,
  unknownVariable: ({ name, near }: { name: string; near: string | null }) =>
    `unknown environment variable ${name}, which has no effect${near ? `; did you mean ${near}?` : ''}`,
  unknownMatcher: ({
    where,
    key,
    near,
    known,
  }: {
    where: string
    key: string
    near: string | null
    known: readonly string[]
  }) =>
    `${where}: labels: ${key} can never match: alerts have no such label; ${
      near ? `did you mean ${near}?` : `known: ${known.join(', ')}. Labels of pods belong under podLabels`
    }`,
  matcherNeverMatches: ({
    where,
    key,
    value,
    possible,
  }: {
    where: string
    key: string
    value: string
    possible: readonly string[]
  }) => `${where}: labels: ${key} is ${value} and can never match; possible here: ${possible.join(', ')}`,
  noAlertType: ({ where, value, known }: { where: string; value: string; known: readonly string[] }) =>
    `${where}: ${value} is not an alert type; the types are ${known.join(', ')}`,
  mustBeMap: ({ where }: { where: string }) => `${where} must be a map of names to values`,
  mustBeText: ({ where }: { where: string }) => `${where} must be a text`,
  mustBeList: ({ where }: { where: string }) => `${where} must be a list`,
  mustBeListOf: ({ where, known }: { where: string; known: readonly string[] }) =>
    `${where} must be a list of ${known.join(', ')}`,
  mustBeHttp: ({ where }: { where: string }) => `${where} must begin with http:// or https://`,
  muteRuleIsEmpty: ({ where, keys }: { where: string; keys: readonly string[] }) =>
    `${where} must name at least one of ${keys.join(', ')}`,
  mentionsAreWrong: ({ where, severities }: { where: string; severities: readonly string[] }) =>
    `${where} must be a map of ${severities.join(', ')} to lists of names, as {critical: ["@all"]}`,
  fileNotPermitted: ({ file }: { file: string }) => `this user cannot read ${file}; using the defaults`,
  fileUnreadable: ({ file, why }: { file: string; why: string }) => `cannot read the settings file ${file}: ${why}`,
  fileIsNoMap: ({ file }: { file: string }) =>
    `the settings file ${file} must contain keys and values, as "stateDir: /var/lib/oomloop"`,
  secretInFile: ({ where, key }: { where: string; key: string }) =>
    `${where}: a secret does not belong in the settings file; use ${key}File or ${key}Env`,
  needsRoutingKey: ({ where }: { where: string }) =>
    `${where}: PagerDuty needs a routing key; set routingKeyFile or routingKeyEnv`,
  noUrl: ({ where }: { where: string }) => `${where} has no url`,
  urlMustBeHttp: ({ where }: { where: string }) =>
    `${where}: the URL must begin with http:// or https:// and name a host`,
  variableNotSet: ({ what, name }: { what: string; name: string }) =>
    `${what}: the environment variable ${name} is not set`,
  variableInUnit: ({ what, name }: { what: string; name: string }) =>
    `${what}: the environment variable ${name} is set in the unit and can only be checked inside the unit`,
  cannotRead: ({ what, path, why }: { what: string; path: string; why: string }) =>
    `${what}: cannot read ${path}: ${why}`,
  fileIsEmpty: ({ what, path }: { what: string; path: string }) => `${what}: ${path} is empty`,
  fileInUnit: ({ what, path, name }: { what: string; path: string; name: string }) =>
    `${what}: ${path} does not exist; the credential ${name} can only be checked inside the unit`,
  noRequest: ({ webhook, why }: { webhook: string; why: string }) =>
    `webhook ${webhook}: cannot make a request (${why})`,
  templateUnknown: ({ webhook, path, near }: { webhook: string; path: string; near: string | null }) =>
    `webhook ${webhook}: the template uses {{${path}}}, which no alert has${near ? `; did you mean ${near}?` : ''}`,
}
