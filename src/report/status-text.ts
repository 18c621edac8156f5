import type { AgentStatus } from '../host/agent-status.ts'

/** One screen of how the agent is. `now`: milliseconds since the epoch. */
export function statusText(status: AgentStatus, now: number): string {
  const ageSeconds = Math.round((now - Date.parse(status.at)) / 1000)
  const { coverage, headroom, alerts } = status
  const counted = coverage.counted === null ? 'the kernel has no counter' : `kernel counted ${coverage.counted}`
  return [
    `oomloop ${status.version} on ${status.node}, pid ${status.pid}, since ${status.startedAt}`,
    ageSeconds > 60
      ? `! last word ${ageSeconds} s ago: it is stopped, or does not get to run`
      : `  last word ${ageSeconds} s ago`,
    '',
    ...status.sources.map(source => row(source.name, `${source.state}${source.why ? `: ${source.why}` : ''}`)),
    row(
      'kills',
      `${counted}, seen ${coverage.seen}, attributed ${coverage.attributed}, records lost ${coverage.lostRecords}`,
    ),
    row(
      'headroom',
      headroom
        ? `${mib(headroom.KiB)} MiB (${Math.round(headroom.ratio * 100)} %, least: ${headroom.of})`
        : 'not known yet',
    ),
    row('alerts', `judged ${alerts.judged}, handed over ${alerts.handedToDelivery}, withheld ${alerts.withheld}`),
    ...status.delivery.map(to =>
      row(`to ${to.webhook}`, `delivered ${to.delivered}, waiting ${to.pending}, failed ${to.failed}`),
    ),
    row('longest gap', `${Math.round(status.longestGapMs)} ms between two looks at the clock`),
    ...status.protection.map(line => row('protection', line)),
    '',
    ...(status.firing.length === 0 ? ['nothing is firing'] : status.firing.map(firing)),
  ].join('\n')
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(14)} ${text}`
}

function firing(verdict: AgentStatus['firing'][number]): string {
  return `${verdict.severity.toUpperCase().padEnd(9)}${verdict.type} ${verdict.subject}, since ${verdict.since}`
}

function mib(KiB: number): number {
  return Math.round(KiB / 1024)
}
