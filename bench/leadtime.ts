/**
 * `npm run -s bench -- leadtime [--captures DIR] [--sensitivity] [--pictures DIR] [--json]`: how long before NotReady,
 * and before the first kill, the verdict on memory called each capture; beside simple rules on the same captures.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterRecovery } from './leadtime/after-recovery.ts'
import { captureNames, defaultCaptures, type LoadedCapture, loadCapture } from './leadtime/captures.ts'
import { checkForecasts } from './leadtime/forecast-error.ts'
import { alertTimes, judge } from './leadtime/judge.ts'
import { judgeKubeletSign } from './leadtime/kubelet-sign.ts'
import { naiveRules } from './leadtime/naive-rules.ts'
import { drawPicture } from './leadtime/picture.ts'
import { poorerNodes } from './leadtime/poorer-nodes.ts'
import { report } from './leadtime/report.ts'
import { expectedOf, firstKillAt, isFalse, score } from './leadtime/score.ts'
import { choose, halvesOf, scoreOf, sensitivity } from './leadtime/tuning.ts'

interface Options {
  readonly json: boolean
  readonly args: readonly string[]
}

export async function run({ json, args }: Options): Promise<void> {
  const directory = optionOf(args, '--captures') ?? defaultCaptures
  const names = captureNames(directory)
  if (names.length === 0) {
    console.error(`no captures in ${directory}: name a folder with --captures DIR`)
    process.exitCode = 3
    return
  }
  const captures = names.map(name => loadCapture(directory, name))
  const result = backtest(captures, { withSensitivity: args.includes('--sensitivity') })
  const pictures = optionOf(args, '--pictures')
  if (pictures) {
    mkdirSync(pictures, { recursive: true })
    for (const capture of captures) {
      writeFileSync(join(pictures, `leadtime-${capture.name}.svg`), drawPicture(capture, judge(capture)))
    }
  }
  console.log(json ? JSON.stringify(result) : report(result))
}

/** One capture's row. Seconds from the moment the workloads start; null = never. */
export interface Row {
  readonly name: string
  readonly expected: string
  readonly clean: boolean
  readonly warning: number | null
  readonly critical: number | null
  readonly loop: number | null
  readonly storm: number | null
  readonly kill: number | null
  readonly notReady: number | null
  /** On a calm capture: what the whole program said of warning or above. */
  readonly false: readonly string[]
}

export type Backtest = ReturnType<typeof backtest>

/** All of the back-test, as data. */
export function backtest(captures: readonly LoadedCapture[], { withSensitivity = false } = {}) {
  const judged = captures.map(capture => ({ capture, calls: judge(capture), alerts: alertTimes(capture) }))
  const rows = judged.map(({ capture: { name, truth }, calls, alerts }): Row => {
    const seconds = (at: number | null | undefined) => (at == null ? null : Math.round((at - truth.from) / 100) / 10)
    return {
      name,
      expected: expectedOf(truth),
      clean: truth.clean,
      warning: seconds(calls.firstWarning),
      critical: seconds(calls.firstCritical),
      loop: seconds(alerts.get('respawn-loop')),
      storm: seconds(alerts.get('oom-storm')),
      kill: seconds(firstKillAt(truth)),
      notReady: seconds(truth.notReadyAt[0]),
      false: truth.crisis
        ? []
        : [...alerts].filter(([key, at]) => /warning|critical/.test(key) && isFalse(at, truth)).map(([key]) => key),
    }
  })
  const halves = halvesOf(captures)
  return {
    rows,
    score: score(judged),
    rules: naiveRules.map(rule => {
      const of = (some: readonly LoadedCapture[]) =>
        score(some.map(capture => ({ capture, calls: bothAt(rule.firstAt(capture)) })))
      return { name: rule.name, all: of(captures), halves: halves.map(of) }
    }),
    kubelet: judged.map(({ capture, calls }) => judgeKubeletSign(capture, calls)),
    afterRecovery: captures.flatMap(capture => afterRecovery(capture) ?? []),
    forecasts: judged.flatMap(({ capture, calls }) => checkForecasts(capture, calls)),
    halves: halves.map((half, index) => {
      const other = halves[1 - index]!
      const { thresholds, tried, passing } = choose(half)
      return {
        names: half.map(({ name }) => name),
        shipped: scoreOf(half),
        tried,
        passing,
        chosen: thresholds,
        onItself: scoreOf(half, thresholds),
        onTheOther: scoreOf(other, thresholds),
      }
    }),
    poorer: poorerNodes.map(({ name, take }) => ({
      name,
      score: scoreOf(captures.map(capture => ({ ...capture, ofMemory: take(capture.ofMemory, capture.truth) }))),
    })),
    sensitivity: withSensitivity ? sensitivity(captures) : [],
  }
}

function bothAt(at: number | null) {
  return { firstWarning: at, firstCritical: at }
}

function optionOf(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name)
  return at < 0 ? undefined : args[at + 1]
}
