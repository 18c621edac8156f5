import type { CgroupPath } from '../parse/cgroup/cgroup-path.ts'

/**
 * Whether a process is one of the node's own daemons: kubelet, the container runtime, sshd's listener, a core service of
 * systemd. It is the main process of a listed unit, in the host's own tree: an sshd in a container is none, nor is a
 * program that a login started in sshd's unit, a shim in containerd's, or a helper such as systemd-coredump. Where the
 * process is not known (`comm` null) the unit decides.
 */
export function isNodeDaemon(cgroup: CgroupPath, comm: string | null = null): boolean {
  if (cgroup.level !== 'unit' || cgroup.unit === null) return false
  const [top, ...rest] = cgroup.unit.split('/')
  if (cgroup.unit === 'init.scope') return comm === null || comm === 'systemd' || comm === 'init'
  // Talos: all below are the node's own. Others: slices that vendors set apart for kubelet and runtime.
  if (top === 'podruntime' || top === 'system') return !isHelper(comm)
  if (!hostSlices.has(top!) || cgroup.inner !== null) return false
  const name = rest.at(-1)?.replace(/\.service$/, '')
  return name !== undefined && name !== rest.at(-1) && isMainProcess(name, comm)
}

/** Whether it is kubelet's or the container runtime's own unit: whose faults and stalls are read every second. */
export function isRuntimeUnit(cgroup: CgroupPath): boolean {
  return isNodeDaemon(cgroup) && runtimeUnit.test(cgroup.unit!.split('/').at(-1)!)
}

/** Whether it is the unit in which kubelet itself runs; distributions that bundle it name their own. */
export function isKubeletUnit(cgroup: CgroupPath): boolean {
  return isNodeDaemon(cgroup) && kubeletUnit.test(cgroup.unit!.split('/').at(-1)!)
}

const kubeletUnit =
  /^(?:kubelet|k3s|k3s-agent|rke2-server|rke2-agent|k0scontroller|k0sworker|snap\.microk8s\.daemon-kubel(?:et|ite)|snap\.k8s\.kubelet)(?:\.service)?$/

/**
 * Whether a victim is a child of its unit's main process that has kept its name: sshd's of a connection, udevd's for one
 * event. Where the parent is not known (`ppid` null) only udevd is certain: systemd starts it with oom_score_adj -1000,
 * which the kernel never kills and its workers do not have.
 */
export function isForkOfDaemon(unit: string | null, ppid: number | null): boolean {
  const name = /\/(sshd?|systemd-udevd)\.service$/.exec(unit ?? '')?.[1]
  return name !== undefined && (ppid === null ? name === 'systemd-udevd' : ppid !== 1)
}

const hostSlices = new Set([
  'system.slice',
  'runtime.slice',
  'podruntime.slice',
  'kubelet.slice',
  'kube.slice',
  'kubeletreserved.slice',
  'kubereserved.slice',
  'reserved.slice',
])

const runtimeUnit =
  /^(?:kubelet|containerd|docker|dockerd|crio|cri-o|cri-docker|cri-dockerd|k3s|k3s-agent|rke2-server|rke2-agent|k0scontroller|k0sworker|runtime|snap\.microk8s\.daemon-[a-z0-9-]+|snap\.k8s\.[a-z0-9-]+)(?:\.service)?$/

/** Units, each with the processes in it that the node cannot do without; by default the one of its own name. */
const daemons: Readonly<Record<string, readonly string[]>> = {
  kubelet: ['kubelet', 'hyperkube'],
  containerd: ['containerd'],
  docker: ['dockerd', 'dockerd-current', 'docker', 'containerd', 'docker-containerd'],
  dockerd: ['dockerd', 'containerd'],
  crio: ['crio'],
  'cri-o': ['crio'],
  'cri-docker': ['cri-dockerd'],
  'cri-dockerd': ['cri-dockerd'],
  k3s: ['k3s', 'k3s-server', 'k3s-agent', 'containerd'],
  'k3s-agent': ['k3s', 'k3s-agent', 'containerd'],
  'rke2-server': ['rke2', 'kubelet', 'containerd'],
  'rke2-agent': ['rke2', 'kubelet', 'containerd'],
  k0scontroller: [
    'k0s',
    'kubelet',
    'containerd',
    'etcd',
    'kine',
    'kube-apiserver',
    'kube-scheduler',
    'kube-controller-manager',
  ],
  k0sworker: ['k0s', 'kubelet', 'containerd'],
  runtime: ['containerd'],
  'kube-proxy': ['kube-proxy'],
  ssh: ['sshd'],
  sshd: ['sshd'],
  dbus: ['dbus-daemon', 'dbus-broker', 'dbus-broker-launch'],
  'dbus-broker': ['dbus-broker', 'dbus-broker-launch'],
  NetworkManager: ['NetworkManager'],
  wicked: ['wickedd'],
  wickedd: ['wickedd'],
  'wickedd-nanny': ['wickedd-nanny'],
  dhcpcd: ['dhcpcd'],
  iscsid: ['iscsid'],
  multipathd: ['multipathd'],
  elogind: ['elogind-daemon', 'elogind'],
  'systemd-journald': ['systemd-journald'],
  'systemd-logind': ['systemd-logind'],
  'systemd-udevd': ['systemd-udevd'],
  'systemd-networkd': ['systemd-networkd'],
  'systemd-resolved': ['systemd-resolved'],
  'systemd-timesyncd': ['systemd-timesyncd'],
  'systemd-userdbd': ['systemd-userdbd'],
  'systemd-oomd': ['systemd-oomd'],
}

function isMainProcess(unit: string, comm: string | null): boolean {
  if (runtimeUnit.test(unit) && unit.startsWith('snap.')) return !isHelper(comm)
  if (unit.startsWith('dhclient')) return comm === null || comm === 'dhclient'
  const names = Object.hasOwn(daemons, unit) ? daemons[unit] : undefined
  if (!names) return false
  // The kernel keeps 15 characters of a name.
  return comm === null || names.some(name => name.slice(0, 15) === comm)
}

// Processes that daemons start and can lose.
function isHelper(comm: string | null): boolean {
  return comm !== null && /shim|conmon|^(?:sh|bash|dash|mount|umount|iptables.*|nsenter|du|runc|crun)$/.test(comm)
}
