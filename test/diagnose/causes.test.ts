import { describe, expect, test } from 'vitest'
import { inLocale } from '../../src/deliver/in-locale.ts'
import type { HostFacts } from '../../src/types.ts'
import { containerCgroup, createNode, globalKill, meminfo, pidOf, podCgroup, type TestPod, totalKiB } from './node.ts'

const MiB = 1024

const java: TestPod = { n: 1, pod: 'order-api-5b4bc4cc46-bhk2x', container: 'java', rssKiB: 4000 * MiB }
const web: TestPod = { n: 2, pod: 'web-6d4b75cb6d-kp9xz', container: 'web', rssKiB: 900 * MiB }
const beat: TestPod = {
  n: 3,
  namespace: 'logging',
  pod: 'filebeat-x7k2p',
  container: 'filebeat',
  qos: 'besteffort',
  rssKiB: 73 * MiB,
}

describe('what grows', () => {
  test('a leak in one process is its workload, and memory outside of processes is not blamed', () => {
    const node = createNode()
    for (let step = 0; step <= 30; step++) {
      node.pods([{ ...java, rssKiB: (4000 + step * 60) * MiB }, web])
      node.run(10, () => ({
        MemAvailable: (2400 - step * 60) * MiB,
        AnonPages: (7000 + step * 60) * MiB,
        MemFree: (6480 - step * 60) * MiB,
      }))
    }
    const { growers, diagnosis, unownedKiB } = node.examine()
    expect(growers[0]).toMatchObject({ workload: 'pod/shop/order-api/java' })
    expect(growers[0]!.changeKiB).toBeGreaterThan(1500 * MiB)
    expect(diagnosis.map(({ code }) => code)).toContain('growing-workload')
    expect(diagnosis.map(({ code }) => code)).not.toContain('tmpfs-and-shared-memory')
    expect(unownedKiB!.rest).toBeLessThan(100 * MiB)
  })

  test('what grows now precedes a larger pod that started minutes ago and no longer grows', () => {
    const node = createNode()
    node.pods([web])
    node.run(60)
    node.pods([java, web])
    for (let step = 0; step < 20; step++) {
      node.pods([java, { ...web, rssKiB: (900 + step * 30) * MiB }])
      node.run(10)
    }
    const { growers } = node.examine()
    expect(growers.map(({ workload }) => workload)).toEqual(['pod/shop/web/web', 'pod/shop/order-api/java'])
  })

  test('a tmpfs that fills up is named with the pod that owns its emptyDir', () => {
    const node = createNode()
    for (let step = 0; step <= 20; step++) {
      const shmem = 10 + step * 80
      node.pods([java, web], pod => ({
        currentKiB: pod.rssKiB + (pod === web ? shmem * MiB : 0),
        stat: { anon: pod.rssKiB, shmem: pod === web ? shmem * MiB : 0, inactive_file: 0 },
        limitKiB: null,
      }))
      node.run(10, () => ({
        Shmem: shmem * MiB,
        MemAvailable: (2400 - shmem) * MiB,
        Cached: (2500 + shmem) * MiB,
        MemFree: (6480 - shmem) * MiB,
      }))
    }
    const { unownedKiB, growers, diagnosis, actions } = node.examine()
    expect(unownedKiB).toMatchObject({ shmem: 1610 * MiB, shmemOwner: 'pod/shop/web/web' })
    expect(unownedKiB!.rest).toBeLessThan(100 * MiB)
    expect(growers[0]).toMatchObject({ workload: 'pod/shop/web/web', from: 'cgroup' })
    const cause = diagnosis.find(({ code }) => code === 'tmpfs-and-shared-memory')
    expect(cause!.evidence).toContain('charged to shop/web')
    expect(actions[0]!.command).toBe(
      'kubectl cordon node-7 && kubectl delete pod --namespace=shop web-6d4b75cb6d-kp9xz --wait=false',
    )
    // The emptyDir goes with its pod.
    expect(actions[0]!.expectKiB).toBe((900 + 1610) * MiB)
  })

  test('a tmpfs whose owner is unknown is to be found first, since no kill frees it', () => {
    const node = createNode()
    node.pods([java, web])
    for (let step = 0; step <= 20; step++)
      node.run(10, () => ({ Shmem: (10 + step * 80) * MiB, MemAvailable: (2400 - step * 80) * MiB }))
    const { diagnosis, growers, actions, unownedKiB } = node.examine()
    expect(diagnosis[0]!.code).toBe('tmpfs-and-shared-memory')
    expect(growers[0]!.workload).toBe('kernel/shmem')
    expect(unownedKiB!.shmemOwner).toBeNull()
    expect(actions[0]!.command).toContain('df -t tmpfs')
  })

  test('slab that grows is the kernel, and what can be dropped is said', () => {
    const node = createNode()
    node.pods([java, web])
    for (let step = 0; step <= 20; step++)
      node.run(10, () => ({
        Slab: (300 + step * 100) * MiB,
        SReclaimable: (150 + step * 100) * MiB,
        MemFree: (6480 - step * 100) * MiB,
      }))
    const { diagnosis, growers, actions, unownedKiB } = node.examine()
    expect(unownedKiB).toMatchObject({ slab: 2300 * MiB })
    expect(unownedKiB!.rest).toBeLessThan(100 * MiB)
    expect(growers[0]!.workload).toBe('kernel/slab')
    expect(diagnosis[0]).toMatchObject({ code: 'kernel-slab' })
    expect(diagnosis[0]!.evidence).toMatch(/2\.1 GiB of it is reclaimable/)
    expect(actions[0]!.command).toBe('echo 2 > /proc/sys/vm/drop_caches')
  })

  test('hugepages that were reserved late are released first', () => {
    const node = createNode()
    node.pods([java, web])
    node.run(90)
    const late = { HugePages_Total: 1024, HugePages_Free: 1000, Hugetlb: 2048 * MiB, MemFree: 4432 * MiB }
    node.run(60, () => late)
    const { diagnosis, actions, unownedKiB } = node.examine()
    expect(unownedKiB).toMatchObject({ hugepages: 2048 * MiB, balloon: 0 })
    expect(diagnosis[0]).toMatchObject({ code: 'hugepages' })
    expect(actions[0]).toMatchObject({ command: 'sysctl -w vm.nr_hugepages=24', expectKiB: 2000 * MiB })
  })

  test('hugepages that are in use since the beginning are no cause', () => {
    const node = createNode()
    node.pods([java, web])
    node.run(120, () => ({ HugePages_Total: 1024, HugePages_Free: 10, Hugetlb: 2048 * MiB, MemFree: 4432 * MiB }))
    expect(node.codes()).not.toContain('hugepages')
  })

  test('a balloon is found by the memory that is missing from the machine', () => {
    const node = createNode()
    node.pods([java, web])
    node.run(90)
    node.run(60, () => ({ MemTotal: totalKiB - 3000 * MiB, MemFree: 3480 * MiB }))
    const { diagnosis, unownedKiB } = node.examine()
    expect(unownedKiB!.balloon).toBe(3000 * MiB)
    expect(diagnosis[0]).toMatchObject({ code: 'balloon' })
  })

  test('on a quiet node nothing is the matter', () => {
    const node = createNode({ host: { kubelet: wellReserved } })
    node.pods([java, web], pod => ({
      currentKiB: pod.rssKiB,
      stat: { anon: pod.rssKiB },
      limitKiB: pod.rssKiB * 1.25,
    }))
    node.run(300)
    expect(node.codes()).toEqual([])
    expect(node.examine()).toMatchObject({ isPrimed: false, toFix: 0, growers: [] })
  })
})

