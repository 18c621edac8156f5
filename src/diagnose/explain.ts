import { inLanguage } from '../detect/memory/forecast.ts'
import { isPrimed } from '../detect/memory/primed.ts'
import { createHoldAdvisor, type HoldAdvisor } from '../hold/advisor.ts'
import { keepNewest } from '../keep-newest.ts'
import type {
  AlertTexts,
  AttributedKill,
  Baselines,
  CoreEvent,
  ExplainSubject,
  Explanation,
  Forecast,
  Holding,
  Verdict,
  World,
} from '../types.ts'
import { actionsOf } from './advice/actions.ts'
import { evictionTargetOf } from './advice/eviction-target.ts'
import { type Spare, spareOf } from './causes/no-room-to-terminate.ts'
import { diagnose, isActionable, published } from './causes/table.ts'
import { collectContext, listed, type Wanted } from './collect-context.ts'
import { createBaselines, wholeNode } from './evidence/baselines.ts'
import {
  allocatableKiBOf,
  availableOf,
  type Consumer,
  type DiagnosisContext,
  evictionKiBOf,
  freshMemory,
  reservedOf,
  totalKiBOf,
} from './evidence/diagnosis-context.ts'
import type { Finding } from './evidence/finding.ts'
import { createPodPeaks } from './evidence/pod-peaks.ts'
import { sizesOf } from './evidence/pod-sizes.ts'
import { podsOf } from './evidence/pods.ts'
import { createKillSizes } from './evidence/reported-sizes.ts'
import { createTerminatingPods } from './evidence/terminating-pods.ts'
import { readingOf } from './evidence/top-consumers.ts'
import { findTrigger, type Trigger } from './evidence/trigger.ts'
import { kindReadings, splitUnaccounted } from './evidence/unaccounted-memory.ts'
import { createUsageHistory, type Reading } from './evidence/usage-history.ts'
import { summaryOf } from './summary/summary.ts'

interface Explainer {
  readonly observe: (event: CoreEvent, world: World) => void
  /** Only where an alert is due: it looks at every process and pod once. */
  readonly explain: (subject: ExplainSubject, world: World, forecast: Forecast | null) => Explanation
  /** The diagnosis without an incident, by the same rules, for doctor. */
  readonly examine: (world: World, forecast: Forecast | null) => Examination
  readonly hold: HoldAdvisor
  /** Baselines, to be kept over a restart. */
  readonly baselines: (at: number) => Baselines
}

export interface Examination extends Explanation {
  /** No kill yet, but the first one would start a loop. */
  readonly isPrimed: boolean
  /** How many of the causes, from the top, should be fixed now; the others are advice. */
  readonly toFix: number
  readonly reservedKiB: number | null
  readonly allocatableKiB: number | null
  readonly evictionKiB: number | null
  /** Memory that is left if the largest pod uses what it may need to shut down. */
  readonly spare: Spare | null
}

