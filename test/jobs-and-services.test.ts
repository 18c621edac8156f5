import { describe, expect, it } from 'vitest'
import { createPipeline } from '../src/pipeline.ts'
import type { Observation, Verdict } from '../src/types.ts'
import { hostFacts, process as sampleOf } from './identify/fixtures.ts'

interface Victim {
  readonly cgroup: string
  readonly comm: string
  readonly ppid?: number
}

type Case = readonly [what: string, first: Victim, second: Victim]

const at = (cgroup: string, comm: string, ppid = 1): Victim => ({ cgroup, comm, ppid })
const uuid = (digit: string) =>
  `${digit.repeat(8)}-${digit.repeat(4)}-4${digit.repeat(3)}-8${digit.repeat(3)}-${digit.repeat(12)}`
const user = '/user.slice/user-1000.slice/user@1000.service'

// Two victims of one place, each killed once, the second one born long after the first one died.
const jobs: readonly Case[] = [
  [
    'Slurm jobs on cgroup v2',
    at('/system.slice/slurmstepd.scope/job_1/step_0/user/task_0', 'python3'),
    at('/system.slice/slurmstepd.scope/job_2/step_0/user/task_0', 'python3'),
  ],
  ['Slurm jobs on cgroup v1', at('/slurm/uid_7/job_1/step_0/task_0', 'R'), at('/slurm/uid_7/job_2/step_0/task_0', 'R')],
  [
    'programs of one Slurm job',
    at('/slurm/uid_7/job_1/step_0/task_0', 'sort'),
    at('/slurm/uid_7/job_1/step_1/task_0', 'R'),
  ],
  [
    'HTCondor jobs of one slot',
    at('/htcondor/condor_var_lib_condor_execute_slot1_1@node-1', 'python3', 500),
    at('/htcondor/condor_var_lib_condor_execute_slot1_1@node-1', 'python3', 600),
  ],
  [
    'YARN applications',
    at('/hadoop-yarn/container_1700000000000_0001_01_000002', 'java'),
    at('/hadoop-yarn/container_1700000000000_0002_01_000002', 'java'),
  ],
  [
    'Nomad allocations with tasks of one name',
    at(`/nomad.slice/share.slice/${uuid('a')}.server.scope`, 'java'),
    at(`/nomad.slice/share.slice/${uuid('b')}.server.scope`, 'java'),
  ],
  ['Mesos tasks', at(`/mesos/${uuid('a')}`, 'java'), at(`/mesos/${uuid('b')}`, 'java')],
  ['Garden containers', at('/garden/9a1f4c52-0f2b-1', 'node'), at('/garden/9a1f4c52-0f2b-2', 'node')],
  [
    'steps of a GitHub Actions runner',
    at('/system.slice/actions.runner.example.ci-1.service', 'node', 70),
    at('/system.slice/actions.runner.example.ci-1.service', 'cargo', 90),
  ],
  [
    'jobs of a GitLab runner with one program’s name',
    at('/system.slice/gitlab-runner.service', 'cc1plus', 70),
    at('/system.slice/gitlab-runner.service', 'cc1plus', 90),
  ],
  ['builds of buildkit', at('/docker/buildkit/aaaaaaaaaaaa', 'go', 70), at('/docker/buildkit/bbbbbbbbbbbb', 'go', 90)],
  ['cron jobs', at('/system.slice/cron.service', 'java', 70), at('/system.slice/cron.service', 'python3', 90)],
  [
    'cron jobs with one program’s name, below cron itself',
    at('/system.slice/crond.service', 'python3', 800),
    at('/system.slice/crond.service', 'python3', 800),
  ],
  ['at jobs', at('/system.slice/atd.service', 'bash', 70), at('/system.slice/atd.service', 'bash', 90)],
  ['commands over ssh', at('/system.slice/ssh.service', 'rsync', 70), at('/system.slice/ssh.service', 'rsync', 90)],
  [
    'programs of two logins',
    at('/user.slice/user-7.slice/session-1.scope', 'python3', 70),
    at('/user.slice/user-7.slice/session-2.scope', 'python3', 90),
  ],
  [
    'launches of one desktop application',
    at(`${user}/app.slice/app-gnome-firefox-100.scope`, 'firefox', 70),
    at(`${user}/app.slice/app-gnome-firefox-200.scope`, 'firefox', 70 + 1),
  ],
  [
    'launches of a snap',
    at(`${user}/app.slice/snap.slack.slack-${uuid('a')}.scope`, 'slack', 70),
    at(`${user}/app.slice/snap.slack.slack-${uuid('b')}.scope`, 'slack', 90),
  ],
  [
    'transient units',
    at('/system.slice/run-r0a1b2c3d4e5f60718293a4b5c6d7e8f9.service', 'backup', 1),
    at('/system.slice/run-r9a1b2c3d4e5f60718293a4b5c6d7e8f0.service', 'backup', 1),
  ],
  [
    'instances of a template unit',
    at('/system.slice/system-queue.slice/queue@1.service', 'worker'),
    at('/system.slice/system-queue.slice/queue@2.service', 'worker'),
  ],
  [
    'core dump helpers',
    at('/system.slice/system-systemd\\x2dcoredump.slice/systemd-coredump@1-10-0.service', 'systemd-coredum'),
    at('/system.slice/system-systemd\\x2dcoredump.slice/systemd-coredump@2-20-0.service', 'systemd-coredum'),
  ],
  ['programs of one service', at('/system.slice/app.service', 'java'), at('/system.slice/app.service', 'python3')],
  [
    'virtual machines',
    at('/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/emulator', 'qemu-kvm'),
    at('/machine.slice/machine-qemu\\x2d2\\x2ddb.scope/libvirt/emulator', 'qemu-kvm'),
  ],
  ['LXC containers', at('/lxc.payload.web/app', 'java'), at('/lxc.payload.db/app', 'java')],
  ['jobs of a manager that is not known', at(`/grid/${uuid('a')}/main`, 'java'), at(`/grid/${uuid('b')}/main`, 'java')],
]