const wellReserved = {
  source: '/var/lib/kubelet/config.yaml',
  kubeReservedKiB: 1024 * MiB,
  systemReservedKiB: 1024 * MiB,
  evictionMemory: '750Mi',
}

describe('how the node is set up', () => {
  test('a reservation of 100 MiB is too small, and what others reserve is named', () => {
    const node = createNode({
      host: { kubelet: { ...wellReserved, kubeReservedKiB: 100 * MiB, systemReservedKiB: 0 } },
    })
    node.pods([java])
    node.run(2)
    const { diagnosis } = node.examine()
    expect(diagnosis[0]).toMatchObject({ code: 'reservation-too-small' })
    expect(diagnosis[0]!.evidence).toContain(
      '100 MiB of 16.0 GiB. On a node of this size, providers reserve: EKS 1.4 GiB',
    )
    expect(diagnosis[0]!.remedy).toMatch(/kubeReserved: \{memory: \d+Mi\}, systemReserved: \{memory: \d+Mi\}/)
  })

  test("where kubelet's settings cannot be read, the limit that it enforces shows what is reserved", () => {
    const node = createNode()
    node.pods([java])
    node.run(2)
    expect(node.codes()).not.toContain('reservation-too-small')
    node.push({
      kind: 'cgroups',
      at: node.now(),
      cgroups: [{ path: '/kubepods.slice', currentKiB: 5000 * MiB, limitKiB: totalKiB - 50 * MiB }],
    })
    expect(node.codes()).toContain('reservation-too-small')
  })

  test.each([
    ['0%', 'eviction-off'],
    ['100Mi', 'eviction-too-low'],
    ['5%', null],
    ['750Mi', null],
  ])('evictionHard of %s is %s', (evictionMemory, code) => {
    const node = createNode({ host: { kubelet: { ...wellReserved, evictionMemory } } })
    node.pods([java])
    node.run(2)
    expect(node.codes().filter(each => each.startsWith('eviction'))).toEqual(code === null ? [] : [code])
  })

  test('settings that kubelet gets on its command line are to be changed there, since they override its file', () => {
    const remedyOn = (host: Partial<HostFacts>) => {
      const kubelet = { source: '/var/lib/kubelet/config.yaml, flags', kubeReservedKiB: 100 * MiB }
      const node = createNode({ host: { kubelet, ...host } })
      node.daemons([{ pid: 801, comm: 'kubelet', unit: 'kubelet.service', oomScoreAdj: -999 }])
      node.pods([java])
      node.run(2)
      return node.examine().diagnosis.find(({ code }) => code === 'reservation-too-small')!.remedy
    }
    expect(remedyOn({})).toMatch(/^In \/var\/lib\/kubelet\/config\.yaml set .*systemctl restart kubelet$/)
    const kubelet = { source: 'flags', kubeReservedKiB: 100 * MiB, onCommandLine: ['kubeReservedKiB'] }
    expect(remedyOn({ kubelet })).toMatch(/^kubelet gets these settings on its command line.*--kube-reserved=memory=/)
    expect(remedyOn({ os: 'Talos (v1.9.1)' })).toMatch(/^In the Talos machine config set [^;]*$/)
    expect(remedyOn({ osId: 'bottlerocket' })).toMatch(/^Set these Bottlerocket settings: [^;]*$/)
    for (const osId of ['talos', 'bottlerocket']) expect(remedyOn({ osId })).not.toContain('systemctl')
  })

  test('a pod that has just started is no measure of what it needs', () => {
    const remedyAfter = (seconds: number) => {
      const node = createNode({ host: { bootedAt: null } })
      node.pods([java, beat])
      node.run(seconds)
      return node.examine().diagnosis.find(({ code }) => code === 'no-request-or-limit')!.remedy
    }
    expect(remedyAfter(30)).toContain('has not run for long enough')
    expect(remedyAfter(30)).not.toMatch(/\dMi/)
    expect(remedyAfter(400)).toContain('requests: {memory: 96Mi}')
  })

  test('limits that add up to more than there is are a cause with their sum, and smaller ones are none', () => {
    const limits = (limitKiB: number) => {
      const node = createNode({ host: { kubelet: wellReserved } })
      const pods = [java, web, { ...web, n: 4, pod: 'cart-6d4b75cb6d-kp9xz' }]
      node.pods(pods, pod => ({ currentKiB: pod.rssKiB, stat: {}, limitKiB }))
      node.run(2)
      return node.examine().diagnosis.find(({ code }) => code === 'limits-over-allocatable')
    }
    expect(limits(8192 * MiB)!.evidence).toContain('The limits of 3 pods add up to 24.0 GiB')
    expect(limits(4096 * MiB)).toBeUndefined()
  })

  test('a pod without request and limit is called the first victim only where it ranks first', () => {
    const whyBeside = (oomScoreAdj: number) => {
      const node = createNode()
      node.pods([{ ...java, oomScoreAdj }, beat])
      node.run(2)
      return node.examine().diagnosis.find(({ code }) => code === 'no-request-or-limit')!.why
    }
    expect(whyBeside(0)).toContain('are killed first')
    expect(whyBeside(990)).toContain('rank among the first OOM victims')
  })

  test('a pod without request and limit among the first victims is sized by its peak use', () => {
    const node = createNode()
    node.pods([java, beat])
    node.run(2)
    const cause = node.examine().diagnosis.find(({ code }) => code === 'no-request-or-limit')
    expect(cause!.remedy).toContain(
      // Its owner is guessed by its name: that is not enough for a command.
      'By its peak use so far: resources: {requests: {memory: 96Mi}, limits: {memory: 192Mi}}',
    )
    expect(createNode().codes()).not.toContain('no-request-or-limit')
  })

  test('kubelet that the kernel may choose is unprotected; one with -999 is not', () => {
    const codes = (oomScoreAdj: number) => {
      const node = createNode()
      node.daemons([{ pid: 801, comm: 'kubelet', unit: 'kubelet.service', oomScoreAdj }])
      node.run(2)
      return node.examine().diagnosis.find(({ code }) => code === 'unprotected-daemons')
    }
    expect(codes(0)!.remedy).toContain('/etc/systemd/system/kubelet.service.d/oom.conf')
    expect(codes(-999)).toBeUndefined()
  })

  test('swap that is full is a cause, and idle swap is none', () => {
    const codes = (SwapFree: number) => {
      const node = createNode()
      node.run(2, () => ({ SwapTotal: 4096 * MiB, SwapFree }))
      return node.codes()
    }
    expect(codes(100 * MiB)).toContain('swap-settings')
    expect(codes(3000 * MiB)).not.toContain('swap-settings')
  })

  test('too little headroom for the largest pod to shut down is a cause, with what is missing', () => {
    const node = createNode()
    node.pods([java])
    node.run(2, () => ({ MemAvailable: 500 * MiB }))
    const { spare, diagnosis } = node.examine()
    expect(spare).toMatchObject({ KiB: -500 * MiB, needKiB: 1000 * MiB })
    expect(diagnosis.map(({ code }) => code)).toContain('no-room-to-terminate')
  })

  test('a node that is usually full is named with the window of its baseline, also after a restart of the agent', () => {
    const node = createNode()
    const at = node.now()
    const full = { workload: 'node', KiB: totalKiB * 0.97, watchedMs: 20 * 3_600_000, seenAt: at - 60_000 }
    node.push({ kind: 'habits', at, habits: [full] })
    node.run(2)
    const cause = node.examine().diagnosis.find(({ code }) => code === 'high-baseline')
    expect(cause!.evidence).toBe('97% of 16.0 GiB in use on average over the last 20h.')
    expect(node.pipeline.baselines().habits).toEqual([full])
  })
})

