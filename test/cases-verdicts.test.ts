import { expect, test } from 'vitest'
import type { Alert } from '../src/types.ts'
import { replayAlerts } from './diagnose/replay.ts'
import { caseNames, casePath, hasCases } from './support/cases.ts'

type Firing = readonly [type: string, subject: string, severity: string]

/** What each reference case fires, in the order of its first alert; each at its highest severity. */
const expected: Readonly<Record<'verdicts' | 'recordings', Readonly<Record<string, readonly Firing[]>>>> = {
  verdicts: {
    coredump: [['memory-exhaustion', 'node', 'warning']],
    'group-own-limit': [['respawn-loop', 'pod/a5d8fdd1-1369-469e-8a7d-2c1047529435', 'info']],
    'mesos-two-tasks': [],
    'slurm-two-jobs': [],
    'ssh-python': [['memory-exhaustion', 'node', 'warning']],
    tmpfiles: [['memory-exhaustion', 'node', 'warning']],
    'two-boots': [['memory-exhaustion', 'node', 'warning']],
    'undated-global': [['memory-exhaustion', 'node', 'warning']],
  },
  recordings: {
    'clock-forward': [
      ['memory-exhaustion', 'node', 'critical'],
      ['respawn-loop', 'pod/logging/filebeat/filebeat', 'critical'],
      ['oom-storm', 'node', 'critical'],
    ],
    'comm-loop-cron': [['memory-exhaustion', 'node', 'warning']],
    'false-loop-counter': [['memory-exhaustion', 'node', 'warning']],
    'nested-limit': [['respawn-loop', `pod/ci/dind/dind/docker/${'a'.repeat(64)}`, 'warning']],
    'session-leak': [['memory-exhaustion', 'node', 'warning']],
    'slurm-limit': [],
    'system-slice-limit': [['memory-exhaustion', 'cgroup/system.slice', 'warning']],
    'sshd-user-process': [['memory-exhaustion', 'node', 'warning']],
  },
}

const cases = (['verdicts', 'recordings'] as const).flatMap(kind =>
  caseNames(kind)
    .filter(name => name in expected[kind])
    .map(name => [kind, name] as const),
)

// The cases stand beside the repository: where they are absent there is nothing to run.
test.skipIf(!hasCases).each(cases)(
  'of the reference %s, %s fires what is right and nothing else',
  async (kind, name) => {
    expect(firings(await replayAlerts(casePath(kind, name)))).toEqual(expected[kind][name])
  },
)

test.skipIf(!hasCases)(
  'a pod that is killed twice as a group is one loop of two kills, as large as its table says',
  async () => {
    const alert = (await replayAlerts(casePath('verdicts', 'group-own-limit')))[0]!
    expect(alert.loop).toMatchObject({ kills: 2, respawns: 1, medianPeriodSeconds: 120 })
    expect(alert.holders).toMatchObject([{ workload: alert.workload!.key, KiB: 7_166_780 }])
  },
)

test.skipIf(!hasCases)('a clock that is set forward by three hours changes no period', async () => {
  const alerts = await replayAlerts(casePath('recordings', 'clock-forward'))
  const loop = alerts.find(({ type }) => type === 'respawn-loop')!
  expect(loop.loop).toMatchObject({ kills: 2, medianPeriodSeconds: 36 })
  // The first crisis is not over because of it.
  expect(alerts.filter(({ status }) => status === 'resolved')).toEqual([])
})

function firings(alerts: readonly Alert[]): readonly Firing[] {
  const found = new Map<string, Firing>()
  for (const { type, subject: of, severity } of alerts) {
    const known = found.get(`${type} ${of}`)
    if (!known || rank(severity) > rank(known[2])) found.set(`${type} ${of}`, [type, of, severity])
  }
  return [...found.values()]
}

function rank(severity: string): number {
  return ['info', 'warning', 'critical'].indexOf(severity)
}
