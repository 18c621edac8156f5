import { defaultThresholds } from '../../detect/memory/thresholds.ts'
import { reportedRssKiB } from '../../identify/kill-report.ts'
import { quantity } from '../../text/messages/format.ts'
import { joined } from '../../text/sentences.ts'
import type { AttributedKill } from '../../types.ts'
import { changeKubelet } from '../commands/kubelet-remedy.ts'
import { raiseLimit } from '../commands/shell-commands.ts'
import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'
import type { FindCause } from '../evidence/finding.ts'
import { type LimitedObject, limitedObject, limitedSlice, limitManagerOf } from '../evidence/limit.ts'
import { fullName, nameOfCgroup, nameOfLimit } from '../evidence/workload-names.ts'

/** A workload reaches its own limit: because it leaks, or because the limit is lower than what it needs. */
export const containerLimit: FindCause<'own-limit-leak' | 'own-limit-too-low'> = context => {
  const { t, verdict, limit, world } = context
  const kill = verdict?.kill
  if (!kill || kill.nodeLevel || limit?.scope !== 'memcg') return null
  const kind = kindOf(kill, context)
  const object = limitedObject(limit, kill.workload, world)
  const slice = limitedSlice(limit, kill.workload, world)
  const growth = kill.growthKiBPerSecond ?? null
  return {
    code: kind === 'leak' ? 'own-limit-leak' : 'own-limit-too-low',
    role: 'leading',
    evidence: t.causes['own-limit'].evidence({
      name: fullName(kill.workload),
      limit: object === 'job' ? 'own' : object,
      limitKiB: limit.limitKiB,
      heldKiB: reportedRssKiB(kill.kill),
      seconds: lifetimeSeconds(kill, context),
      growthKiBPerSecond: growth !== null && growth > 0 ? growth : null,
    }),
    why: slice ? t.causes.sharedLimit.why({ slice }) : whyOf(context, kind, object),
    remedy: remedyOf(context, kill, kind),
  }
}

type Kind = 'leak' | 'size' | 'unknown'

function whyOf({ t, memory, world }: DiagnosisContext, kind: Kind, object: LimitedObject): string {
  const texts = t.causes['own-limit-too-low']
  if (object === 'slice' || object === 'pod' || object === 'outer') return texts.whyShared
  if (kind === 'leak') return t.causes['own-limit-leak'].why
  if (kind === 'size') return texts.whySoon
  const hasMemory = memory !== null && (world.memory.headroom?.ratio ?? 0) >= defaultThresholds.lowHeadroomRatio
  return hasMemory ? texts.why : texts.whyOnly
}

function lifetimeSeconds({ bornAt, at }: AttributedKill, { verdict }: DiagnosisContext): number | null {
  return verdict?.loop?.lastLifetimeSeconds ?? (bornAt === null ? null : (at - bornAt) / 1000)
}

function kindOf(kill: AttributedKill, context: DiagnosisContext): Kind {
  const seconds = lifetimeSeconds(kill, context)
  if (seconds === null) return 'unknown'
  // Programs allocate their initial memory within a minute.
  if (seconds < 60) return 'size'
  const size = context.limit?.limitKiB ?? reportedRssKiB(kill.kill)
  if (kill.growthKiBPerSecond == null || size === null) return 'unknown'
  // It grew for most of its life, rather than in one step at its end or its beginning.
  return kill.growthKiBPerSecond * seconds >= size * 0.3 ? 'leak' : 'unknown'
}

function remedyOf(context: DiagnosisContext, { workload }: AttributedKill, kind: Kind): string {
  const { t, limit, world, platform } = context
  const texts = t.causes['own-limit']
  const object = limit && limitedObject(limit, workload, world)
  if (object === 'pod') return texts.shared
  if (object === 'job') return texts.job
  // kubelet writes the limit of such a slice again whenever it starts.
  if (object === 'slice' && isEnforced(context) && limit?.limitKiB) return reserveMore(context, limit.limitKiB)
  if (object === 'inner') return texts.inner({ path: nameOfCgroup(limit!.path!) })
  const manager = limitManagerOf(workload)
  if (object === 'own' && manager) return texts.managed({ manager })
  const to = limit?.limitKiB ? quantity(limit.limitKiB * 1.5) : null
  if (object === 'outer') {
    const around = nameOfLimit(limit!.path!, workload)
    return texts.outer({ around, how: to && limit && !manager ? raiseLimit(workload, limit, { to, platform }) : null })
  }
  const command = to && limit ? raiseLimit(workload, limit, { to, platform }) : null
  // Without a command it is changed by hand: in the manifest of a pod, or where the cgroup is made.
  const byHand = to && (workload.podUid === null ? texts.raiseTo({ to }) : `resources: {limits: {memory: ${to}}}`)
  const slice = limit && limitedSlice(limit, workload, world)
  // kubelet sets the limits of its own levels, and no pod's manifest changes a slice's.
  if (slice) {
    const inWords = to && limit.level === 'slice' ? texts.raiseTo({ to }) : null
    return t.causes.sharedLimit.remedy({ slice, how: command ?? inWords })
  }
  const how = command ?? byHand
  if (kind !== 'leak') return texts.raise({ how })
  return joined(t, texts.find, how !== null && texts.meanwhile({ how }))
}

/** kubelet enforces what it reserves for the system by the limit of a slice. */
function isEnforced({ kubelet }: DiagnosisContext): boolean {
  return kubelet?.enforceNodeAllocatable?.some(each => each.endsWith('-reserved')) ?? false
}

function reserveMore(context: DiagnosisContext, limitKiB: number): string {
  const to = quantity(limitKiB * 1.5)
  return changeKubelet(context, {
    settings: ['systemReservedKiB'],
    yaml: `systemReserved: {memory: ${to}}`,
    flags: `--system-reserved=memory=${to}`,
    bottlerocket: `settings.kubernetes.system-reserved.memory = "${to}"`,
  })
}
