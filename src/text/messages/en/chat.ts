/** Labels and notes of chat messages and webhook formats. */
export const chat = {
  severity: { info: 'INFO', warning: 'WARNING', critical: 'CRITICAL' },
  over: 'RESOLVED',
  test: 'TEST',
  title: ({ head, type, node }: { head: string; type: string; node: string }) => `${head}: ${type} on ${node}`,
  note: {
    late: 'delayed: this could not be delivered at the time and is already resolved',
    reopened: 'reopened: the same incident has started again',
    handover: 'oomloop stops monitoring here; the incident may continue',
    'open-end': 'the log ends before the incident does',
    reminder: 'reminder: this has lasted a day or more',
    'previous-boot': 'this happened before the last reboot',
    'last-words': 'the node is so stalled that oomloop barely runs; further alerts may not arrive',
    joined: 'this is no longer only about the limit of this workload: the node itself is short of memory',
    digest: 'several alerts in one message',
    test: 'this is a test notification; nothing has happened',
  },
  sign: {
    primed: 'at risk of an OOM loop',
    'low-headroom': 'low headroom',
    stalling: 'stalled on memory',
    killing: 'OOM kills',
    looping: 'OOM-kill loop',
    'daemon-hit': 'node daemon killed',
    'not-ready-presumed': 'probably NotReady',
    held: 'growth slowed down by oomloop hold',
  },
  node: 'Node',
  workload: 'Workload',
  loop: 'Loop',
  loopText: ({
    kills,
    period,
    pids,
    chronic,
  }: {
    kills: number
    period: string | null
    pids: readonly number[]
    chronic: boolean
  }) =>
    [
      `${kills} ${kills === 1 ? 'kill' : 'kills'}`,
      period && (kills === 2 ? `${period} apart` : `about ${period} apart`),
      pids.length > 0 && `${pids.length === 1 ? 'pid' : 'pids'} ${pids.join(', ')}`,
      chronic && 'chronic',
    ]
      .filter(Boolean)
      .join(', '),
  nextSteps: 'Next steps',
  expects: ({ step, size }: { step: string; size: string }) => `${step} This frees about ${size}.`,
  moreSteps: ({ count }: { count: number }) => `${count} more ${count === 1 ? 'step' : 'steps'} in oomloop status`,
  cause: 'Cause',
  causeText: ({ why, evidence }: { why: string; evidence: string }) => (evidence ? `${why} (${evidence})` : why),
  remedy: 'Fix',
  runbook: 'Runbook',
  details: 'Details',
  limit: 'Limit',
  theNode: 'the node',
  limitText: ({ limit, path, used }: { limit: string; path: string; used: string | null }) =>
    `${limit} of ${path}${used === null ? '' : `, ${used} used`}`,
  forecast: 'Forecast',
  firstKill: 'first kill',
  notReady: 'NotReady',
  within: ({ what, soonest, latest }: { what: string; soonest: string; latest: string }) =>
    `${what} in ${soonest} to ${latest}`,
  now: ({ what }: { what: string }) => `${what} now`,
  headroom: 'Headroom',
  headroomText: ({ size, percent }: { size: string; percent: string }) => `${size} (${percent})`,
  trigger: 'OOM triggered by',
  consumers: 'Top memory users',
  knownConsumers: 'Known memory users',
  andUnattributed: ({ text, size }: { text: string; size: string }) => `${text}; ${size} not attributed`,
  growers: 'Fastest growing',
  /** The change is of the last ten minutes. */
  holding: ({ workload, size, change }: { workload: string; size: string; change: string | null }) =>
    `${workload} ${size}${change === null ? '' : ` (${change} in 10m)`}`,
  next: 'Next victims',
  members: 'Related alerts',
  kills: ({ subject, count }: { subject: string; count: number }) =>
    count > 0 ? `${subject} (${count} ${count === 1 ? 'OOM kill' : 'OOM kills'})` : subject,
  more: ({ count }: { count: number }) => `${count} more`,
  signs: 'Signs',
  coverage: 'Coverage',
  coverageText: ({ counted, seen, attributed }: { counted: number | null; seen: number; attributed: number }) =>
    `${counted === null ? 'kernel count unknown' : `kernel counted ${counted}`}, oomloop saw ${seen}, attributed ${attributed}`,
  evidence: 'Kernel',
  since: 'Since',
  incident: 'Incident',
  incidentText: ({ incident, id }: { incident: string; id: string }) => `${incident} (${id})`,
  nextStep: 'Next step',
  command: 'Command',
  heartbeat: ({ state }: { state: string }) => `oomloop is running on this node (${state})`,
  colon: ': ',
  comma: ', ',
}
