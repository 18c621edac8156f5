import { expect, test } from 'vitest'
import type { Alert } from '../src/types.ts'
import { replayAlerts } from './diagnose/replay.ts'
import { caseNames, casePath, hasCases } from './support/cases.ts'

/**
 * What each reference recording advises. An entry lists what no command may contain, and, where the right next step is
 * known, what it must contain.
 */
interface ExpectedAdvice {
  readonly never: readonly RegExp[]
  readonly some?: readonly RegExp[]
}

/** Commands that stop, delete or limit something. */
const harmful =
  /delete pod|systemctl (?:stop|restart|set-property)|cgroup\.kill|crictl stop|docker (?:stop|update)|reboot/

const expected: Readonly<Record<string, ExpectedAdvice>> = {
  // What grew is dead and memory is back: there is nothing to stop, and never the steady database.
  'session-leak': { never: [harmful] },
  // The limit belongs to the job.
  'slurm-limit': { never: [harmful, /kubectl/] },
  // The inner container has the limit, not the pod around it.
  'nested-limit': { never: [harmful, /kubectl/] },
  // The owner is a guess, and the top consumer is the target.
  'job-as-daemonset': { never: [/delete pod .*web/], some: [/kubectl delete pod --namespace=batch etl-import-x7k2p/] },
  // The slice is short of memory, and no pod is.
  'system-slice-limit': { never: [/kubectl (?:delete|cordon)/, /systemctl (?:stop|restart)/], some: [/system\.slice/] },
  // Two jobs of cron, killed once each.
  'comm-loop-cron': { never: [harmful] },
  // No daemon was killed.
  'sshd-user-process': { never: [harmful, /ssh/] },
  'false-loop-counter': { never: [harmful] },
  // Any user can write a line that claims to be kubelet's.
  'forged-kubelet': { never: [/postgres/, /grace-period/], some: [/delete pod --namespace=evil miner-/] },
  // The pods that are known use little: nothing is known to delete.
  'clock-forward': { never: [harmful] },
}

// The recordings stand beside the repository: where they are absent there is nothing to run.
test.skipIf(!hasCases).each(caseNames('recordings').filter(name => name in expected))(
  'the actions of the recording %s harm no bystander',
  async name => {
    const { never, some = [] } = expected[name]!
    const commands = commandsOf(await replayAlerts(casePath('recordings', name)))
    for (const pattern of never) expect(commands.filter(command => pattern.test(command))).toEqual([])
    for (const pattern of some) expect(commands).toContainEqual(expect.stringMatching(pattern))
  },
)

function commandsOf(alerts: readonly Alert[]): readonly string[] {
  return alerts.flatMap(({ actions }) => actions.flatMap(({ command }) => (command ? [command] : [])))
}

test.skipIf(!hasCases)('no recording advises to protect sshd by a setting that its children inherit', async () => {
  const alerts = await replayAlerts(casePath('recordings', 'sshd-user-process'))
  const remedies = alerts.flatMap(({ diagnosis }) => diagnosis.map(({ remedy }) => remedy))
  expect(remedies.filter(remedy => remedy.includes('OOMScoreAdjust=-999'))).toEqual([])
})
