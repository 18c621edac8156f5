import { createNotifications } from '../../src/deliver/policy/notifications.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Alert, Grouping, HostFacts, OomKill, WebhookSettings } from '../../src/types.ts'
import { createSimulatedNode, type SimulatedNode, startOfTime } from './simulated-node.ts'
import { type Profile, profiles } from './week-profiles.ts'

export interface WeekOptions {
  /** Of a hundred nodes, as many per cent. */
  readonly share?: number
  readonly days?: number
  readonly seed?: number
  readonly stepSeconds?: number
}

/** What one kind of node did in the week, and what was said of it. */
export interface WeekRow {
  readonly profile: string
  readonly nodes: number
  readonly kills: number
  /** Alerts by severity when they fired first; what a webhook gets by default is warning and above. */
  readonly info: number
  readonly warnings: number
  readonly criticals: number
  /** The most warnings that one node called in one day. */
  readonly worstDay: number
  /** Messages to a webhook of the default minSeverity that takes every alert on its own, ends included. */
  readonly eachAlert: number
  /** The same to a chat, which gets one conversation for each incident. */
  readonly chat: number
}

export interface WeekResult {
  readonly rows: readonly WeekRow[]
  /** Critical calls where nothing was wrong. */
  readonly falseCriticals: number
  /** The true incident: what was called how long after its first sign (the moment memory begins to go) and its kills. */
  readonly incident: { readonly firstKillAt: number; readonly calls: readonly Alert[] }
}

/** A week of a hundred nodes, the same for the same seed: what healthy clusters do all day, and one true incident. */
export function simulateWeek({ share = 100, days = 7, seed = 1, stepSeconds = 30 }: WeekOptions = {}): WeekResult {
  const rows: WeekRow[] = []
  let falseCriticals = 0
  let incident: WeekResult['incident'] = { firstKillAt: 0, calls: [] }
  let number = 0
  for (const profile of profiles) {
    const nodes = Math.max(1, Math.round((profile.nodes * share) / 100))
    const lives = Array.from({ length: nodes }, () => live(profile, ++number, { days, seed, stepSeconds }))
    const fired = lives.flatMap(({ alerts }) => firstOf(alerts))
    const severe = (severity: string) => fired.filter(alert => alert.severity === severity).length
    rows.push({
      profile: profile.name,
      nodes,
      kills: lives.reduce((sum, { kills }) => sum + kills.length, 0),
      info: severe('info'),
      warnings: severe('warning'),
      criticals: severe('critical'),
      worstDay: Math.max(...lives.map(({ alerts }) => worstDayOf(firstOf(alerts)))),
      eachAlert: lives.reduce((sum, { sent }) => sum + sent.none, 0),
      chat: lives.reduce((sum, { sent }) => sum + sent.incident, 0),
    })
    if (!profile.isIncident) falseCriticals += severe('critical')
    else incident = { firstKillAt: lives[0]!.kills[0]!.at!, calls: fired }
  }
  return { rows, falseCriticals, incident }
}

function live(profile: Profile, number: number, { days, seed, stepSeconds }: Required<Omit<WeekOptions, 'share'>>) {
  const alerts: Alert[] = []
  const kills: OomKill[] = []
  const sent = { none: 0, incident: 0 }
  const notifications = createNotifications(webhooks, 'en')
  const pipeline = createPipeline({ onKill: kill => kills.push(kill) })
  const node = createSimulatedNode({
    host: { name: `node-${number}` },
    sink: observation => {
      const caused = pipeline.observe(observation)
      alerts.push(...caused)
      for (const { to } of notifications.observe(observation, caused)) for (const name of to) sent[name as Grouping]++
    },
  })
  const header = node.header() as { host: HostFacts }
  pipeline.observe({ kind: 'settings', at: startOfTime, settings: defaultCoreSettings })
  pipeline.observe({ kind: 'host', at: startOfTime, host: header.host })
  const agenda = createAgenda(node, stepSeconds)
  profile.lives({ node, agenda, random: createRandom(seed * 1_000 + number), days })
  agenda.run(days * 86_400)
  return { alerts, kills, sent }
}

/** One receiver of each grouping, named after it. */
const webhooks = (['none', 'incident'] as const).map(
  (grouping): WebhookSettings => ({
    name: grouping,
    urls: [],
    format: grouping === 'none' ? 'generic' : 'slack',
    grouping,
    minSeverity: 'warning',
    locale: 'en',
    timeZone: 'UTC',
    timeoutMs: 1_000,
  }),
)

/** What happens when, in seconds since the start; what happens may plan more. */
export interface Agenda {
  readonly at: (seconds: number, happens: () => void) => void
  readonly after: (seconds: number, happens: () => void) => void
}

function createAgenda(node: SimulatedNode, stepSeconds: number): Agenda & { run: (until: number) => void } {
  const plans: { seconds: number; happens: () => void }[] = []
  const at: Agenda['at'] = (seconds, happens) => {
    const index = plans.findIndex(plan => plan.seconds > seconds)
    plans.splice(index < 0 ? plans.length : index, 0, { seconds, happens })
  }
  return {
    at,
    after: (seconds, happens) => at(node.seconds() + seconds, happens),
    run: until => {
      for (let plan = plans.shift(); plan && plan.seconds <= until; plan = plans.shift()) {
        node.wait(Math.max(0, plan.seconds - node.seconds()), stepSeconds)
        plan.happens()
      }
      node.wait(Math.max(0, until - node.seconds()), stepSeconds)
    },
  }
}

/** Mulberry32: the same numbers everywhere, from 0 to 1. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Each type and subject of an incident when it was called first, and where it became worse than that. */
function firstOf(alerts: readonly Alert[]): Alert[] {
  const worst = new Map<string, string>()
  return alerts.filter(({ incident, type, subject, severity, status, notes }) => {
    const key = `${incident} ${type} ${subject}`
    const isNews = status === 'firing' && worst.get(key) !== severity
    if (isNews) worst.set(key, severity)
    return isNews || notes.includes('reopened')
  })
}

function worstDayOf(fired: readonly Alert[]): number {
  const days = new Map<string, number>()
  for (const { severity, at } of fired) {
    if (severity === 'warning') days.set(at.slice(0, 10), (days.get(at.slice(0, 10)) ?? 0) + 1)
  }
  return Math.max(0, ...days.values())
}
