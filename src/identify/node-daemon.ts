import type { CgroupPath } from '../parse/cgroup-path.ts'

/**
 * Whether a cgroup is one of the node's own daemons: kubelet, the container runtime, sshd, systemd and what else keeps a
 * node reachable. By its place in the host's tree, never by a process name: an sshd in a container is none, nor is one
 * that serves a login (`session-3.scope`).
 */
export function isNodeDaemon(cgroup: CgroupPath): boolean {
  if (cgroup.level === 'monitor' || cgroup.unit === null || cgroup.level !== 'unit') return false
  const [top, ...rest] = cgroup.unit.split('/')
  if (cgroup.unit === 'init.scope') return true
  // Talos: all below are the node's own. Others: slices that vendors set apart for kubelet and runtime.
  if (top === 'podruntime' || top === 'system') return true
  if (!hostSlices.has(top!)) return false
  const name = rest.at(-1)
  return name !== undefined && isDaemonUnit(name)
}

/** Whether it is kubelet's or the container runtime's own unit: whose faults and stalls are read every second. */
export function isRuntimeUnit(cgroup: CgroupPath): boolean {
  return isNodeDaemon(cgroup) && runtimeUnit.test(cgroup.unit!.split('/').at(-1)!)
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
  /^(?:kubelet|containerd|docker|dockerd|crio|cri-o|cri-docker|cri-dockerd|k3s|k3s-agent|rke2-server|rke2-agent|k0scontroller|k0sworker|runtime|snap\.microk8s\.daemon-[a-z-]+|snap\.k8s\.[a-z-]+)(?:\.service)?$/

const daemonUnit =
  /^(?:ssh|sshd|ssh@.*|sshd@.*|dbus|dbus-broker|NetworkManager|networking|network|wicked.*|dhclient.*|dhcpcd|chrony|chronyd|ntp|ntpd|ntpsec|rsyslog|syslog-ng|auditd|polkit|kube-proxy|node-problem-detector|irqbalance|multipathd|iscsid|rpcbind|nfs-.*|udev|elogind)\.service$/

function isDaemonUnit(name: string): boolean {
  return /^systemd-[a-z0-9@_.:-]+\.service$/.test(name) || runtimeUnit.test(name) || daemonUnit.test(name)
}
