import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import type { Alert, HostFacts, ProcessSample } from '../../src/types.ts'
import { shellCommands } from '../support/shell-words.ts'
import { createNode, type TestPod } from './node.ts'

const MiB = 1024
const id = 'f'.repeat(64)
const uid = '0a1b2c3d-0000-4000-8000-000000000042'

/** What grows until the node is out of memory, and the object that may be named in a command that stops or changes it. */
interface Target {
  readonly cgroup: (node: { readonly version: 'v1' | 'v2'; readonly runtime: string }) => string
  readonly comm: string
  readonly pod?: {
    readonly namespace: string
    readonly name: string
    readonly uid?: string
    readonly labels?: Record<string, string>
  }
  readonly container?: string
  /** It may be stopped or deleted. */
  readonly movable: boolean
  /** false: its unit runs what others started, so that its limit is not raised. */
  readonly limited?: boolean
  /** Killing its container would hurt: only an orderly delete. */
  readonly careful?: boolean
}

/** kubelet names the pod of a manifest's file by a hash. */
const staticUid = '0a1b2c3d00004000800000000000004f'

const podCgroup = ({ runtime }: { readonly runtime: string }) =>
  `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice/${runtime}-${id}.scope`

const pod = (
  name: string,
  extra: Partial<Target> & { namespace?: string; uid?: string; labels?: Record<string, string> } = {},
): Target => ({
  cgroup: podCgroup,
  comm: 'app',
  movable: true,
  pod: {
    namespace: extra.namespace ?? 'shop',
    name,
    ...(extra.labels && { labels: extra.labels }),
    ...(extra.uid && { uid: extra.uid }),
  },
  ...extra,
})

const unit = (path: string, comm: string, movable: boolean, limited = movable): Target => ({
  cgroup: () => path,
  comm,
  movable,
  limited,
})

