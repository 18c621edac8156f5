import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { sanitiseText } from '../alert/sanitise.ts'
import { blindSpotsOf, type Sight } from '../diagnose/blind-spots.ts'
import { type AgentStatus, isStillThere, readStatus } from '../host/agent-status.ts'
import { exitCode, OomloopError } from '../host/errors.ts'
import { readHostFacts } from '../host/facts.ts'
import { readHabits } from '../host/habits.ts'
import { createPipeline, type Pipeline } from '../pipeline.ts'
import { type AgentFitness, type DoctorReport, doctorText } from '../report/doctor-text.ts'
import type { Settings } from '../settings/settings.ts'
import { createLiveFiles } from '../source/host-files.ts'
import { whyNoKmsg } from '../source/kmsg.ts'
import { findKubeletLog } from '../source/kubelet-log.ts'
import { openReplaySource } from '../source/replay.ts'
import { createSampler } from '../source/sampler.ts'
import type { HostFiles, Observation } from '../types.ts'
import { version } from '../version.ts'
import type { CommandRun } from './command.ts'

/** Is this node primed for an OOM loop, and is the agent fit to see it? The same rules, before anything has happened. */
export const doctorCommand: CommandRun = async ({ settings: load, flags, out }) => {
  const settings = load()
  if (flags.at !== undefined && flags.capture === undefined)
    throw new OomloopError('OOMLOOP_USAGE', '--at is a moment in a capture: name that with --capture')
  const look =
    typeof flags.capture === 'string'
      ? await lookAtCapture(flags.capture, flags.at as string | undefined, settings)
      : await lookAtHost(settings)
  const report = reportOf(look)
  out(flags.json ? JSON.stringify(safe(report)) : sanitisedLines(doctorText(report, settings.locale)))
  return report.hasFindings ? exitCode.finding : exitCode.fine
}

interface Look {
  readonly pipeline: Pipeline
  readonly sight: Sight
  readonly agent: AgentFitness | null
}

function reportOf({ pipeline, sight, agent }: Look): DoctorReport {
  const world = pipeline.world()
  const examination = pipeline.examine()
  const blindSpots = blindSpotsOf(world, sight)
  // That none runs is said; before it is installed it is no finding.
  const isAgentUnfit = agent !== null && (agent.ageSeconds > 60 || agent.problems.length > 0)
  return {
    at: new Date(world.now).toISOString(),
    node: world.host,
    headroom: world.memory.headroom,
    isPrimed: examination.isPrimed,
    changeFirst: examination.toMend > 0 ? examination.diagnosis[0]!.code : null,
    examination,
    blindSpots,
    agent,
    isLive: sight.noKmsg !== null,
    hasFindings:
      examination.isPrimed || examination.toMend > 0 || isAgentUnfit || blindSpots.some(({ isToMend }) => isToMend),
  }
}

/** Samples this host, or a folder of files, for long enough to tell what moves. */
async function lookAtHost(settings: Settings): Promise<Look> {
  const { root, stateDir, core } = settings
  const files = createLiveFiles(root)
  const startedAt = Date.now()
  if (files.read('/proc/meminfo') === undefined)
    throw new OomloopError('OOMLOOP_INPUT', `there is no ${join(root, 'proc/meminfo')}: --root must be a host's root`)
  const { agentPid: _doctor, ...host } = readHostFacts(files, {
    nodeName: settings.nodeName,
    labels: settings.labels,
    agentVersion: version,
    at: startedAt,
  })
  const pipeline = createPipeline()
  const begin: Observation[] = [
    { kind: 'start', at: startedAt },
    { kind: 'settings', at: startedAt, settings: { ...core, locale: settings.locale } },
    { kind: 'host', at: startedAt, host },
  ]
  for (const observation of begin) pipeline.observe(observation)
  const habits = readHabits(join(root === '/' ? '' : root, stateDir))
  if (habits) pipeline.observe({ ...habits, at: startedAt })
  const isLive = await moves(files)
  await sample(pipeline, files, startedAt, isLive)
  files.close()
  const agent = isLive ? fitnessOf(stateDir, files) : null
  return {
    pipeline,
    sight: {
      noKmsg: isLive ? whyNoKmsg(join(root, 'dev/kmsg')) : null,
      readsKubeletLog: settings.source === 'journal' || findKubeletLog(root) !== undefined,
    },
    agent,
  }
}