describe('a kill', () => {
  const invoker = { comm: 'kubelet', pid: 801 }

  test('a kill of a BestEffort DaemonSet pod names the wrong victim, and the top memory consumer is named', () => {
    const node = createNode({
      host: { kubelet: { ...wellReserved, kubeReservedKiB: 100 * MiB, systemReservedKiB: 0 } },
    })
    node.daemons([{ pid: 801, comm: 'kubelet', unit: 'kubelet.service', oomScoreAdj: -999 }])
    node.pods([java, web, beat])
    node.run(90, () => ({ MemAvailable: 300 * MiB }))
    const [alert] = node.kernel(...globalKill(beat, invoker))
    expect(alert).toMatchObject({
      type: 'memory-exhaustion',
      limit: { scope: 'global', level: 'node', path: null, limitKiB: totalKiB },
      trigger: { comm: 'kubelet', workload: 'unit/system.slice/kubelet.service', terminating: false },
    })
    expect(alert!.holders[0]).toMatchObject({ workload: 'pod/shop/order-api/java', KiB: 4000 * MiB })
    expect(alert!.diagnosis[0]!.code).toBe('reservation-too-small')
    expect(alert!.diagnosis.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['no-request-or-limit', 'futile-victim']),
    )
    expect(alert!.actions[0]).toMatchObject({
      command: 'kubectl cordon node-7 && kubectl delete pod --namespace=shop order-api-5b4bc4cc46-bhk2x --wait=false',
      expectKiB: 4000 * MiB,
    })
    expect(alert!.actions[0]!.do).toContain('Its Deployment probably recreates it on another node.')
    expect(alert!.actions[1]!.command).toBe(`echo 1 > /sys/fs/cgroup${containerCgroup(java)}/cgroup.kill`)
    // No respawn was seen yet, and its owner is a guess: nothing is claimed about it.
    expect(alert!.actions.some(action => action.do.startsWith('Do not'))).toBe(false)
    expect(alert!.actions.at(-1)!.do).toContain('reboot')
    expect(alert!.summary).toBe(
      'node-7 is out of memory: the kernel OOM-killed logging/filebeat (73 MiB). The top memory consumer is shop/order-api (java) (3.9 GiB). Next step: cordon the node and delete pod shop/order-api-5b4bc4cc46-bhk2x, which frees 3.9 GiB.',
    )
  })

  test('a terminating pod that grows is named, with what it grew by and where that is known from', () => {
    const node = createNode({ settings: { otherLocales: ['zh-CN'] } })
    node.pods([java, web, beat])
    node.run(90, () => ({ MemAvailable: 900 * MiB }))
    const line = 'kubelet.go:2079] "SyncLoop DELETE" source="api" pods=[shop/web-6d4b75cb6d-kp9xz]'
    node.push({ kind: 'unit-line', at: node.now(), unit: 'kubelet', line, trusted: true })
    node.pods([java, { ...web, rssKiB: 1210 * MiB }, beat])
    node.run(40, () => ({ MemAvailable: 300 * MiB }))
    const [alert] = node.kernel(...globalKill(beat, { comm: 'web', pid: pidOf(web) }))
    expect(alert!.trigger).toEqual({
      comm: 'web',
      workload: 'pod/shop/web/web',
      terminating: true,
      source: 'log of kubelet: SyncLoop DELETE',
      grewKiB: 310 * MiB,
    })
    expect(inLocale(alert!, 'zh-CN').trigger).toEqual({ ...alert!.trigger, source: 'kubelet 的日志：SyncLoop DELETE' })
    expect(alert!.summary).toContain('The terminating pod shop/web-6d4b75cb6d-kp9xz grew in its grace period.')
    expect(alert!.actions[0]!.command).toBe(
      `kubectl cordon node-7 && kubectl get pod --namespace=shop web-6d4b75cb6d-kp9xz --output=jsonpath='{.metadata.deletionTimestamp}' | grep -q . && kubectl delete pod --namespace=shop web-6d4b75cb6d-kp9xz --grace-period=1 --wait=false`,
    )
  })

  test('a line that any user can write to syslog is no evidence that a pod is terminating', () => {
    const node = createNode()
    node.pods([java, web, beat])
    node.run(90, () => ({ MemAvailable: 900 * MiB }))
    const line = 'kubelet.go:2079] "SyncLoop DELETE" source="api" pods=[shop/web-6d4b75cb6d-kp9xz]'
    node.push({ kind: 'unit-line', at: node.now(), unit: 'kubelet', line })
    node.pods([{ ...java, rssKiB: 5000 * MiB }, { ...web, rssKiB: 1210 * MiB }, beat])
    node.run(40, () => ({ MemAvailable: 300 * MiB }))
    const [alert] = node.kernel(...globalKill(beat, { comm: 'web', pid: pidOf(web) }))
    const commands = alert!.actions.map(({ command }) => command ?? '').join('\n')
    expect(commands).toContain('order-api')
    expect(commands).not.toContain('shop web-')
    const cause = alert!.diagnosis.find(({ code }) => code === 'terminating-pod-grows')
    expect(cause!.evidence).toContain('any user can write to that log')
    expect(cause!.remedy).not.toContain('kubectl')
  })

  test('SIGTERM is seen as a container that leaves while the successor of its pod runs', () => {
    const node = createNode()
    const sidecar: TestPod = { ...web, n: 7, container: 'proxy', rssKiB: 50 * MiB }
    const uid = '0a1b2c3d-0000-4000-8000-000000000002'
    const both = (rssKiB: number) => {
      node.pods([java, { ...web, rssKiB }])
      // Another container of the same pod.
      node.push({
        kind: 'pods',
        at: node.now(),
        pods: [
          {
            uid,
            namespace: 'shop',
            pod: web.pod,
            containers: [
              { name: 'web', id: '2'.padStart(64, 'c') },
              { name: 'proxy', id: '7'.padStart(64, 'c') },
            ],
          },
        ],
      })
    }
    both(900 * MiB)
    const proxy = {
      pid: 2107,
      startTicks: 1000,
      ppid: 1,
      comm: 'proxy',
      state: 'S',
      threads: 1,
      majorFaults: 0,
      rssKiB: sidecar.rssKiB,
      oomScore: 700,
      oomScoreAdj: 900,
      cgroup: `${podCgroup(web)}/cri-containerd-${'7'.padStart(64, 'c')}.scope`,
    }
    node.push({ kind: 'processes', at: node.now(), seen: [proxy], gone: [] })
    node.run(60)
    // A sidecar that ends by itself is no termination.
    node.push({ kind: 'processes', at: node.now(), seen: [], gone: [{ pid: 2107, startTicks: 1000 }] })
    node.run(30)
    expect(node.codes()).not.toContain('terminating-pod-grows')
    node.pods([{ ...web, n: 9, pod: 'web-7f55dbff7b-vr98b' }])
    node.run(30)
    both(1400 * MiB)
    node.run(20)
    const cause = node.examine().diagnosis.find(({ code }) => code === 'terminating-pod-grows')
    expect(cause!.evidence).toContain('The terminating pod shop/web-6d4b75cb6d-kp9xz grew by 500 MiB')
    expect(cause!.evidence).toContain('its container proxy has left, and its successor web-7f55dbff7b-vr98b runs')
  })

  test('whether a pod is terminating is unknown where no log shows it', () => {
    const node = createNode()
    node.pods([java, web, beat])
    node.run(90, () => ({ MemAvailable: 300 * MiB }))
    const [alert] = node.kernel(...globalKill(beat, { comm: 'web', pid: pidOf(web) }))
    expect(alert!.trigger).toMatchObject({
      workload: 'pod/shop/web/web',
      terminating: null,
      source: null,
      grewKiB: null,
    })
  })

  test('a kill for contiguous memory while much is free is fragmentation, and one for single pages is none', () => {
    const codes = (order: number) => {
      const node = createNode()
      node.pods([java, beat])
      node.run(5)
      return node.kernel(...globalKill(beat, { comm: 'nic', pid: 9, order }))[0]!.diagnosis.map(({ code }) => code)
    }
    expect(codes(3)[0]).toBe('fragmentation')
    expect(codes(0)).not.toContain('fragmentation')
  })

  test('where nothing is sampled, the task table of the kernel shows the top consumers', () => {
    const node = createNode()
    const [, , report, kill] = globalKill(beat, invoker)
    const [alert] = node.kernel(
      'kubelet invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0',
      'Tasks state (memory values in pages):',
      '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
      '[   2001]     0  2001  2000000  1024000   100000        0           900 java',
      '[   2003]     0  2003   200000    18688   100000        0          1000 filebeat',
      report!,
      kill!,
    )
    expect(alert!.holders[0]).toMatchObject({ workload: 'comm/java', KiB: 4000 * MiB, from: 'task-table' })
  })

  test.each([
    [1, 'own-limit-too-low'],
    [400, 'own-limit-leak'],
  ])('a kill at its own limit after %i s is %s, and nothing is advised for the node', (seconds, code) => {
    const node = createNode()
    const pod = { ...web, rssKiB: 20 * MiB }
    const limit = 500 * MiB
    const die = (start: number) => {
      const life = { ...pod, n: pod.n }
      const process = { startTicks: start, rssKiB: 20 * MiB, pid: 3000 + start }
      node.push({
        kind: 'pods',
        at: node.now(),
        pods: [
          {
            uid: '0a1b2c3d-0000-4000-8000-000000000002',
            namespace: 'shop',
            pod: pod.pod,
            containers: [{ name: 'web' }],
          },
        ],
      })
      const sample = {
        ppid: 1,
        comm: 'web',
        state: 'S',
        threads: 1,
        majorFaults: 0,
        oomScore: 700,
        oomScoreAdj: 900,
        cgroup: containerCgroup(life),
        ...process,
      }
      node.push({ kind: 'processes', at: node.now(), seen: [sample], gone: [] })
      node.run(seconds)
      const alerts = node.kernel(
        `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=${podCgroup(pod)},task_memcg=${containerCgroup(pod)},task=web,pid=${process.pid},uid=0`,
        `Memory cgroup out of memory: Killed process ${process.pid} (web) total-vm:900000kB, anon-rss:${limit}kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:900`,
      )
      node.push({ kind: 'processes', at: node.now(), seen: [], gone: [{ pid: process.pid, startTicks: start }] })
      return alerts
    }
    node.push({
      kind: 'cgroups',
      at: node.now(),
      cgroups: [{ path: podCgroup(pod), currentKiB: limit, limitKiB: limit }],
    })
    // 100 ticks a second, 10 000 000 s after boot: born as the test goes on.
    const ticks = () => Math.round((node.now() - 1_790_000_000_000) / 10)
    die(ticks())
    node.run(2)
    const [alert] = die(ticks())
    expect(alert).toMatchObject({ type: 'respawn-loop', limit: { scope: 'memcg', limitKiB: limit } })
    expect(alert!.diagnosis.map(each => each.code)).toEqual([code])
    expect(alert!.actions[0]!.command).toContain(
      'kubectl set resources deployment/web --namespace=shop --containers=web --limits=memory=',
    )
    expect(alert!.actions.some(({ command }) => command?.includes('cordon'))).toBe(false)
    expect(alert!.summary).toContain('keeps reaching its own 500 MiB memory limit')
  })
})

