import type { HoldTarget } from '../../hold/choose.ts'
import { heldOf } from '../../hold/held.ts'
import { levelsOf } from '../../hold/level.ts'
import type { Action } from '../../types.ts'
import { throttleCgroup } from '../commands/shell-commands.ts'
import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'
import { fullName, nameOfCgroup } from '../evidence/workload-names.ts'
import { hasShell } from '../platform/host-platform.ts'
import { action } from './removal-actions.ts'

/**
 * What slows the growth down without stopping anything: what is held, what is going to be (`hold: on`), or the command
 * for it (`hold: suggest`). Where nothing fits, why.
 */
export function holdActions(context: DiagnosisContext): Action[] {
  const { t, holdChoice, world } = context
  if (!holdChoice) return []
  const held = world.hold?.held ?? []
  if (held.length > 0) return [isHeld(context)]
  const { targets, why } = holdChoice
  if (targets.length === 0) return why === null || why === 'not-shrinking' ? [] : [action(t.hold.none[why])]
  if (world.settings.hold === 'suggest')
    return targets.slice(0, mostSuggested).map(target => suggestion(context, target))
  return [action(t.hold.starts({ names: targets.map(({ workload }) => fullName(workload)) }))]
}

/** Each is one line to paste. */
const mostSuggested = 3

function suggestion({ t, host, platform, world }: DiagnosisContext, target: HoldTarget): Action {
  const { cgroup, workload, currentKiB, grewKiB, growthKiBPerSecond } = target
  const limitMs = world.settings.holdLimitMs
  const { startBytes } = levelsOf({ currentBytes: currentKiB * 1024, growthKiBPerSecond, limitMs })
  const command = throttleCgroup(cgroup, startBytes, { host, platform })
  return action(t.hold.suggest({ name: fullName(workload), grewKiB, levelKiB: startBytes / 1024 }), command, 0)
}

function isHeld({ t, world, now, platform }: DiagnosisContext): Action {
  const held = world.hold!.held.map(each => heldOf(each, now))
  const since = Math.min(...held.map(each => each.since))
  const text = t.hold.held({
    names: held.map(({ cgroup }) => nameOf(world.identity.workloadOfCgroup(cgroup), cgroup)),
    seconds: Math.max(0, now - since) / 1000,
    savedKiB: held.reduce((sum, { savedKiB }) => sum + savedKiB, 0),
    leftSeconds: Math.max(0, since + world.settings.holdLimitMs - now) / 1000,
  })
  return action(text, hasShell(platform) ? 'oomloop hold --release' : null)
}

function nameOf(workload: HoldTarget['workload'] | undefined, cgroup: string): string {
  return workload ? fullName(workload) : nameOfCgroup(cgroup)
}
