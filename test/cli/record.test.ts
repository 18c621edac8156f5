import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openReplaySource } from '../../src/input/playback/replay.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { OomKill, Workload } from '../../src/types.ts'
import { until } from '../deliver/receiver.ts'
import { type HostTree, readHost, writeHostTree } from '../support/host-tree.ts'
import { oomloop, startOomloop } from '../support/oomloop.ts'
import { expectValidLines } from '../support/schema.ts'

const folder = mkdtempSync(join(tmpdir(), 'oomloop-record-'))
afterAll(() => rmSync(folder, { recursive: true }))

// A node with a command line, an environment and a token in all the places where those stand.
const secret = 'hunter2'
const host = readHost<HostTree>('containerd-systemd-v2', 'host')
const filebeatId = 'b2bc6236d24013e0af2bb76f7766fc934ad7ac7e98e046e0cc8a26ce0565d296'
const bundle = {
  process: { args: ['filebeat', `--password=${secret}`], env: [`TOKEN=${secret}`] },
  annotations: {
    'io.kubernetes.cri.container-type': 'container',
    'io.kubernetes.cri.container-name': 'filebeat',
    'io.kubernetes.cri.sandbox-name': 'filebeat-x7k2p',
    'io.kubernetes.cri.sandbox-namespace': 'kube-system',
    'io.kubernetes.cri.sandbox-uid': '5f3731b5-2ad0-fb2f-820b-91495eb9961a',
    'example.com/token': secret,
  },
}
const root = writeHostTree({
  processes: host.processes,
  files: {
    ...host.files,
    '/proc/meminfo': 'MemTotal: 1000000 kB\nMemFree: 100000 kB\nMemAvailable: 400000 kB\n',
    '/proc/vmstat': 'oom_kill 0\n',
    '/proc/loadavg': '0.1 0.1 0.1 1/100 2300\n',
    '/proc/uptime': '5000.00 100.00\n',
    '/proc/sys/kernel/hostname': 'node-1\n',
    '/etc/hostname': 'node-1\n',
    '/proc/801/comm': 'kubelet\n',
    '/proc/801/cmdline': `kubelet\0--max-pods=77\0--bootstrap-token=${secret}\0`,
    '/proc/2050/cmdline': `filebeat\0--password=${secret}\0`,
    '/proc/2050/environ': `TOKEN=${secret}\0`,
    [`/run/containerd/io.containerd.runtime.v2.task/k8s.io/${filebeatId}/config.json`]: JSON.stringify(bundle),
    '/var/lib/kubelet/config.yaml': `maxPods: 60\nstaticPodURLHeader: {Authorization: [${secret}]}\n`,
    '/var/log/kern.log': '',
  },
})
const { cgroup } = host.processes.find(({ pid }) => pid === 2050)!
const killLines = [
  `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=${cgroup[0]!.slice(3)},task=filebeat,pid=2050,uid=0`,
  'Out of memory: Killed process 2050 (filebeat) total-vm:300000kB, anon-rss:256000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:600kB oom_score_adj:1000',
]

/** Names that stand in the tree; those of two letters and the kernel's own words are left alone in free text. */
const names = ['filebeat', 'shop', 'web', 'nginx', 'sidecar', 'postgres', 'kube-apiserver', 'kube-system', 'node-1']

const files = {
  recording: join(folder, 'recording.jsonl.gz'),
  capture: join(folder, 'capture.jsonl'),
  redactedRecording: join(folder, 'redacted-recording.jsonl'),
  redactedCapture: join(folder, 'redacted-capture.jsonl.gz'),
}

/** Records the tree while the kernel's log grows by a kill. */
async function recordTree(path: string, ...flags: string[]): Promise<void> {
  const log = '/var/log/kern.log'
  const args = ['record', '-o', path, '--root', root, '--source', 'file', '--log-file', log, ...flags]
  const running = startOomloop(args)
  await until(() => running.stderr().includes('recording to'), 20_000, 'it records')
  await new Promise(resolve => setTimeout(resolve, 1200))
  if (!existsSync(join(root, 'killed'))) {
    writeFileSync(join(root, 'killed'), '')
    await new Promise(resolve => setTimeout(resolve, 2500)) // the others have begun meanwhile
    const lines = killLines.map(line => `Jun 15 16:50:50 node-1 kernel: [ 5001.123456] ${line}\n`)
    appendFileSync(join(root, log), lines.join(''))
  } else await new Promise(resolve => setTimeout(resolve, 2500))
  await new Promise(resolve => setTimeout(resolve, 2500))
  running.process.kill('SIGINT')
  const { code, stderr } = await running.finished
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`oomloop replay ${path}`) })
}

beforeAll(async () => {
  await Promise.all([
    recordTree(files.recording),
    recordTree(files.capture, '--capture'),
    recordTree(files.redactedRecording, '--redact'),
    recordTree(files.redactedCapture, '--redact', '--capture'),
  ])
}, 60_000)

const textOf = (path: string): string => {
  const bytes = readFileSync(path)
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
}