describe('a daemon of the node that is killed', () => {
  const containerd = { pid: 802, comm: 'containerd', unit: 'containerd.service', oomScoreAdj: 0, rssKiB: 400 * MiB }
  const line =
    'Killed process 802 (containerd) total-vm:900000kB, anon-rss:409600kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:0'

  test('a daemon that was killed in a shortage is restarted first, and protected from then on', () => {
    const node = createNode()
    node.daemons([containerd])
    node.pods([java, beat])
    node.run(90, () => ({ MemAvailable: 200 * MiB }))
    const alerts = node.kernel(
      'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/containerd.service,task=containerd,pid=802,uid=0',
      `Out of memory: ${line}`,
    )
    const alert = alerts.find(({ type }) => type === 'node-daemon-killed')!
    expect(alert.diagnosis[0]!.code).toBe('unprotected-daemons')
    expect(alert.actions[0]!.command).toBe(
      'systemctl is-active containerd.service || systemctl restart containerd.service',
    )
    expect(alert.actions[1]!.command).toContain('kubectl cordon node-7')
  })

  test('by the limit of its own unit is a workload like others: nothing is said of the node', () => {
    const node = createNode()
    node.daemons([containerd])
    node.pods([java])
    node.run(90)
    const alerts = node.kernel(
      'containerd invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
      'memory: usage 409600kB, limit 409600kB, failcnt 80',
      'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/system.slice/containerd.service,task_memcg=/system.slice/containerd.service,task=containerd,pid=802,uid=0',
      `Memory cgroup out of memory: ${line}`,
    )
    expect(alerts).toEqual([])
  })

  test('a daemon that keeps reaching the limit of its own unit: that limit is to be raised, and nothing else', () => {
    const node = createNode()
    const path = '/system.slice/containerd.service'
    for (const pid of [802, 803]) {
      const startTicks = Math.round((node.now() - 1_790_000_000_000) / 10)
      node.daemons([{ ...containerd, pid, startTicks }])
      node.push({ kind: 'cgroups', at: node.now(), cgroups: [{ path, currentKiB: 400 * MiB, limitKiB: 400 * MiB }] })
      node.run(90)
      node.kernel(
        'containerd invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
        'memory: usage 409600kB, limit 409600kB, failcnt 80',
        `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=${path},task_memcg=${path},task=containerd,pid=${pid},uid=0`,
        `Memory cgroup out of memory: ${line.replace('802', String(pid))}`,
      )
      node.push({ kind: 'processes', at: node.now(), seen: [], gone: [{ pid, startTicks }] })
    }
    const alert = node.alerts.find(({ type }) => type === 'respawn-loop')!
    expect(alert).toMatchObject({ subject: `unit${path}`, limit: { scope: 'memcg', limitKiB: 400 * MiB } })
    expect(alert.diagnosis[0]!.code).toMatch(/^own-limit/)
    expect(alert.actions.map(({ command }) => command)).toEqual([
      'systemctl set-property containerd.service MemoryMax=640M',
    ])
    expect(node.alerts.map(({ type }) => type)).not.toContain('node-daemon-killed')
  })
})

test('every part of memory that no process holds adds up to the total', () => {
  const node = createNode()
  node.run(2)
  const { total, slab, pageTables, hugepages, shmem, balloon, rest } = node.examine().unownedKiB!
  expect(slab! + pageTables! + hugepages! + shmem! + balloon! + rest!).toBe(total)
  expect(slab).toBe(meminfo.Slab)
})
