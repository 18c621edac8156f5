import { nameOfKey } from '../diagnose/evidence/workload-names.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import { percentText, sizeText } from '../text/messages/format.ts'
import type { Explanation, World } from '../types.ts'
import type { AlertState } from './alert-state.ts'
import { withSummary } from './with-summary.ts'

/** The explanation of an alert that is open when the agent stops: its summary describes the current state. */
export function explainHandover(
  explanation: Explanation,
  { verdict, lastKillAt }: AlertState,
  world: World,
): Explanation {
  const { host, memory, steadyNow, settings } = world
  const { headroom } = memory
  // The process may have been stopped by something else.
  const isByKernel = verdict.kill !== null || (verdict.loop !== null && verdict.loop.endedBy === undefined)
  return withSummary(explanation, settings.locale, locale => {
    const t = messagesOf(locale)
    return t.agent.handover({
      node: host.name,
      type: t.verdicts[verdict.type].name,
      name: verdict.subject === 'node' || verdict.type === 'agent-impaired' ? null : nameOfKey(verdict.subject),
      secondsSinceKill: isByKernel && Number.isFinite(lastKillAt) ? (steadyNow - lastKillAt) / 1000 : null,
      headroom: headroom && { size: sizeText(headroom.KiB), percent: percentText(headroom.ratio) },
    })
  })
}
