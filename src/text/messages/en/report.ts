/** The text report of `replay`, and sentences that the page shares with it. */
export const report = {
  unnamedNode: 'an unnamed node',
  node: ({ name, size }: { name: string; size: string | null }) => (size === null ? name : `${name} (${size})`),
  /** What happened: one of these, with `kills` from `oneKill` or `kills`. */
  happened: {
    noIncident: ({ node, span, hasAlerts }: { node: string; span: string; hasAlerts: boolean }) =>
      `No incident on ${node} (${span}): no OOM kills${hasAlerts ? ', only alerts about oomloop itself' : ' and no alerts'}.`,
    unseenKills: ({ node, span, count }: { node: string; span: string; count: number }) =>
      `The kernel counted ${count === 1 ? '1 OOM kill' : `${count} OOM kills`} on ${node} (${span}), but no source has shown ${count === 1 ? 'it' : 'them'}. What was killed is unknown.`,
    noKillsFound: ({ node }: { node: string }) => `No OOM kills found for ${node}.`,
    nodeRanOut: ({ date, node, kills }: { date: string | null; node: string; kills: string }) =>
      `${dated(date, `${node} ran out of memory`)}. ${kills}`,
    sharedLimit: ({ date, node, limit, kills }: { date: string | null; node: string; limit: string; kills: string }) =>
      `${dated(date, `all pods on ${node} together reached their memory limit (${limit})`)}. ${kills}`,
    ownLimit: (facts: { date: string | null; node: string; workload: string; kills: string }) =>
      `${dated(facts.date, `${facts.workload} reached its own memory limit on ${facts.node}`)}. ${facts.kills} This was not a shortage of the node.`,
    sliceLimit: (facts: { date: string | null; node: string; slice: string; kills: string }) =>
      `${dated(facts.date, `${facts.slice} on ${facts.node} reached its memory limit, which everything in it shares`)}. ${facts.kills} This was not a shortage of the node.`,
    ownLimits: (facts: { date: string | null; node: string; count: number; kills: string }) =>
      `${dated(facts.date, `${facts.count} workloads reached their own memory limits on ${facts.node}`)}. ${facts.kills} This was not a shortage of the node.`,
    leak: ({ date, node, workload }: { date: string | null; node: string; workload: string }) =>
      `${date === null ? '' : `From ${date} on, `}${workload} grew steadily on ${node}. Nothing was OOM-killed.`,
    killedByOthers: ({ date, node }: { date: string | null; node: string }) =>
      `${dated(date, `memory ran short on ${node}, and something other than the kernel stopped processes`)}.`,
    shortOfMemory: ({ node, when, duration }: { node: string; when: string | null; duration: string | null }) =>
      `${when === null ? 'At an unknown time' : `At ${when}`}, ${node} ran short of memory${duration === null ? '' : ` for ${duration}`}. Nothing was OOM-killed.`,
  },
  undatedKills: ({ count, workloads }: { count: number; workloads: number }) =>
    `The kernel OOM-killed ${count} processes of ${workloads === 1 ? 'one workload' : `${workloads} workloads`}.`,
  oneKill: ({
    clock,
    workload,
    pid,
    size,
  }: {
    clock: string | null
    workload: string
    pid: number
    size: string | null
  }) =>
    `${clock === null ? 'The' : `At ${clock}, the`} kernel OOM-killed ${workload} (pid ${pid}${size === null ? '' : `, ${size}`}).`,
  kills: ({ span, duration, count, workloads }: { span: string; duration: string; count: number; workloads: number }) =>
    `The kernel OOM-killed ${count} processes of ${workloads === 1 ? 'one workload' : `${workloads} workloads`} within ${duration} (${span}).`,
  lowestHeadroom: ({ size }: { size: string }) => `Headroom never fell below ${size}.`,
  headroomFell: ({ size }: { size: string }) => `Headroom fell to ${size}.`,
  stalledUpTo: ({ percent }: { percent: string }) => `Tasks were stalled up to ${percent} of the time.`,
  loop: {
    once: ({ workload, period }: { workload: string; period: string | null }) =>
      `${workload} was OOM-killed twice${period === null ? '' : `, ${period} apart`}, and restarted in between.`,
    often: ({ workload, kills, period }: { workload: string; kills: number; period: string | null }) =>
      `${workload} was OOM-killed ${kills} times${period === null ? '' : `, about ${period} apart`}, and restarted each time.`,
    ownLimit: 'The loop continues until its limit is raised or it uses less memory.',
    byName: 'The loop is inferred from process names only.',
    freesNothing: 'Each restart took the memory back, so the loop does not stop on its own.',
    losesMemory: ({ size }: { size: string }) =>
      `Each cycle left ${size} less available, so the loop does not stop on its own.`,
    frees: ({ size }: { size: string }) => `Each cycle freed ${size}.`,
  },
  otherLoops: ({ count }: { count: number }) =>
    count === 1 ? 'One other workload was looping too.' : `${count} other workloads were looping too.`,
  smallVictims: ({ kills, of, size }: { kills: number; of: number; size: string }) =>
    `${kills === of ? 'Every victim' : `${kills} of ${of} victims`} used less than ${size}, so the kills freed almost nothing.`,
  killedOnce: ({ workloads }: { workloads: number }) => `Each of these ${workloads} workloads was killed once.`,
  topConsumer: ({ workload, size }: { workload: string; size: string }) =>
    `The top memory consumer was ${workload} (${size}).`,
  unaccounted: ({ size }: { size: string }) => `Most memory (${size}) belonged to no process.`,
  daemonsKilled: ({ names }: { names: string }) => `Node services were killed: ${names}.`,
  warnedAhead: ({ duration }: { duration: string }) => `The first warning came ${duration} before the first kill.`,
  notReadySince: ({ clock }: { clock: string }) => `The node was probably NotReady from ${clock}.`,
  stalledSince: ({ clock }: { clock: string }) => `The node was stalled on memory from ${clock}.`,
  recovered: ({ clock }: { clock: string }) => `The incident was over at ${clock}.`,
  stillOpen: ({ type, name }: { type: string; name: string | null }) =>
    `End of the log; still open: ${type}${name === null ? '' : ` of ${name}`}.`,
  logEnds: 'The log ends before the incident does.',
  recordingEnds: 'The recording ends before the incident does.',
  stillFiring: 'The incident was still going on at the end of the recording.',
  /** Lines and headings of the terminal. */
  day: ({ date, zone }: { date: string; zone: string }) => `${date}, ${zone}`,
  /** A log without wall time: what its times count from. */
  timesSinceBoot: 'No dates in the log: times are seconds since the node started',
  noTimes: 'No times in the log: kills are in the order of its lines',

  killed: ({ name, facts }: { name: string; facts: string }) => `OOM-killed ${name} (${facts})`,
  nameOnly: 'matched by name only',
  pid: ({ pid }: { pid: number }) => `pid ${pid}`,
  used: ({ size }: { size: string }) => `used ${size}`,
  atContainerLimit: 'limit of its container',
  atPodLimit: 'limit of its pod',
  atLimit: ({ path }: { path: string }) => `limit of ${path}`,
  moreKills: ({ count, until }: { count: number; until: string }) =>
    `… and ${count} more ${count === 1 ? 'kill' : 'kills'} of it until ${until}`,
  quiet: ({ duration }: { duration: string }) => `… ${duration} later …`,
  factSeparator: ', ',
  title: {
    happened: 'What happened',
    causes: 'Causes',
    actions: 'What to do, in this order',
    pastActions: 'What could have been done at the time',
    coverage: 'Coverage',
  },
  cause: ({ why, evidence }: { why: string; evidence: string }) => `${why} (${evidence})`,
  remedy: ({ remedy }: { remedy: string }) => `Fix: ${remedy}`,
  frees: ({ size }: { size: string }) => `frees about ${size}`,
  action: ({ text, effect }: { text: string; effect: string | null }) =>
    effect === null ? text : `${text} (${effect})`,
  alert: ({ severity, summary }: { severity: string; summary: string }) => `${severity}: ${summary}`,
  counted: ({ count }: { count: number }) => `The kernel counted ${count} OOM ${count === 1 ? 'kill' : 'kills'}.`,
  noCounter: 'The input has no kernel counter to compare with.',
  seen: ({ seen, attributed, lost }: { seen: number; attributed: number; lost: number }) =>
    `oomloop saw ${seen} ${seen === 1 ? 'kill' : 'kills'} and attributed ${attributed} of them by cgroup. ${lost === 1 ? '1 log record was' : `${lost} log records were`} lost.`,
  earlier: ({ count }: { count: number }) =>
    `${count} more ${count === 1 ? 'kill' : 'kills'} happened before monitoring started and ${count === 1 ? 'is' : 'are'} in neither count.`,
  moreCauses: ({ count }: { count: number }) =>
    `${count} more ${count === 1 ? 'cause' : 'causes'}: see the page of oomloop report`,
  page: 'As a page: oomloop report FILE… -o incident.html',
  reading: ({ file, percent, size }: { file: string; percent: string | null; size: string }) =>
    `reading ${file}: ${percent === null ? size : `${percent} of ${size}`}`,
}

/** Without a date the sentence begins with its subject; a name keeps its letters. */
function dated(date: string | null, clause: string): string {
  return date === null
    ? clause.replace(/^(?:all|an|the) /, start => start[0]!.toUpperCase() + start.slice(1))
    : `On ${date}, ${clause}`
}