// The same thing, started again.
const services: readonly Case[] = [
  [
    'a Slurm job that is requeued',
    at('/system.slice/slurmstepd.scope/job_1/step_batch/user/task_special', 'python3'),
    at('/system.slice/slurmstepd.scope/job_1/step_batch/user/task_special', 'python3'),
  ],
  [
    'an executor of a YARN application',
    at('/hadoop-yarn/container_1700000000000_0001_01_000002', 'java'),
    at('/hadoop-yarn/container_1700000000000_0001_01_000003', 'java'),
  ],
  [
    'a task that Nomad restarts in its allocation',
    at(`/nomad.slice/share.slice/${uuid('a')}.server.scope`, 'java'),
    at(`/nomad.slice/share.slice/${uuid('a')}.server.scope`, 'java'),
  ],
  ['a program within one Mesos task', at(`/mesos/${uuid('a')}`, 'java', 70), at(`/mesos/${uuid('a')}`, 'java', 70)],
  ['a systemd service', at('/system.slice/app.service', 'java'), at('/system.slice/app.service', 'java')],
  [
    'an instance of a template unit',
    at('/system.slice/system-queue.slice/queue@1.service', 'worker'),
    at('/system.slice/system-queue.slice/queue@1.service', 'worker'),
  ],
  [
    'a virtual machine',
    at('/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/emulator', 'qemu-kvm'),
    at('/machine.slice/machine-qemu\\x2d2\\x2dweb.scope/libvirt/emulator', 'qemu-kvm'),
  ],
  [
    'a service in an nspawn container',
    at('/machine.slice/systemd-nspawn@a.service/payload/system.slice/app.service', 'java'),
    at('/machine.slice/systemd-nspawn@a.service/payload/system.slice/app.service', 'java'),
  ],
  [
    'an LXC container’s service',
    at('/lxc.payload.web/system.slice/app.service', 'java'),
    at('/lxc/web/system.slice/app.service', 'java'),
  ],
  [
    'a program that a script in a login restarts',
    at('/user.slice/user-7.slice/session-1.scope', 'python3', 4000),
    at('/user.slice/user-7.slice/session-1.scope', 'python3', 4000),
  ],
]

