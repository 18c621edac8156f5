import { describe, expect, it } from 'vitest'
import { readKubeletFacts } from '../../src/platform/kubelet.ts'
import type { HostFiles } from '../../src/types.ts'

const own = '0::/system.slice/kubelet.service\n'
const pod = '0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/cri-containerd-1.scope\n'

function host(kubelets: readonly { readonly pid: number; readonly cgroup: string; readonly config: string }[]) {
  const asked: string[] = []
  const contents = new Map(
    kubelets.flatMap(({ pid, cgroup, config }) => [
      [`/proc/${pid}/comm`, 'kubelet\n'],
      [`/proc/${pid}/cgroup`, cgroup],
      [`/proc/${pid}/cmdline`, `kubelet\0--config=${config}\0`],
      [config, `kubeReserved: { memory: ${pid}Mi }\n`],
    ]),
  )
  contents.set('/proc/900/comm', 'sshd\n')
  const read = (path: string) => {
    asked.push(path)
    return contents.get(path)
  }
  const pids = () => [...kubelets.map(({ pid }) => pid), 900]
  return { asked, files: { read, pids, list: () => undefined } as unknown as HostFiles }
}

describe('settings of kubelet', () => {
  it('come from the flags of the node`s own, whose command line alone is read', () => {
    const { files, asked } = host([{ pid: 100, cgroup: own, config: '/etc/k.yaml' }])
    expect(readKubeletFacts(files)?.kubeReservedKiB).toBe(100 * 1024)
    expect(asked.filter(path => path.endsWith('cmdline'))).toEqual(['/proc/100/cmdline'])
  })

  it('never come from a process in a pod that calls itself kubelet, though it was there first', () => {
    const { files, asked } = host([
      { pid: 50, cgroup: pod, config: '/proc/50/root/tmp/mine' },
      { pid: 100, cgroup: own, config: '/etc/k.yaml' },
    ])
    expect(readKubeletFacts(files)?.kubeReservedKiB).toBe(100 * 1024)
    expect(asked).not.toContain('/proc/50/cmdline')
    expect(asked).not.toContain('/proc/50/root/tmp/mine')
  })
})
