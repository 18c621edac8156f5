import { expect, test } from 'vitest'
import { readHostFacts } from '../../src/platform/facts.ts'
import { readKubeletFacts } from '../../src/platform/kubelet.ts'
import type { HostFiles } from '../../src/types.ts'

function filesOf(texts: Readonly<Record<string, string>>, pids: readonly number[] = []): HostFiles {
  return {
    read: path => texts[path],
    reread: path => texts[path],
    list: () => undefined,
    pids: () => pids,
    link: () => undefined,
    forget: () => undefined,
    close: () => undefined,
  }
}

const options = { nodeName: null, labels: {}, agentVersion: '0', at: 0 }

test.each([
  ['debian', 'PRETTY_NAME="Debian GNU/Linux 13"\nID=debian\n', 'debian'],
  ['Talos', 'NAME="Talos"\nID=talos\nPRETTY_NAME="Talos (v1.9.1)"\n', 'talos'],
  ['Bottlerocket', 'ID="bottlerocket"\nPRETTY_NAME="Bottlerocket OS 1.30.0"\n', 'bottlerocket'],
])('the system is known by the ID of os-release: %s', (_, text, osId) => {
  expect(readHostFacts(filesOf({ '/etc/os-release': text }), options).osId).toBe(osId)
})

test('os-release is also read where only the vendor keeps it', () => {
  expect(readHostFacts(filesOf({ '/usr/lib/os-release': 'ID=cos\n' }), options).osId).toBe('cos')
})

test('process 1 shows whether systemd runs this host', () => {
  expect(readHostFacts(filesOf({ '/proc/1/comm': 'systemd\n' }), options).init).toBe('systemd')
  expect(readHostFacts(filesOf({}), options).init).toBeUndefined()
})

test('the name of the host stays known where the settings name the node', () => {
  const files = filesOf({ '/proc/sys/kernel/hostname': 'ip-10-0-0-7\n' })
  expect(readHostFacts(files, { ...options, nodeName: 'worker-3' })).toMatchObject({
    name: 'worker-3',
    hostname: 'ip-10-0-0-7',
  })
  expect(readHostFacts(files, options)).not.toHaveProperty('hostname')
})

test('the command line of kubelet states its node name, and which settings the file cannot change', () => {
  const files = filesOf(
    {
      '/proc/7/comm': 'kubelet\n',
      '/proc/7/cgroup': '0::/system.slice/kubelet.service\n',
      '/proc/7/cmdline':
        'kubelet\0--hostname-override=worker-3\0--kube-reserved=memory=100Mi\0--cloud-provider=external\0',
      '/var/lib/kubelet/config.yaml': 'kubeReserved: {memory: 1Gi}\nmaxPods: 60\n',
    },
    [7],
  )
  expect(readKubeletFacts(files)).toMatchObject({
    nodeName: 'worker-3',
    cloudProvider: 'external',
    kubeReservedKiB: 100 * 1024,
    maxPods: 60,
    onCommandLine: ['kubeReservedKiB', 'nodeName', 'cloudProvider'],
  })
})