/** What the core makes of a file: who was killed, and who lives there. */
async function judged(path: string) {
  const kills: OomKill[] = []
  const workloads = new Map<string, Workload>()
  const pipeline = createPipeline({ onKill: kill => kills.push(kill) })
  const source = openReplaySource([path], { settings: defaultCoreSettings })
  let victim: Workload | undefined
  for await (const observation of source) {
    pipeline.observe(observation)
    for (const { workload } of pipeline.world().identity.usage()) workloads.set(workload.key, workload)
    victim ??= kills.length > 0 ? pipeline.world().identity.workloadOfPid(2050) : undefined
  }
  return { kills, victim, workloads: [...workloads.values()], host: pipeline.world().host, notes: source.notes() }
}

describe('oomloop record', () => {
  it.each(Object.entries(files))('writes a %s as its schema says', (name, path) => {
    expectValidLines(name.toLowerCase().includes('capture') ? 'capture' : 'recording', textOf(path))
  })

  it.each(Object.entries(files))('writes a %s that shows the killed process when it is replayed', async (_, path) => {
    const { kills, victim, host: facts, notes } = await judged(path)
    expect(kills.map(({ pid, anonRssKiB }) => [pid, anonRssKiB])).toEqual([[2050, 256_000]])
    expect(victim?.owner).toMatchObject({ kind: 'DaemonSet' })
    expect(facts.kubelet?.maxPods).toBe(77)
    expect(notes).toEqual([])
  })

  it('sees the same workloads in a recording and in a capture', async () => {
    const [recording, capture] = [await judged(files.recording), await judged(files.capture)]
    expect(recording.workloads.map(({ key }) => key).toSorted()).toEqual(
      capture.workloads.map(({ key }) => key).toSorted(),
    )
    expect(recording.victim?.key).toBe('pod/kube-system/filebeat/filebeat')
    expect({ ...recording.host, bootedAt: 0, agentPid: 0 }).toEqual({ ...capture.host, bootedAt: 0, agentPid: 0 })
  })

  it.each(Object.entries(files))('keeps no command line and no environment in a %s', (_, path) => {
    expect(textOf(path)).not.toContain(secret)
    expect(textOf(path)).not.toMatch(/cmdline|environ/)
  })

  it.each([
    ['recording', files.redactedRecording, files.recording],
    ['capture', files.redactedCapture, files.capture],
  ])('redacts every name in a %s, and leaves who owns whom as it was', async (_, redacted, plain) => {
    const found = names.filter(name => new RegExp(`(?<![a-z0-9])${name}(?![a-z0-9])`, 'i').test(textOf(redacted)))
    expect(found).toEqual([])
    expect(names.filter(name => !textOf(plain).includes(name))).toEqual([])
    const shape = ({ workloads }: { workloads: readonly Workload[] }) =>
      workloads
        .map(({ owner, qos, nodeDaemon, podUid }) => [podUid, qos, owner?.kind, owner?.certainty, nodeDaemon])
        .toSorted()
    const [one, other] = [await judged(redacted), await judged(plain)]
    expect(shape(one)).toEqual(shape(other))
    expect(new Set(one.workloads.map(({ key }) => key)).size).toBe(new Set(other.workloads.map(({ key }) => key)).size)
    // The same word everywhere: of the pod that the folders name and the process that the kernel names.
    expect(one.victim).toMatchObject({ namespace: expect.stringMatching(/^ns-[a-z]$/), comm: one.victim!.container })
  })

  it('is readable up to its last second when its writer is killed', async () => {
    const path = join(folder, 'killed.jsonl.gz')
    const running = startOomloop(['record', '-o', path, '--root', root, '--source', 'file'])
    await until(() => running.stderr().includes('recording to'), 20_000, 'it records')
    await new Promise(resolve => setTimeout(resolve, 2500))
    running.process.kill('SIGKILL')
    await running.finished
    const { workloads, notes } = await judged(path)
    expect(workloads.length).toBeGreaterThan(3)
    expect(notes).toEqual([expect.stringMatching(/is cut off/)])
  })

  it('says what is wrong with its use, and where it cannot write or read', async () => {
    const run = async (...args: string[]) => {
      const { code, stderr } = await oomloop(['record', ...args])
      return [code, stderr]
    }
    const empty = join(folder, 'empty-root')
    mkdirSync(join(empty, dirname('/proc/x')), { recursive: true })
    const unwritable = join(folder, 'no-such-folder/x.jsonl')
    expect(
      await Promise.all([
        run(),
        run('-o', join(folder, 'x'), '--for', 'soon'),
        run('-o', unwritable, '--for', '5s', '--root', root, '--source', 'file'),
        run('-o', join(folder, 'x'), '--for', '5s', '--root', empty),
      ]),
    ).toEqual([
      [2, expect.stringContaining('record needs -o FILE')],
      [2, expect.stringContaining('--for is "soon"')],
      [3, expect.stringMatching(/cannot write .*no-such-folder.*\[OOMLOOP_OUTPUT\]/)],
      [3, expect.stringMatching(/has no \/proc\/meminfo: nothing to record \[OOMLOOP_NO_SOURCE\]/)],
    ])
  })
})
