import { join } from 'node:path'
import { createHoldPlanner } from '../../hold/plan.ts'
import type { HoldAnswer, HoldRequest } from '../../hold/protocol.ts'
import { ask as askProcess } from '../../hold-service/ask.ts'
import { holdSocket } from '../../hold-service/run-hold.ts'
import type { Log } from '../../log.ts'
import { messagesOf } from '../../text/messages/catalogues.ts'
import type { Agent } from '../agent.ts'

export interface HoldClient {
  /** Asks for the release of everything. */
  readonly stop: () => Promise<void>
}

export interface HoldClientOptions {
  readonly root: string
  readonly agent: Pick<Agent, 'world' | 'emit' | 'hold' | 'status'>
  readonly log: Log
  readonly now: () => number
  /** With observe, nothing is sent, so nothing is held either. */
  readonly observe: () => boolean
  readonly ask?: (request: HoldRequest) => Promise<HoldAnswer | undefined>
}

const t = messagesOf('en').hold.log
const everyMs = 1000
/** A choice looks at all processes: not every second. */
const chooseEveryMs = 5000

/**
 * Asks the hold process to slow down what uses up the node's memory, renews its lease every second while something is held,
 * and has it released when headroom is back or a pod terminates. Every answer enters the core as an observation. The agent
 * itself writes nothing below /sys.
 */
export function startHoldClient(options: HoldClientOptions): HoldClient {
  const { agent, log, now, observe } = options
  const socket = join(options.root, holdSocket)
  const ask = options.ask ?? (request => askProcess(socket, request))
  const planner = createHoldPlanner()
  let chosenAt = Number.NEGATIVE_INFINITY
  let isBusy = false
  let isReachable = true
  const refused = new Map<string, string>()

  const send = async (request: HoldRequest): Promise<HoldAnswer | undefined> => {
    const answer = await ask(request)
    if (answer === undefined && isReachable) log.warn({ socket: holdSocket }, t.noAnswer)
    isReachable = answer !== undefined
    if (request.do === 'hold') noteRefusal(request.cgroup, answer?.refused ?? null)
    return answer
  }

  const noteRefusal = (cgroup: string, why: string | null): void => {
    if (why !== null && refused.get(cgroup) !== why) log.info({ cgroup, why }, t.notHeld)
    if (why === null) refused.delete(cgroup)
    else refused.set(cgroup, why)
  }

  const look = async (): Promise<void> => {
    const world = agent.world()
    const held = world.hold?.held ?? []
    const isExhausted = agent
      .status()
      .firing.some(({ type, subject }) => type === 'memory-exhaustion' && subject === 'node')
    const plan = planner.plan({
      world,
      isExhausted,
      mayHold: !observe(),
      targets: () => {
        if (world.steadyNow - chosenAt < chooseEveryMs) return []
        chosenAt = world.steadyNow
        return agent.hold.holdChoice().targets
      },
      held,
      isTerminating: agent.hold.isTerminating,
    })
    if (!plan.isActive) return
    let answer: HoldAnswer | undefined
    for (const { cgroup, why } of plan.release) answer = await send({ do: 'release', cgroup, why })
    for (const { cgroup, growthKiBPerSecond } of plan.hold) {
      answer = await send({ do: 'hold', cgroup, growthKiBPerSecond })
      if (answer?.refused === null) log.info({ cgroup, growthKiBPerSecond: Math.round(growthKiBPerSecond) }, t.held)
    }
    answer ??= await send({ do: 'renew' })
    report(answer)
  }

  const report = (answer: HoldAnswer | undefined): void => {
    const before = agent.world().hold?.held ?? []
    if (!answer && before.length === 0) return
    // A process that is gone has restored what it held, or systemd has.
    const { held, released } = answer ?? { held: [], released: [] }
    if (held.length > 0 || before.length > 0) agent.emit({ kind: 'hold', at: now(), held, released })
  }

  const timer = setInterval(() => {
    if (isBusy) return
    isBusy = true
    look()
      .catch((error: Error) => log.error({ error: error.message }, t.failed))
      .finally(() => {
        isBusy = false
      })
  }, everyMs)
  timer.unref()
  // Requests of an earlier agent do not belong to this one.
  void ask({ do: 'release-all' })

  return {
    stop: async () => {
      clearInterval(timer)
      await ask({ do: 'release-all' })
    },
  }
}
