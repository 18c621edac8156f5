import { describe, expect, test } from 'vitest'
import { alertsOfLog, killLog, type LoggedKill, newestFiring } from './support/kill-log.ts'

/** What two kills in these places are: what fires with its severity, the commands that are shown, and what is said. */
interface Case {
  readonly kills: readonly LoggedKill[]
  readonly fires: readonly string[]
  readonly commands?: readonly string[]
  readonly says?: RegExp
  readonly never?: RegExp
}

const id = (digit: string) => digit.repeat(64)
const short = (digit: string) => digit.repeat(12)
const shortage = 'memory-exhaustion node warning'
const list = 'ps -eo pid,rss,cgroup:120,args --sort=-rss | head -20'

/** Twice in the same place. */
const twice = (kill: LoggedKill): readonly LoggedKill[] => [kill, kill]
const ownLimit = (cgroup: string, comm: string): LoggedKill => ({ cgroup, comm, limit: cgroup })

const beside: readonly (readonly [unit: string, comm: string])[] = [
  ['/system.slice/containerd.service', 'containerd-shim'],
  ['/runtime.slice/containerd.service', 'runc'],
  ['/system.slice/docker.service', 'docker-proxy'],
  ['/system.slice/docker.service', 'docker-init'],
  ['/system.slice/crio.service', 'conmon'],
  ['/system.slice/crio.service', 'crun'],
  ['/system.slice/k3s.service', 'containerd-shim'],
  ['/system.slice/kubelet.service', 'mount.nfs'],
  ['/system.slice/kubelet.service', '(executor)'],
  ['/system.slice/systemd-udevd.service', '(udev-worker)'],
  ['/system.slice/systemd-udevd.service', 'systemd-udevd'],
  ['/system.slice/NetworkManager.service', 'nm-dispatcher'],
  ['/podruntime/runtime', 'containerd-shim'],
]

describe('what a daemon of the node starts beside itself', () => {
  test.each(beside)(
    'in %s three killed %s are three processes: no loop, and no daemon was killed',
    async (cgroup, comm) => {
      const kill = { cgroup, comm, rssKiB: 9_000 }
      const firing = newestFiring(await alertsOfLog(killLog([kill, kill, kill])))
      expect([...firing.keys()]).toEqual(['memory-exhaustion node'])
      const { summary, actions } = firing.get('memory-exhaustion node')!
      expect(summary).toContain(`killed ${comm} `)
      expect(actions.filter(({ command }) => command && !/^(?:ps|talosctl .* processes) /.test(command))).toEqual([])
    },
  )

  test('the daemon itself is one, and it loops', async () => {
    const kill = { cgroup: '/system.slice/containerd.service', comm: 'containerd' }
    const firing = newestFiring(await alertsOfLog(killLog(twice(kill))))
    expect([...firing.keys()]).toContain('node-daemon-killed unit/system.slice/containerd.service')
    expect([...firing.keys()]).toContain('respawn-loop unit/system.slice/containerd.service')
  })
})

const scope = `/system.slice/docker-${id('a')}.scope`
const step = (digit: string) => digit.repeat(25)
const user = '/user.slice/user-1000.slice/user@1000.service/app.slice'
const podUid = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa'
const crioScope = `/kubepods.slice/kubepods-pod${podUid.replaceAll('-', '_')}.slice/crio-${id('a')}.scope`