/** A folder of files stands still: its clock is ours to move. */
async function moves(files: HostFiles): Promise<boolean> {
  const before = files.read('/proc/uptime')
  await wait(50)
  return before !== undefined && files.read('/proc/uptime') !== before
}

const seconds = 3

async function sample(pipeline: Pipeline, files: HostFiles, startedAt: number, isLive: boolean): Promise<void> {
  const sampler = createSampler({ files, ...(isLive && { clock: () => performance.now() }) })
  for (let second = 0; second <= seconds; second++) {
    if (isLive && second > 0) await wait(1000)
    const at = isLive ? Date.now() : startedAt + second * 1000
    for (const observation of sampler.sample(at)) pipeline.observe(observation)
    pipeline.observe({ kind: 'tick', at })
  }
  sampler.close()
}

function fitnessOf(stateDir: string, files: HostFiles): AgentFitness | null {
  let status: AgentStatus
  try {
    status = readStatus(stateDir)
  } catch {
    return null // it has never run here, or elsewhere
  }
  if (!isStillThere(status, files.read)) return null
  const adj = Number(files.read(`/proc/${status.pid}/oom_score_adj`) ?? Number.NaN)
  return {
    pid: status.pid,
    version: status.version,
    at: status.at,
    ageSeconds: Math.max(0, Math.round((Date.now() - Date.parse(status.at)) / 1000)),
    oomScoreAdj: Number.isFinite(adj) ? adj : null,
    problems: status.protection,
    longestGapMs: status.longestGapMs,
  }
}

/** Replays a capture up to a moment, and asks what was known then. */
async function lookAtCapture(path: string, at: string | undefined, settings: Settings): Promise<Look> {
  const source = openReplaySource([path], { settings: { ...settings.core, locale: settings.locale } })
  const pipeline = createPipeline()
  let until = Number.POSITIVE_INFINITY
  let readsKubeletLog = false
  let from = 0
  let lastAt = 0
  for await (const observation of source) {
    if (observation.kind === 'start') {
      from ||= observation.at
      if (at !== undefined) until = momentOf(at, observation.at)
    }
    lastAt = observation.at ?? lastAt
    if (lastAt > until) break
    // Its end is the end of what was recorded, and no event on the node.
    if (observation.kind === 'end') break
    readsKubeletLog ||= observation.kind === 'unit-line'
    pipeline.observe(observation)
  }
  if (source.kind() === 'log')
    throw new OomloopError('OOMLOOP_INPUT', `${path} is a log: doctor looks at a host, a capture or a recording`)
  if (at !== undefined && lastAt < until)
    throw new OomloopError(
      'OOMLOOP_USAGE',
      `--at ${at} lies behind its end, ${Math.floor((lastAt - from) / 1000)} s from its start`,
    )
  return { pipeline, sight: { noKmsg: null, readsKubeletLog }, agent: null }
}

function momentOf(at: string, begin: number): number {
  const fromBegin = /^\d+(\.\d+)?s?$/.test(at) ? Number.parseFloat(at) : undefined
  const moment = fromBegin === undefined ? Date.parse(at) : begin + fromBegin * 1000
  if (Number.isNaN(moment))
    throw new OomloopError(
      'OOMLOOP_USAGE',
      `--at is ${JSON.stringify(at.slice(0, 60))}, but must be seconds from the start, or ISO 8601`,
    )
  return moment
}

/** Names come from strangers, also into a terminal. */
function sanitisedLines(text: string): string {
  return text
    .split('\n')
    .map(line => sanitiseText(line))
    .join('\n')
}

function safe(report: DoctorReport): unknown {
  return JSON.parse(JSON.stringify(report), (_key, value: unknown) =>
    typeof value === 'string' ? sanitiseText(value) : value,
  )
}