const targets: Readonly<Record<string, Target>> = {
  'a Deployment': pod('web-6d4b75cb6d-kp9xz'),
  'a StatefulSet': pod('db-0', {
    labels: { 'statefulset.kubernetes.io/pod-name': 'db-0' },
    careful: true,
  }),
  'a database in a Deployment': pod('pg-6d4b75cb6d-kp9xz', { comm: 'postgres', careful: true }),
  'a DaemonSet': pod('agent-x7k2p', {
    labels: { 'pod-template-generation': '1', 'controller-revision-hash': '5b4bc4cc46' },
  }),
  'a pod whose owner is a guess': pod('import-x7k2p'),
  'a bare pod': pod('debug'),
  'a pod of kube-system': pod('coredns-6d4b75cb6d-kp9xz', { namespace: 'kube-system', movable: false }),
  'a static pod': pod('proxy-node-7', {
    uid: staticUid,
    movable: false,
    cgroup: ({ runtime }) =>
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${staticUid}.slice/${runtime}-${id}.scope`,
  }),
  'a pod whose name is no name': pod('x;reboot', { movable: false }),
  'a service': unit('/system.slice/build.service', 'make', true),
  'a service with a hostile name': unit("/system.slice/a'$(reboot).service", 'make', true),
  'a scope': unit('/system.slice/slurmstepd.scope', 'job', false),
  'a login': unit('/user.slice/user-1000.slice/session-3.scope', 'python3', false),
  'a hostile program in a login': unit('/user.slice/user-1000.slice/session-3.scope', '$(reboot)', false),
  'a service of a user': unit('/user.slice/user-1000.slice/user@1000.service/app.slice/x.service', 'x', false),
  'a job of cron': unit('/system.slice/cron.service', 'backup', false),
  'the runtime': unit('/system.slice/containerd.service', 'containerd', false, true),
  kubelet: unit('/system.slice/kubelet.service', 'kubelet', false, true),
  'a container of docker': unit(`/docker/${id}`, 'app', true),
}

const platforms: Readonly<Record<string, Partial<HostFacts>>> = {
  systemd: { osId: 'debian', init: 'systemd' },
  openrc: { osId: 'alpine', init: 'init' },
  talos: { os: 'Talos (v1.9.1)', osId: 'talos', init: 'init' },
  bottlerocket: { os: 'Bottlerocket OS 1.30.0 (aws-k8s-1.31)', osId: 'bottlerocket', init: 'systemd' },
  'a container': { osId: 'debian', init: 'systemd', ownSubtree: '/docker/node' },
}

const cases = Object.keys(targets).flatMap(target =>
  Object.keys(platforms).flatMap(platform =>
    (['v1', 'v2'] as const).map((version, at) => ({
      target,
      platform,
      version,
      runtime: ['cri-containerd', 'crio', 'docker'][(at + target.length + platform.length) % 3]!,
    })),
  ),
)

/** The words that a simple command may be made of: what it does, and nothing else. */
const effects: readonly RegExp[] = [
  /^kubectl (?:cordon|uncordon) [a-z0-9.-]+$/,
  /^kubectl get (?:nodes --output=wide|pod --namespace=[a-z0-9.-]+ [a-z0-9.-]+ --output=jsonpath=\{\.metadata\.deletionTimestamp\})$/,
  /^kubectl --namespace=[a-z0-9.-]+ describe pod [a-z0-9.-]+$/,
  /^kubectl delete pod --namespace=[a-z0-9.-]+ [a-z0-9.-]+(?: --grace-period=1)? --wait=false$/,
  /^kubectl set resources (?:deployment|daemonset|statefulset|replicaset)\/[a-z0-9.-]+ --namespace=[a-z0-9.-]+ --containers=[a-z0-9.-]+(?: --(?:requests|limits)=memory=\d+Mi)+$/,
  /^systemctl (?:stop|restart|is-active) \S.*$/,
  /^systemctl set-property \S.*\.(?:service|slice) MemoryMax=\d+M$/,
  /^systemctl reboot$/,
  /^\[ \$\(uname -n\) = node-7 \]$/,
  /^(?:docker|podman) (?:stop|update --memory=\d+M(?: --memory-swap=\d+M)?) [0-9a-z]+$/,
  /^crictl stop --timeout=0 [0-9a-f]{64}$/,
  /^talosctl --nodes node-7 (?:reboot|service kubelet restart|processes --sort rss)$/,
  /^(?:ps (?:-eo|-C) .*|head -20|free -m|grep -q \.|oomloop (?:doctor|status)|systemd-cgtop .*|journalctl .*)$/,
  /^echo 1$/,
]

const stops = /delete pod|systemctl stop|(?:docker|podman) stop|crictl stop|^echo 1/
/** Raises the limit that the object itself has reached. */
const limits = /set resources|set-property|(?:docker|podman) update/

test.each(cases)(
  '$target that grows on $platform with cgroup $version ($runtime) is handled by safe commands',
  each => {
    const target = targets[each.target]!
    const alerts = [...grow(target, each), ...reachOwnLimit(target, each)]
    expect(alerts.length).toBeGreaterThan(0)
    const commands = alerts.flatMap(({ actions }) => actions.flatMap(({ command }) => (command ? [command] : [])))
    for (const line of new Set(commands)) check(line, target, each)
  },
)

test.each(cases)('$target that was just killed on $platform with cgroup $version is no target', each => {
  const target = targets[each.target]!
  const alerts = killItself(target, each)
  expect(alerts.length).toBeGreaterThan(0)
  const commands = alerts.flatMap(({ actions }) => actions.flatMap(({ command }) => (command ? [command] : [])))
  for (const line of new Set(commands)) {
    check(line, target, each)
    // A daemon of the node is restarted if it is not; nothing else is touched.
    expect(line).not.toMatch(stops)
    expect(line).not.toMatch(limits)
  }
})

test.each(cases)(
  '$target that something else than the kernel stopped on $platform is looked into, and left alone',
  each => {
    const target = targets[each.target]!
    const alerts = stoppedByOther(target, each)
    // Two programs of one login are not one that is restarted.
    if (!each.target.includes('login')) expect(alerts.map(({ type }) => type)).toContain('respawn-loop')
    for (const line of commandsOf(alerts)) {
      check(line, target, each)
      expect(line).not.toMatch(stops)
      expect(line).not.toMatch(limits)
    }
  },
)

test.each(Object.keys(platforms))(
  'an agent that is kept from its work is checked on %s, and nothing is stopped',
  platform => {
    const node = createNode({ host: { ...platforms[platform] } })
    node.push({ kind: 'lost', at: node.now(), source: 'kmsg', records: 12 })
    node.run(3)
    node.push({ kind: 'source', at: node.now(), source: 'kmsg', state: 'blind', why: 'EPERM' })
    node.run(3)
    expect(node.alerts.map(({ type }) => type)).toContain('agent-impaired')
    for (const line of commandsOf(node.alerts)) expect(line).toBe('oomloop status')
    const hasShell = platform !== 'talos' && platform !== 'bottlerocket'
    expect(commandsOf(node.alerts)).toHaveLength(hasShell ? 1 : 0)
  },
)

test.each([
  ['en', 'kmsg', 'it cannot read the kernel log (/dev/kmsg).'],
  ['en', 'log-file', 'it cannot read the log file with kernel lines (logFile).'],
  ['zh-CN', 'kmsg', '无法读取内核日志（/dev/kmsg）。'],
  ['zh-CN', 'pods', '无法读取 pods。'],
] as const)('in %s an agent without its source %s states what it cannot read', (locale, source, words) => {
  const node = createNode({ settings: { locale } })
  node.push({ kind: 'source', at: node.now(), source, state: 'blind', why: 'EPERM' })
  node.run(2)
  expect(node.last().summary).toContain(words)
})

test('an agent that cannot write its state directory says that, and not that it cannot read a source', () => {
  const node = createNode()
  node.push({ kind: 'source', at: node.now(), source: 'state-directory', state: 'blind', why: 'it hangs' })
  node.run(2)
  expect(node.last().summary).toMatch(/is impaired: it cannot write its state directory\./)
})

test('a bash shell finds no syntax error in any command', () => {
  const lines = cases
    .filter(({ version }) => version === 'v2')
    .flatMap(each => [...grow(targets[each.target]!, each), ...reachOwnLimit(targets[each.target]!, each)])
    .flatMap(({ actions }) => actions.flatMap(({ command }) => (command ? [command] : [])))
  expect(lines.length).toBeGreaterThan(100)
  execFileSync('bash', ['-n'], { input: [...new Set(lines)].join('\n') })
})

function commandsOf(alerts: readonly Alert[]): readonly string[] {
  return [...new Set(alerts.flatMap(({ actions }) => actions.flatMap(({ command }) => (command ? [command] : []))))]
}

function check(line: string, target: Target, { platform }: { readonly platform: string }): void {
  const simple = shellCommands(line)
  for (const { words, to } of simple) {
    const text = words.join(' ')
    expect(
      effects.some(effect => effect.test(text)),
      text,
    ).toBe(true)
    if (to !== null) expect(to).toMatch(/^\/sys\/fs\/cgroup\/.*\/cgroup\.kill$/)
    if (platform !== 'systemd') expect(text).not.toMatch(/^(?:systemctl|journalctl|systemd-)/)
    if (platform === 'talos' || platform === 'bottlerocket') expect(text).not.toMatch(/^(?:echo|ps|crictl|docker)/)
    if (!stops.test(text) && !limits.test(text)) continue
    if (stops.test(text)) expect(target.movable, `${text} stops what is to be left alone`).toBe(true)
    else expect(target.limited, `${text} limits what has no limit of its own`).not.toBe(false)
    expect(text + (to ?? '')).toMatch(objectOf(target))
    if (target.careful) expect(text).not.toMatch(/^echo|crictl/)
  }
  // Nothing for the node's own shell stands in one line with what is for a workstation.
  const places = new Set(
    simple.map(({ words: [program] }) => (program === 'kubectl' ? 'cluster' : program === 'grep' ? 'cluster' : 'node')),
  )
  expect(places.size, line).toBe(1)
}

/** Everything that a command about this target may name. */
function objectOf({ cgroup, pod: of }: Target): RegExp {
  const path = cgroup({ version: 'v2', runtime: 'x' })
  const name = of ? of.name.replace(/(?:-[a-z0-9]{5}|-[a-z0-9]{9,10}-[a-z0-9]{5}|-\d+)$/, '') : path.split('/').at(-1)!
  return new RegExp(`${name.replace(/[^a-z0-9]/gi, '\\$&')}|${id}|web`)
}

const beat: TestPod = {
  n: 3,
  namespace: 'logging',
  pod: 'filebeat-x7k2p',
  container: 'filebeat',
  qos: 'besteffort',
  rssKiB: 73 * MiB,
}

interface Case {
  readonly platform: string
  readonly version: 'v1' | 'v2'
  readonly runtime: string
}

function start(target: Target, { platform, version }: Case) {
  const node = createNode({ host: { cgroupVersion: version, ...platforms[platform] } })
  node.pods([beat])
  if (target.pod) {
    const { namespace, name, labels, uid: own = uid } = target.pod
    const containers = [{ name: 'app', id }]
    node.push({
      kind: 'pods',
      at: node.now(),
      pods: [{ uid: own, namespace, pod: name, containers, ...(labels && { labels }) }],
    })
  }
  return node
}

function sampleOf(target: Target, each: Case, changed: Partial<ProcessSample>): ProcessSample {
  return {
    pid: 4242,
    startTicks: 2000,
    ppid: 1,
    comm: target.comm,
    state: 'S',
    threads: 1,
    majorFaults: 0,
    rssKiB: 0,
    oomScore: 700,
    oomScoreAdj: 900,
    cgroup: target.cgroup(each),
    ...changed,
  }
}

/** It grows, the node runs out, and the kernel kills a small bystander. */
function grow(target: Target, each: Case): readonly Alert[] {
  const node = start(target, each)
  for (let step = 0; step <= 12; step++) {
    const seen = [sampleOf(target, each, { rssKiB: (1000 + step * 500) * MiB })]
    node.push({ kind: 'processes', at: node.now(), seen, gone: [] })
    node.run(10, () => ({ MemAvailable: Math.max(100, 6400 - step * 520) * MiB }))
  }
  node.kernel(
    'kubelet invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0',
    `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=${platforms[each.platform]!.ownSubtree ?? ''}/x,task=filebeat,pid=2003,uid=0`,
    'Out of memory: Killed process 2003 (filebeat) total-vm:900000kB, anon-rss:74752kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:1000',
  )
  return node.alerts
}

/** It grows until the kernel kills it; what is said at that moment. */
function killItself(target: Target, each: Case): readonly Alert[] {
  const node = start(target, each)
  for (let step = 0; step <= 12; step++) {
    const seen = [sampleOf(target, each, { rssKiB: (1000 + step * 500) * MiB })]
    node.push({ kind: 'processes', at: node.now(), seen, gone: [] })
    node.run(10, () => ({ MemAvailable: Math.max(2000, 9000 - step * 520) * MiB }))
  }
  const logged = `${platforms[each.platform]!.ownSubtree ?? ''}${target.cgroup(each)}`
  return node.kernel(
    'kubelet invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0',
    `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=${logged},task=${target.comm},pid=4242,uid=0`,
    `Out of memory: Killed process 4242 (${target.comm}) total-vm:9000000kB, anon-rss:${7000 * MiB}kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:900`,
  )
}

/** kubelet evicts the pod twice, or systemd-oomd kills the cgroup, and it is restarted each time. */
function stoppedByOther(target: Target, each: Case): readonly Alert[] {
  const node = start(target, each)
  const path = target.cgroup(each)
  for (const life of [1, 2, 3]) {
    const startTicks = Math.round((node.now() - 1_790_000_000_000) / 10)
    const sample = sampleOf(target, each, { pid: 4242 + life, startTicks, rssKiB: 4000 * MiB })
    node.push({ kind: 'processes', at: node.now(), seen: [sample], gone: [] })
    node.run(40)
    const line = (unit: string, text: string) =>
      node.push({ kind: 'unit-line', at: node.now(), unit, line: text, trusted: true })
    if (target.pod) {
      const { namespace, name } = target.pod
      line('kubelet', '"Eviction manager: must evict pod(s) to reclaim" resourceName="memory"')
      line('kubelet', `"Eviction manager: pod is evicted successfully" pod="${namespace}/${name}"`)
    } else {
      line(
        'systemd-oomd',
        `Killed ${path} due to memory used (7900000000) / total (8000000000) and swap used (0) / total (0) being more than 90.00%`,
      )
    }
    node.push({ kind: 'processes', at: node.now(), seen: [], gone: [{ pid: 4242 + life, startTicks }] })
    node.run(90)
  }
  return node.alerts
}

/** It reaches its own limit twice, with memory to spare on the node. */
function reachOwnLimit(target: Target, each: Case): readonly Alert[] {
  const node = start(target, each)
  const path = target.cgroup(each)
  const logged = `${platforms[each.platform]!.ownSubtree ?? ''}${path}`
  const limit = 512 * MiB
  for (const life of [1, 2]) {
    const pid = 4242 + life
    // 100 ticks a second since the node was booted.
    const startTicks = Math.round((node.now() - 1_790_000_000_000) / 10)
    const seen = [sampleOf(target, each, { pid, startTicks, rssKiB: limit })]
    node.push({ kind: 'processes', at: node.now(), seen, gone: [] })
    node.push({ kind: 'cgroups', at: node.now(), cgroups: [{ path, currentKiB: limit, limitKiB: limit }] })
    node.run(5)
    node.kernel(
      `memory: usage ${limit}kB, limit ${limit}kB, failcnt 80`,
      `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=${logged},task_memcg=${logged},task=${target.comm},pid=${pid},uid=0`,
      `Memory cgroup out of memory: Killed process ${pid} (${target.comm}) total-vm:900000kB, anon-rss:${limit}kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:900`,
    )
    node.push({ kind: 'processes', at: node.now(), seen: [], gone: [{ pid, startTicks }] })
    node.run(2)
  }
  return node.alerts
}