const cases: Readonly<Record<string, Case>> = {
  'two steps of a buildkitd in a container, at the container’s limit': {
    kills: ['k', 'z'].map(digit => ({ cgroup: `${scope}/buildkit/${step(digit)}`, comm: 'cc1plus', limit: scope })),
    fires: [],
  },
  'two steps of dockerd’s own builder, each a scope of systemd': {
    kills: ['k', 'z'].map(digit => ({ cgroup: `/system.slice/docker-${step(digit)}.scope`, comm: 'cc1plus' })),
    fires: [shortage],
  },
  'two steps of a buildkitd in a pod': {
    kills: ['k', 'z'].map(digit => ({ cgroup: `${crioScope}/buildkit/${step(digit)}`, comm: 'go', limit: crioScope })),
    fires: [],
  },
  'docker in an LXC container': {
    kills: twice(ownLimit(`/lxc.payload.web/docker/${id('b')}`, 'java')),
    fires: [`respawn-loop lxc/web/docker/${id('b')} info`],
    commands: [],
    says: new RegExp(`lxc/web/docker/${short('b')} keeps reaching its own 488 MiB`),
  },
  'docker in an LXC container with systemd': {
    kills: twice(ownLimit(`/lxc.payload.web/system.slice/docker-${id('b')}.scope`, 'java')),
    fires: [`respawn-loop lxc/web/docker/${id('b')} info`],
    commands: [],
  },
  'docker in a systemd-nspawn container': {
    kills: twice(
      ownLimit(`/machine.slice/systemd-nspawn@ci.service/payload/system.slice/docker-${id('b')}.scope`, 'java'),
    ),
    fires: [`respawn-loop nspawn/ci/docker/${id('b')} info`],
    commands: [],
  },
  'a unit in an LXC container, at the limit of the LXC container': {
    kills: twice({ cgroup: '/lxc.payload.web/system.slice/nginx.service', comm: 'nginx', limit: '/lxc.payload.web' }),
    fires: ['respawn-loop lxc/web/system.slice/nginx.service info'],
    commands: [],
    says: /the 488 MiB memory limit of lxc\/web .*Raise the memory limit of lxc\/web, in which lxc\/web\/system\.slice\/nginx\.service runs/s,
    never: /its own/,
  },
  'a container of ECS on EC2': {
    kills: twice(ownLimit(`/ecs/0123456789abcdef0123456789abcdef/${id('c')}`, 'java')),
    fires: [`respawn-loop docker/${id('c')} info`],
    commands: [],
    says: /in its ECS task definition/,
  },
  'a container of ECS with systemd cgroups': {
    kills: twice(
      ownLimit(`/ecstasks.slice/ecstasks-0123456789abcdef0123456789abcdef.slice/docker-${id('c')}.scope`, 'java'),
    ),
    fires: [`respawn-loop docker/${id('c')} info`],
    commands: [],
    says: /in its ECS task definition/,
  },
  'a task of Nomad': {
    kills: twice(ownLimit('/nomad.slice/share.slice/4b1f7a50-1111-4222-8333-444444444444.api.scope', 'java')),
    fires: ['respawn-loop nomad/4b1f7a50/api info'],
    commands: [],
    says: /in its Nomad job/,
  },
  'a plain container of the host’s docker': {
    kills: twice(ownLimit(scope, 'java')),
    fires: [`respawn-loop docker/${id('a')} info`],
    commands: [`docker update --memory=768M --memory-swap=768M ${id('a')}`],
  },
  'a quadlet that its unit restarts, at the unit’s limit': {
    kills: ['a', 'b'].map(digit => ({
      cgroup: `/system.slice/web.service/libpod-payload-${id(digit)}`,
      comm: 'node',
      limit: '/system.slice/web.service',
    })),
    fires: ['respawn-loop unit/system.slice/web.service info'],
    commands: ['systemctl set-property web.service MemoryMax=768M'],
  },
  'a quadlet that its unit restarts, at the container’s limit': {
    kills: ['a', 'b'].map(digit => ownLimit(`/system.slice/web.service/libpod-payload-${id(digit)}`, 'node')),
    fires: ['respawn-loop unit/system.slice/web.service info'],
    commands: [],
    says: new RegExp(`cgroup ${short('b')} inside web\\.service, where it was set`),
  },
  'a quadlet of a user, in a shortage of the node': {
    kills: ['a', 'b'].map(digit => ({ cgroup: `${user}/web.service/libpod-payload-${id(digit)}`, comm: 'node' })),
    fires: [shortage, `respawn-loop unit${user}/web.service critical`],
    commands: [list],
  },
  'two containers inside one container of docker': {
    kills: ['b', 'c'].map(digit => ownLimit(`${scope}/docker/${id(digit)}`, 'node')),
    fires: [],
  },
  'one container inside a container of docker': {
    kills: twice(ownLimit(`/docker/${id('a')}/docker/${id('b')}`, 'node')),
    fires: [`respawn-loop docker/${id('a')}/docker/${id('b')} info`],
    commands: [],
  },
  'a container inside a container of docker, at the limit of the outer one': {
    kills: twice({ cgroup: `${scope}/docker/${id('b')}`, comm: 'node', limit: scope }),
    fires: [`respawn-loop docker/${id('a')}/docker/${id('b')} info`],
    commands: [`docker update --memory=768M --memory-swap=768M ${id('a')}`],
    says: new RegExp(`Raise the memory limit of ${short('a')}, in which`),
    never: /its own/,
  },
  'the containerd of a node in a container': {
    kills: twice({ cgroup: `/docker/${id('a')}/system.slice/containerd.service`, comm: 'containerd' }),
    fires: [shortage, `respawn-loop docker/${id('a')}/system.slice/containerd.service critical`],
    commands: [list],
  },
  'crun’s own leaf below podman’s scope': {
    kills: twice(ownLimit(`/machine.slice/libpod-${id('a')}.scope/container`, 'httpd')),
    fires: [`respawn-loop podman/${id('a')} info`],
    commands: [`podman update --memory=768M ${id('a')}`],
    never: /inner|inside/,
  },
  'crun’s own leaf below CRI-O’s scope': {
    kills: twice(ownLimit(`${crioScope}/container`, 'httpd')),
    fires: [`respawn-loop pod/${podUid} info`],
    commands: [],
    never: /inner|inside/,
  },
  'a unit of a systemd in crun’s leaf': {
    kills: twice(ownLimit(`/machine.slice/libpod-${id('a')}.scope/container/system.slice/httpd.service`, 'httpd')),
    fires: [`respawn-loop podman/${id('a')}/system.slice/httpd.service info`],
    commands: [],
  },
  'kubelet at the limit of its own unit': {
    kills: twice(ownLimit('/system.slice/kubelet.service', 'kubelet')),
    fires: ['respawn-loop unit/system.slice/kubelet.service info'],
    commands: ['systemctl set-property kubelet.service MemoryMax=768M'],
    never: /OOMScoreAdjust|oom_score_adj/,
  },
  'a Slurm job that is requeued': {
    kills: twice({
      cgroup: '/system.slice/slurmstepd.scope/job_7/step_0/user/task_0',
      comm: 'R',
      limit: '/system.slice/slurmstepd.scope/job_7',
    }),
    fires: ['respawn-loop slurm/7/R info'],
    commands: [],
    says: /slurm\/7\/R keeps reaching its own .*where it was submitted/,
  },
  'a Garden container': {
    kills: twice(ownLimit('/garden/9a1f4c52-0f2b-4b0a-6c3e-7d54', 'java')),
    fires: ['respawn-loop garden/9a1f4c52-0f2b-4b0a-6c3e-7d54/java info'],
    commands: [],
    says: /where it was submitted/,
  },
  'two YARN applications at the limit of all': {
    kills: ['1', '2'].map(digit => ({
      cgroup: `/hadoop-yarn/container_e17_1558621002730_001${digit}_01_000002`,
      comm: 'java',
      limit: '/hadoop-yarn',
    })),
    fires: ['memory-exhaustion cgroup/hadoop-yarn warning'],
    commands: [],
  },
  'a job of cron, at the limit of cron’s unit': {
    kills: [1, 2, 3].map(() => ({
      cgroup: '/system.slice/cron.service',
      comm: 'backup',
      limit: '/system.slice/cron.service',
    })),
    fires: ['respawn-loop unit/system.slice/cron.service/backup info'],
    commands: [],
    says: /memory limit of cron\.service, in which backup runs/,
    never: /its own/,
  },
  'two Slurm jobs in a shortage of the node': {
    kills: [7, 8].map(job => ({
      cgroup: `/system.slice/slurmstepd.scope/job_${job}/step_0/user/task_0`,
      comm: 'R',
      rssKiB: 60_000_000,
    })),
    fires: [shortage],
    commands: [],
    says: /find out why slurm\/7\/R used that much/,
  },
  'two pods at the limit of all pods': {
    kills: ['1', '2'].map(digit => ({
      cgroup: `/kubepods/burstable/pod${podUid.replaceAll('a', digit)}/${id(digit)}`,
      comm: 'java',
      limit: '/kubepods',
    })),
    fires: [shortage],
    never: /node-a is out of memory/,
  },
  'kubelet on Talos, of which only the log is known': {
    kills: twice({ cgroup: '/podruntime/kubelet', comm: 'kubelet' }),
    fires: [
      'node-daemon-killed unit/podruntime/kubelet critical',
      shortage,
      'respawn-loop unit/podruntime/kubelet critical',
    ],
    commands: ['talosctl --nodes node-a processes --sort rss'],
  },
  'a unit that a timer starts': {
    kills: twice({ cgroup: '/system.slice/logrotate.service', comm: 'logrotate' }),
    fires: [shortage],
    commands: [list],
  },
  'a container that docker of Nomad runs': {
    kills: twice(ownLimit(`/nomad.slice/share.slice/docker-${id('a')}.scope`, 'java')),
    fires: [`respawn-loop docker/${id('a')} info`],
    commands: [],
    says: /in its Nomad job/,
  },
  'a container of the host’s docker below user.slice': {
    kills: twice(ownLimit(`/user.slice/docker-${id('a')}.scope`, 'java')),
    fires: [`respawn-loop docker/${id('a')} info`],
    commands: [`docker update --memory=768M --memory-swap=768M ${id('a')}`],
  },
  'a container inside a pod whose name is not known': {
    kills: twice(ownLimit(`${crioScope}/docker/${id('b')}`, 'node')),
    fires: [`respawn-loop pod/${podUid}/docker/${id('b')} info`],
    says: new RegExp(`pod ${podUid}/docker/${short('b')} keeps reaching`),
    commands: [],
  },
  'the datastore of MicroK8s': {
    kills: twice({ cgroup: '/system.slice/snap.microk8s.daemon-k8s-dqlite.service', comm: 'k8s-dqlite' }),
    fires: [
      'node-daemon-killed unit/system.slice/snap.microk8s.daemon-k8s-dqlite.service critical',
      shortage,
      'respawn-loop unit/system.slice/snap.microk8s.daemon-k8s-dqlite.service critical',
    ],
  },
  'a container of a user’s own docker': {
    kills: twice(ownLimit(`${user}/docker.service/docker/${id('a')}`, 'node')),
    fires: [`respawn-loop docker/${id('a')} info`],
    commands: [],
  },
  'pods of a kubelet in an LXC container': {
    kills: twice({
      cgroup: `/lxc.payload.k8s/kubepods/pod${podUid}/${id('a')}`,
      comm: 'java',
      limit: '/lxc.payload.k8s/kubepods',
    }),
    fires: [`respawn-loop pod/${podUid} info`],
    commands: [],
    never: /kubectl/,
  },
}

test.each(Object.entries(cases))(
  '%s: the loop, the object that has the limit, and the command for it',
  async (_, each) => {
    const { kills, fires, commands, says, never } = each
    const alerts = await alertsOfLog(killLog(kills))
    const firing = [...newestFiring(alerts)]
    expect(firing.map(([name, { severity }]) => `${name} ${severity}`)).toEqual(fires)
    const text = firing
      .map(([, { summary, actions, diagnosis }]) => JSON.stringify([summary, actions, diagnosis]))
      .join('\n')
    const shown = firing.flatMap(([, { actions }]) => actions.flatMap(({ command }) => command ?? []))
    if (commands) expect([...new Set(shown)]).toEqual(commands)
    if (says) expect(text).toMatch(says)
    if (never) expect(text).not.toMatch(never)
  },
)
