import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findKubeletLog } from '../../src/input/live/kubelet-log.ts'
import { createLineParser } from '../../src/parse/log-line/format.ts'
import { createPipeline } from '../../src/pipeline.ts'
import type { Alert, Observation } from '../../src/types.ts'

const at = 1_790_000_000_000
const deletion = 'I1128 18:50:00.000000 4711 kubelet.go:2430] "SyncLoop DELETE" source="api" pods=["prod/postgres-0"]'
const journal = (fields: object): string =>
  JSON.stringify({
    MESSAGE: deletion,
    SYSLOG_IDENTIFIER: 'kubelet',
    __REALTIME_TIMESTAMP: `${at}000`,
    _TRANSPORT: 'stdout',
    ...fields,
  })

describe('a line of kubelet', () => {
  it.each([
    [
      'the journal has it from kubelet.service, as root',
      journal({ _SYSTEMD_UNIT: 'kubelet.service', _UID: '0' }),
      true,
    ],
    [
      'the journal has it from k3s.service',
      journal({ _SYSTEMD_UNIT: 'k3s.service', _UID: '0', SYSLOG_IDENTIFIER: 'k3s' }),
      true,
    ],
    [
      '`logger -t kubelet` in a login',
      journal({ _SYSTEMD_UNIT: 'session-3.scope', _UID: '1000', _TRANSPORT: 'syslog' }),
      false,
    ],
    ['a unit of a user that calls itself kubelet', journal({ _SYSTEMD_UNIT: 'kubelet.service', _UID: '1000' }), false],
    ['a journal without fields that users cannot set', journal({}), false],
    ['a syslog file', `Nov 28 18:50:00 node-1 kubelet[4711]: ${deletion}`, false],
  ])('%s: trusted %j', (_, line, isTrusted) => {
    const parsed = createLineParser({ year: 2026 }).parse(line)
    expect(parsed).toMatchObject({ kind: 'unit-line' })
    expect((parsed as { trusted?: boolean }).trusted ?? false).toBe(isTrusted)
  })

  it('a file that root alone can write is kubelet’s own; one that a group can write is not', () => {
    const root = mkdtempSync(join(tmpdir(), 'oomloop-kubelet-'))
    mkdirSync(join(root, 'var/log'), { recursive: true })
    const path = join(root, 'var/log/kubelet.log')
    writeFileSync(path, '')
    expect(findKubeletLog(root)?.isOwn ?? false).toBe(process.getuid?.() === 0)
    chmodSync(path, 0o664)
    expect(findKubeletLog(root)).toBeUndefined()
  })
})

describe('a node that runs out of memory while a line says that kubelet deletes prod/postgres-0', () => {
  it('a forged line is the ground for no command that ends the pod', () => {
    expect(commandsOf(nodeRunsOut({}))).not.toMatch(/grace-period/)
  })

  it('a line that the journal vouches for is', () => {
    expect(commandsOf(nodeRunsOut({ trusted: true }))).toMatch(
      /delete pod --namespace=prod postgres-0 --grace-period=1/,
    )
  })
})

function commandsOf(alerts: readonly Alert[]): string {
  return JSON.stringify(alerts.flatMap(({ actions, diagnosis }) => [actions, diagnosis]))
}

/** A pod of a database grows in what may be its grace period, until the kernel kills. */
function nodeRunsOut(trust: { trusted?: boolean }): readonly Alert[] {
  const uid = '5f3731b5-2ad0-fb2f-820b-91495eb99611'
  const id = '1'.repeat(64)
  const cgroup = `/kubepods/burstable/pod${uid}/${id}`
  const process = { pid: 500, startTicks: 100_000, ppid: 1, comm: 'postgres', state: 'S', threads: 1, majorFaults: 0 }
  const figures = { oomScore: 1000, oomScoreAdj: 0, cgroup }
  const seen = (seconds: number, rssKiB: number): Observation => ({
    kind: 'processes',
    at: at + seconds * 1000,
    seen: [{ ...process, ...figures, rssKiB }],
    gone: [],
  })
  const pipeline = createPipeline()
  const observations: Observation[] = [
    { kind: 'start', at },
    {
      kind: 'host',
      at,
      host: {
        name: 'node-1',
        kernel: '6.1.0',
        os: '',
        memTotalKiB: 16_000_000,
        bootId: 'b1',
        bootedAt: at - 1_000_000,
        agentVersion: '0',
        cgroupVersion: 'v2',
        kubelet: { source: 'flags' },
        sight: 'host',
      },
    },
    { kind: 'pods', at, pods: [{ uid, namespace: 'prod', pod: 'postgres-0', containers: [{ name: 'postgres', id }] }] },
    { kind: 'memory', at, meminfo: { MemTotal: 16_000_000, MemAvailable: 4_000_000 }, vmstat: { oom_kill: 0 } },
    seen(0, 9_000_000),
    { kind: 'unit-line', at: at + 1000, unit: 'kubelet', line: deletion, ...trust },
    ...Array.from({ length: 12 }, (_, second): Observation[] => [
      {
        kind: 'memory',
        at: at + (second + 2) * 1000,
        meminfo: { MemTotal: 16_000_000, MemAvailable: Math.max(20_000, 3_500_000 - second * 400_000) },
        vmstat: { oom_kill: 0 },
      },
      seen(second + 2, 9_300_000 + second * 400_000),
      { kind: 'tick', at: at + (second + 2) * 1000 },
    ]).flat(),
    ...[
      'other invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
      'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/x.service,task=other,pid=900,uid=0',
      'Out of memory: Killed process 900 (other) total-vm:82544kB, anon-rss:56000kB, file-rss:4000kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:0',
      'other invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
      'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/x.service,task=other,pid=901,uid=0',
      'Out of memory: Killed process 901 (other) total-vm:82544kB, anon-rss:56000kB, file-rss:4000kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:0',
    ].map((text, index): Observation => ({ kind: 'kernel', at: at + 15_000 + index * 500, text, seq: index + 1 })),
    { kind: 'tick', at: at + 20_000 },
  ]
  return observations.flatMap(observation => [...pipeline.observe(observation)])
}
