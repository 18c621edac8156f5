import type { AgentStatus } from './agent-status.ts'

/** How the agent is, in the one line that `systemctl status` shows. */
export function statusLine({ firing, coverage, sources, delivery }: AgentStatus): string {
  const blind = sources.filter(source => source.state === 'blind' && !source.steady).map(({ name }) => name)
  const waiting = delivery.reduce((sum, { pending }) => sum + pending, 0)
  const worst = firing.find(({ severity }) => severity === 'critical') ?? firing[0]
  return [
    worst
      ? `firing: ${worst.type} (${worst.subject})${firing.length > 1 ? ` and ${firing.length - 1} more` : ''}`
      : 'quiet',
    `${coverage.seen} OOM kills seen${coverage.counted === null ? '' : ` of ${coverage.counted}`}`,
    ...(waiting > 0 ? [`${waiting} alerts wait to be sent`] : []),
    ...(blind.length > 0 ? [`blind: ${blind.join(', ')}`] : []),
  ].join('; ')
}
