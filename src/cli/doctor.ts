import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type AgentStatus, isForbidden, isStillThere, readStatus } from '../agent/agent-status.ts'
import { baselineFile, readLearned } from '../agent/learned-files.ts'
import { firstLeak, type LeakOutlook } from '../detect/leak/first-leak.ts'
import { blindSpotsOf, type ReadableSources } from '../doctor/blind-spots.ts'
import { exitCode, OomloopError } from '../errors.ts'
import { whyNoKmsg } from '../input/live/kmsg.ts'
import { findKubeletLog } from '../input/live/kubelet-log.ts'
import { openReplaySource } from '../input/playback/replay.ts'
import { createLiveFiles } from '../input/sampler/host-files.ts'
import { createSampler } from '../input/sampler/sampler.ts'
import { createPipeline, type Pipeline } from '../pipeline.ts'
import { readHostFacts } from '../platform/facts.ts'
import { readMachine } from '../platform/machine.ts'
import type { Settings } from '../settings/settings.ts'
import { type Messages, messagesOf } from '../text/messages/catalogues.ts'
import { sanitiseText } from '../text/sanitise.ts'
import type { HostFiles, MachineFacts, Observation } from '../types.ts'
import { version } from '../version.ts'
import { type AgentFitness, type DoctorReport, doctorText } from '../view/terminal/doctor-text.ts'
import type { CommandRun } from './command.ts'

/** Checks this node for the risk of an OOM loop, and the agent for blind spots, by the rules of the live agent. */
export const doctorCommand: CommandRun = async ({ settings: load, flags, out }) => {
  const settings = load()
  if (flags.at !== undefined && flags.capture === undefined)
    throw new OomloopError('OOMLOOP_USAGE', messagesOf(settings.locale).cli.doctor.atNeedsCapture)
  const look =
    typeof flags.capture === 'string'
      ? await lookAtCapture(flags.capture, flags.at as string | undefined, settings)
      : await lookAtHost(settings)
  const report = reportOf(look)
  out(flags.json ? JSON.stringify(safe(report)) : sanitisedLines(doctorText(report, settings)))
  return report.hasFindings ? exitCode.finding : exitCode.fine
}

interface Look {
  readonly pipeline: Pipeline
  readonly readable: ReadableSources
  readonly agent: AgentFitness | 'hidden' | null
  readonly machine: MachineFacts | null
  /** From the status of the agent, or for a capture from its verdicts. */
  readonly leak: LeakOutlook | null
}

function reportOf({ pipeline, readable, agent: found, machine, leak }: Look): DoctorReport {
  const agent = found === 'hidden' ? null : found
  const world = pipeline.world()
  const examination = pipeline.examine()
  const blindSpots = blindSpotsOf(world, readable)
  // That no agent runs is shown, but is no finding: oomloop may not be installed yet.
  const isAgentUnfit = agent !== null && (agent.ageSeconds > 60 || agent.problems.length > 0)
  return {
    at: new Date(world.now).toISOString(),
    node: world.host,
    headroom: world.memory.headroom,
    isPrimed: examination.isPrimed,
    changeFirst: examination.toFix > 0 ? examination.diagnosis[0]!.code : null,
    examination,
    leak,
    blindSpots,
    agent,
    ...(found === 'hidden' && { isAgentHidden: true as const }),
    machine,
    isLive: readable.noKmsg !== null,
    hasFindings:
      examination.isPrimed ||
      examination.toFix > 0 ||
      leak !== null ||
      isAgentUnfit ||
      blindSpots.some(({ isToFix }) => isToFix),
  }
}

/** Samples this host or a folder of files long enough to measure changes. */
async function lookAtHost(settings: Settings): Promise<Look> {
  const { root, stateDir, core } = settings
  const files = createLiveFiles(root)
  const startedAt = Date.now()
  if (files.read('/proc/meminfo') === undefined)
    throw new OomloopError(
      'OOMLOOP_INPUT',
      messagesOf(settings.locale).cli.doctor.noRoot({ path: join(root, 'proc/meminfo') }),
    )
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
  const habits = readLearned(baselineFile, join(root === '/' ? '' : root, stateDir))
  if (habits) pipeline.observe({ ...habits, at: startedAt })
  const isLive = await moves(files)
  await sample(pipeline, files, startedAt, isLive)
  const machine = isLive ? await readMachine(files, root) : null
  files.close()
  const agent = isLive ? fitnessOf(stateDir, files) : null
  return {
    pipeline,
    readable: {
      noKmsg: isLive ? whyNoKmsg(join(root, 'dev/kmsg'), settings.locale) : null,
      readsKubeletLog: settings.source === 'journal' || findKubeletLog(root) !== undefined,
    },
    agent,
    machine,
    leak: (agent && agent !== 'hidden' && readStatus(stateDir).leak) || null,
  }
}

/** The files of a folder do not change, so its clock is advanced here. */
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

function fitnessOf(stateDir: string, files: HostFiles): AgentFitness | 'hidden' | null {
  let status: AgentStatus
  try {
    status = readStatus(stateDir)
  } catch (error) {
    return isForbidden(error) ? 'hidden' : null // null: it has never run here, or elsewhere
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

/** Replays a capture up to a moment and returns what the agent knew then. */
async function lookAtCapture(path: string, at: string | undefined, settings: Settings): Promise<Look> {
  const source = openReplaySource([path], { settings: { ...settings.core, locale: settings.locale } })
  const t = messagesOf(settings.locale).cli
  const pipeline = createPipeline()
  let until = Number.POSITIVE_INFINITY
  let readsKubeletLog = false
  let from = 0
  let lastAt = 0
  for await (const observation of source) {
    if (observation.kind === 'start') {
      from ||= observation.at
      if (at !== undefined) until = momentOf(at, observation.at, t)
    }
    lastAt = observation.at ?? lastAt
    if (lastAt > until) break
    // The end of the recording is no event on the node.
    if (observation.kind === 'end') break
    readsKubeletLog ||= observation.kind === 'unit-line'
    pipeline.observe(observation)
  }
  if (source.kind() === 'log') throw new OomloopError('OOMLOOP_INPUT', t.doctor.isLog({ path }))
  if (at !== undefined && lastAt < until)
    throw new OomloopError('OOMLOOP_USAGE', t.doctor.atIsPastEnd({ at, seconds: Math.floor((lastAt - from) / 1000) }))
  return {
    pipeline,
    readable: { noKmsg: null, readsKubeletLog },
    agent: null,
    machine: null,
    leak: firstLeak(pipeline.verdicts()),
  }
}

function momentOf(at: string, begin: number, t: Messages['cli']): number {
  const fromBegin = /^\d+(\.\d+)?s?$/.test(at) ? Number.parseFloat(at) : undefined
  const moment = fromBegin === undefined ? Date.parse(at) : begin + fromBegin * 1000
  if (Number.isNaN(moment))
    throw new OomloopError(
      'OOMLOOP_USAGE',
      t.flagIs({ flag: 'at', value: JSON.stringify(at.slice(0, 60)), mustBe: t.mustBe.moment }),
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