describe('jobs and services', () => {
  it.each(jobs)('two %s, each killed once, are no loop', (_, first, second) => {
    expect(loops([first, second], true)).toEqual([])
    expect(loops([first, second], false)).toEqual([])
  })

  it.each(services)('%s that is killed again after its restart is a loop', (_, first, second) => {
    expect(loops([first, second], true)).toMatchObject([
      { type: 'respawn-loop', loop: { kills: 2, certainty: 'seen' } },
    ])
  })

  it('two pods of a CI runner, each killed once, are no loop, and two of a Deployment are', () => {
    const pod = (digit: string, comm: string) => at(`/kubepods/burstable/pod${uuid(digit)}/${digit.repeat(64)}`, comm)
    const named = (one: string, other: string): Observation => ({
      kind: 'pods',
      at: 0,
      pods: [one, other].map((name, index) => {
        const digit = 'ab'[index]!
        const containers = [{ name: 'build', id: digit.repeat(64) }]
        return { uid: uuid(digit), namespace: 'ci', pod: name, containers }
      }),
    })
    const victims = [pod('a', 'node'), pod('b', 'node')]
    expect(
      loops(victims, true, named('runner-t1-project-7-concurrent-0-x7k2p', 'runner-t1-project-7-concurrent-0-b9d4f')),
    ).toEqual([])
    expect(loops(victims, true, named('arc-shop-x2x4z-runner-x7k2p', 'arc-shop-x2x4z-runner-b9d4f'))).toEqual([])
    expect(loops(victims, true, named('web-7d4b9c6f5d-x7k2p', 'web-7d4b9c6f5d-b9d4f'))).toHaveLength(1)
  })

  it('a program that supervisord restarts is a loop at its second death', () => {
    const worker = at('/system.slice/supervisor.service', 'worker', 810)
    expect(loops([worker, worker], true)).toMatchObject([{ loop: { kills: 2, certainty: 'seen' } }])
    expect(loops([worker, { ...worker, comm: 'other' }], true)).toEqual([])
  })

  it('a cron job that is killed at its third run in a row is a loop by its name', () => {
    const job = at('/system.slice/cron.service', 'java', 70)
    expect(loops([job, { ...job, ppid: 90 }, { ...job, ppid: 110 }], true)).toMatchObject([
      { subject: 'unit/system.slice/cron.service/java', loop: { kills: 3, certainty: 'name-only' } },
    ])
  })
})

const bootedAt = 0
const apartMs = 600_000

/** What loops, after each victim has been killed at its own limit, ten minutes apart. */
function loops(victims: readonly Victim[], isSampled: boolean, names?: Observation): readonly Verdict[] {
  const pipeline = createPipeline()
  const observe = (observation: Observation) => pipeline.observe(observation)
  observe({ kind: 'host', at: 0, host: hostFacts({ bootedAt, sight: isSampled ? 'host' : 'log' }) })
  if (names) observe(names)
  // The daemons that run everybody's jobs, and a shell with a script in it.
  const daemon = sampleOf({ pid: 800, ppid: 1, comm: 'crond', cgroup: '/system.slice/crond.service' })
  const supervisor = sampleOf({ pid: 810, ppid: 1, comm: 'supervisord', cgroup: '/system.slice/supervisor.service' })
  const script = sampleOf({ pid: 4000, ppid: 3999, comm: 'bash', cgroup: '/user.slice/user-7.slice/session-1.scope' })
  if (isSampled) observe({ kind: 'processes', at: 0, seen: [daemon, supervisor, script], gone: [] })
  for (const [index, { cgroup, comm, ppid = 1 }] of victims.entries()) {
    const diesAt = 1_000_000 + index * apartMs
    const pid = 5_000 + index * 1_000
    const sample = sampleOf({ pid, ppid, comm, cgroup, startTicks: (diesAt - apartMs / 2) / 10 })
    const limit = cgroup.split('/').slice(0, 5).join('/')
    if (isSampled) observe({ kind: 'processes', at: diesAt - apartMs / 2 + 20, seen: [sample], gone: [] })
    const record = { kind: 'kernel' as const, at: diesAt, stampUs: diesAt * 1000 }
    observe({
      ...record,
      text: `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=${limit},task_memcg=${cgroup},task=${comm},pid=${pid},uid=0`,
    })
    observe({
      ...record,
      text: `Memory cgroup out of memory: Killed process ${pid} (${comm}) total-vm:180000kB, anon-rss:60000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:400kB oom_score_adj:0`,
    })
    if (isSampled) observe({ kind: 'processes', at: diesAt + 50, seen: [], gone: [sample] })
  }
  return pipeline.verdicts().filter(({ type }) => type === 'respawn-loop')
}
