/** `status`. */
export const status = {
  state: { active: 'active', standby: 'standby', stopped: 'stopped' },
  title: ({
    version,
    node,
    pid,
    state,
    since,
  }: {
    version: string
    node: string
    pid: number
    state: string
    since: string
  }) => `oomloop ${version} on ${node}, pid ${pid}, ${state} since ${since}`,
  standby: ({ pid }: { pid: number | null }) =>
    `another oomloop${pid === null ? '' : ` (pid ${pid})`} is active on this host; this one takes over when it stops`,
  cannotSave: ({ why }: { why: string }) => `cannot save state and recordings${why ? `: ${why}` : ''}`,
  sourceDown: ({ name, why }: { name: string; why: string }) => `source down: ${name}${why ? ` (${why})` : ''}`,
  oldHeartbeat: ({ age }: { age: string }) => `last heartbeat ${age} ago: the agent is stopped, or starved of CPU`,
  heartbeat: ({ age }: { age: string }) => `last heartbeat ${age} ago`,
  source: ({ isUp, why }: { isUp: boolean; why: string }) => `${isUp ? 'up' : 'down'}${why ? `: ${why}` : ''}`,
  kills: ({
    counted,
    seen,
    attributed,
    lostRecords,
  }: {
    counted: number | null
    seen: number
    attributed: number
    lostRecords: number
  }) =>
    `${counted === null ? 'the kernel has no counter' : `kernel counted ${counted}`}, oomloop saw ${seen}, attributed ${attributed}; kernel records lost: ${lostRecords}`,
  headroom: ({ size, percent, limitedBy }: { size: string; percent: string; limitedBy: string }) =>
    `${size} (${percent}), limited by ${limitedBy}`,
  bottleneck: { node: 'the node', kubepods: 'the kubepods limit', numa: 'one NUMA node' },
  unknownYet: 'not known yet',
  alerts: ({ judged, notified, suppressed }: { judged: number; notified: number; suppressed: number }) =>
    `${judged} ${judged === 1 ? 'update' : 'updates'}, ${notified} ${notified === 1 ? 'notification' : 'notifications'}, ${suppressed} suppressed`,
  history: ({ loops, kills, last }: { loops: number; kills: number; last: string }) =>
    `${kills} OOM ${kills === 1 ? 'kill' : 'kills'} in ${loops} ${loops === 1 ? 'loop' : 'loops'} before oomloop started, last ${last}`,
  delivery: ({ delivered, pending, failed }: { delivered: number; pending: number; failed: number }) =>
    `delivered ${delivered}, waiting ${pending}, failed ${failed}`,
  longestGap: ({ duration }: { duration: string }) => `${duration} without CPU`,
  dropped: ({ count }: { count: number }) =>
    `${count} ${count === 1 ? 'sample was' : 'samples were'} not recorded: the disk was too slow`,
  labels: {
    kills: 'kills',
    headroom: 'headroom',
    leak: 'leak',
    alerts: 'alerts',
    history: 'history',
    longestGap: 'longest gap',
    recording: 'recording',
    protection: 'protection',
  },
  firing: ({ severity, type, subject, since }: { severity: string; type: string; subject: string; since: string }) =>
    `${severity}: ${type} (${subject}), since ${since}`,
  muted: 'muted',
  nothingFiring: 'no alert is firing',
  stopped: ({ at, stateDir }: { at: string; stateDir: string }) =>
    `the agent with state directory ${stateDir} was stopped at ${at}; start it with oomloop run or its service`,
  gone: ({ at, stateDir, pid }: { at: string; stateDir: string; pid: number }) =>
    `the agent with state directory ${stateDir} is gone without a clean stop: pid ${pid}, last heartbeat at ${at}; start it, and check its log`,
}
