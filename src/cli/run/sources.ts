import type { Agent } from '../../agent/agent.ts'
import { createEmit } from '../../agent/emit.ts'
import type { Resumed } from '../../agent/resume.ts'
import { OomloopError } from '../../errors.ts'
import { createClock, stepMs } from '../../input/live/clock.ts'
import { createKernelSource } from '../../input/live/kernel.ts'
import { createKubeletLogSource, findKubeletLog } from '../../input/live/kubelet-log.ts'
import { createSamplerSource } from '../../input/sampler/sampler-source.ts'
import { datedAnew } from '../../platform/facts.ts'
import { logMessages, messagesOf } from '../../text/messages/catalogues.ts'
import type { Observation } from '../../types.ts'
import type { AgentContext } from './prepare.ts'

/** Every source that the agent reads on its host. */
export interface Sources {
  /** Passes an observation to the core, with the current time of the host. */
  readonly emit: (observation: Observation) => void
  readonly longestGapMs: () => number
  readonly startSampler: () => Promise<void>
  readonly startOthers: () => Promise<void>
  readonly stop: readonly { readonly name: string; readonly stop: () => void | Promise<void> }[]
}

export function createSources(options: {
  readonly context: AgentContext
  readonly agent: Agent
  readonly resumed: Resumed
  /** Kernel records older than this are history. */
  readonly notBefore: number
  readonly isAlerting: () => boolean
  /** The source of kernel records ended for good, and the agent must be restarted. */
  readonly onEnd: (error: Error) => void
}): Sources {
  const { context, agent, resumed } = options
  const { settings, files, log } = context
  const clock = createClock({ onStep: at => redate(context, agent, at) })
  const { locale } = settings
  const sampler = createSamplerSource(files, { locale, isAlerting: options.isAlerting })
  const { bootId } = context.host
  const kernel = createKernelSource({
    source: settings.source,
    root: settings.root,
    logFile: settings.logFile,
    locale,
    bootId,
    ...(bootId !== null && resumed.lastSeq !== undefined && { resumeAfter: { bootId, seq: resumed.lastSeq } }),
    ...(resumed.file && { resumeFileAfter: resumed.file }),
    notBefore: options.notBefore,
    onChoice: choice => log.info(choice, logMessages.kernelSource),
  })
  // A log file or the journal also contains the lines of kubelet.
  const kubeletLog = kernel.name === 'kmsg' ? findKubeletLog(settings.root) : undefined
  const kubelet = kubeletLog === undefined ? null : createKubeletLogSource(kubeletLog)
  const emit = createEmit({ clock, emit: agent.emit, catchUp: () => kernel.catchUp?.() })

  const emitKernel = (observation: Observation): void => {
    // Reads the victim while it still exists, because its cgroup may not have been read before.
    if (observation.kind === 'kernel' && !observation.estimated) sampler.lookAtVictim(observation)
    emit(observation)
    // A pipe that ended stays ended.
    if (observation.kind === 'source' && observation.source === 'journal' && observation.state === 'blind') {
      const { journalEnded } = messagesOf(locale).cli.run
      options.onEnd(new OomloopError('OOMLOOP_NO_SOURCE', journalEnded({ why: observation.why })))
    }
  }

  return {
    emit,
    longestGapMs: clock.longestGapMs,
    startSampler: async () => sampler.start(emit),
    startOthers: async () => {
      await kernel.start(emitKernel)
      await kubelet?.start(emit)
      await clock.start(emit)
    },
    stop: [
      { name: 'kernel', stop: kernel.stop },
      { name: 'kubelet-log', stop: () => kubelet?.stop() },
      { name: 'sampler', stop: sampler.stop },
      { name: 'clock', stop: clock.stop },
    ],
  }
}

/** The clock of the host jumped. Reports a clock change to the core, and returns whether the cause is known. */
function redate(context: AgentContext, agent: Agent, at: number): boolean {
  const dated = datedAnew(context.host, context.files, Date.now)
  if (dated === undefined) return false
  const movedMs = (dated.bootedAt ?? 0) - (context.host.bootedAt ?? 0)
  if (Math.abs(movedMs) <= stepMs) return true // it slept
  context.log.info({ movedMs }, logMessages.clockSet)
  context.host = dated
  agent.emit({ kind: 'host', at, host: dated })
  return true
}