/** Explains what happens and what to do, from memory use and its changes. */
export function createExplainer(): Explainer {
  const history = createUsageHistory()
  const baselines = createBaselines()
  const killSizes = createKillSizes()
  const terminatingPods = createTerminatingPods()
  const peaks = createPodPeaks()
  const hold = createHoldAdvisor(workload => terminatingPods.isTerminating(workload) === true)
  const triggers = new Map<string, Trigger | null>()
  let mostTotalKiB = 0

  const observe = (event: CoreEvent, world: World): void => {
    if (event.kind === 'cgroups') hold.observe(event, world)
    switch (event.kind) {
      case 'tick':
        follow(world)
        return
      case 'memory':
        mostTotalKiB = Math.max(mostTotalKiB, event.meminfo.MemTotal ?? 0)
        return
      case 'unit-line':
        terminatingPods.observe(event, sizesOf(world.identity))
        return
      case 'habits':
        baselines.take(event)
        return
      case 'kill':
        killSizes.observe(event.kill, world.identity.workloadOfPid)
        peaks.killed(event.kill)
        terminatingPods.killed(event.kill.workload.podUid, event.kill.at)
        rememberTrigger(event.kill, world)
        return
      default:
        return
    }
  }

  /** Memory use every ten seconds, the baseline every ten minutes. */
  const follow = (world: World): void => {
    const { now } = world
    const memory = freshMemory(world)
    if (!memory) return
    if (history.isDue(now)) {
      const split = splitUnaccounted(memory.meminfo, mostTotalKiB)
      history.observe(now, [...kindReadings(split), ...readingsOf(world)])
      const pods = podsOf(world.identity, world.memory)
      peaks.observe(now, pods, world.host.bootedAt)
      terminatingPods.look(now, pods, sizesOf(world.identity))
    }
    if (baselines.isDue(now)) {
      const total = totalKiBOf(memory, world.host)
      const available = availableOf(memory)
      const node = total !== null && available !== null ? [{ key: wholeNode, KiB: total - available, from: '' }] : []
      baselines.learn(now, [...node, ...readingsOf(world)])
    }
  }

  const rememberTrigger = (kill: AttributedKill, world: World): void => {
    const { event } = kill.kill
    if (triggers.has(event)) return
    const trigger = findTrigger(kill, world.identity, terminatingPods, sizesOf(world.identity).pod)
    keepNewest(triggers, event, trigger, keptTriggers)
  }

  const contextOf = (subject: ExplainSubject | null, world: World, wanted: Wanted): DiagnosisContext => {
    const seen = { history, baselines, killSizes, terminatingPods, peaks, triggers, mostTotalKiB, hold }
    return collectContext(seen, subject, world, wanted)
  }

  const explainIn = (subject: ExplainSubject, world: World, wanted: Wanted): Explanation => {
    const context = contextOf(subject, world, wanted)
    return describe(context, isOfItself(subject.verdict.type) ? [] : diagnose(context))
  }

  return {
    observe,
    explain: (subject, world, forecast) => {
      const { locale, otherLocales = [] } = world.settings
      const explanation = explainIn(subject, world, { locale, forecast })
      if (otherLocales.length === 0) return explanation
      const translations = otherLocales.map(each => {
        const wanted = { locale: each, forecast: forecast && inLanguage(forecast, world, each) }
        const texts = explainIn(subject, world, wanted)
        return [each, { ...textsOf(texts), ...(forecast && { forecast: texts.forecast }) }] as const
      })
      return { ...explanation, translations: Object.fromEntries(translations) }
    },
    examine: (world, forecast) => examinationOf(contextOf(null, world, { locale: world.settings.locale, forecast })),
    hold,
    baselines: baselines.now,
  }
}

/** The parts of an explanation that contain text, for a translation. */
function textsOf({ summary, diagnosis, actions, trigger }: Explanation): AlertTexts {
  return { summary, diagnosis, actions, ...(trigger?.source && { trigger }) }
}

function describe(context: DiagnosisContext, findings: readonly Finding[]): Explanation {
  const target = context.isNodeWide ? evictionTargetOf(context, findings) : null
  return {
    summary: summaryOf(context, target, findings),
    limit: context.limit,
    trigger: context.trigger && {
      ...context.trigger,
      source: context.trigger.source && context.t.causes.terminationSource(context.trigger.source),
    },
    holders: context.consumers.slice(0, listed).map(holding),
    growers: context.growers.slice(0, listed).map(holding),
    unownedKiB: context.unaccounted,
    nextVictims: context.victims.map(({ of: _of, ...victim }) => victim),
    forecast: context.forecast,
    diagnosis: findings.map(published),
    actions: actionsOf(context, target, findings),
  }
}

function examinationOf(context: DiagnosisContext): Examination {
  const findings = diagnose(context)
  const { world } = context
  const { signals } = world.memory
  return {
    ...describe(context, findings),
    // The duration is left out, because only the running agent knows it.
    isPrimed: signals != null && isPrimed({ ...signals, lowShare: 1 }, world),
    toFix: findings.filter(isActionable).length,
    reservedKiB: reservedOf(context)?.KiB ?? null,
    allocatableKiB: allocatableKiBOf(context),
    evictionKiB: evictionKiBOf(context),
    spare: spareOf(context),
  }
}

/** Its cause is what it says. */
function isOfItself(type: Verdict['type']): boolean {
  return type === 'agent-impaired' || type === 'memory-leak'
}

const keptTriggers = 64

function readingsOf(world: World): readonly Reading[] {
  return world.identity.usage().map(readingOf)
}

function holding({ key, KiB, changeKiB, baselineRatio, from }: Consumer): Holding {
  return { workload: key, KiB: Math.round(KiB), changeKiB, habitRatio: baselineRatio, from }
}
