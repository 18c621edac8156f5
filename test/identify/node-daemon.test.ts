import { expect, test } from 'vitest'
import { isNodeDaemon } from '../../src/identify/node-daemon.ts'
import { parseCgroupPath } from '../../src/parse/cgroup/cgroup-path.ts'

test.each([
  ['/system.slice/kubelet.service', 'kubelet'],
  ['/runtime.slice/containerd.service', 'containerd'],
  ['/system.slice/docker.service', 'dockerd'],
  ['/system.slice/crio.service', 'crio'],
  ['/system.slice/k3s.service', 'k3s-server'],
  ['/system.slice/rke2-agent.service', 'kubelet'],
  ['/system.slice/snap.microk8s.daemon-kubelite.service', 'kubelite'],
  ['/system.slice/ssh.service', 'sshd'],
  ['/system.slice/systemd-journald.service', 'systemd-journal'],
  ['/system.slice/systemd-networkd.service', 'systemd-network'],
  ['/system.slice/dbus.service', 'dbus-daemon'],
  ['/init.scope', 'systemd'],
  ['/podruntime/kubelet', 'kubelet'],
])('in %s the process %s is a daemon of the node', (path, comm) => {
  expect(isNodeDaemon(parseCgroupPath(path), comm)).toBe(true)
})

test.each([
  ['/system.slice/system-systemd\\x2dcoredump.slice/systemd-coredump@3-9-0.service', 'systemd-coredum'],
  ['/system.slice/systemd-tmpfiles-clean.service', 'systemd-tmpfile'],
  ['/system.slice/systemd-fsck-root.service', 'systemd-fsck'],
  ['/system.slice/systemd-hostnamed.service', 'systemd-hostnam'],
  ['/system.slice/ssh.service', 'python3'],
  ['/system.slice/ssh.service', 'sshd-session'],
  ['/system.slice/kubelet.service', 'du'],
  ['/system.slice/containerd.service', 'containerd-shim'],
  ['/system.slice/docker.service', 'docker-proxy'],
  ['/system.slice/cron.service', 'cron'],
  ['/system.slice/nginx.service', 'nginx'],
  ['/system.slice/constructor.service', 'constructor'],
  ['/system.slice/kubelet.service/helper', 'kubelet'],
  ['/podruntime/runtime', 'containerd-shim'],
  ['/user.slice/user-0.slice/session-1.scope', 'kubelet'],
  ['/user.slice/user-0.slice/user@0.service/app.slice/kubelet.service', 'kubelet'],
  ['/lxc.payload.a/system.slice/ssh.service', 'sshd'],
  ['/machine.slice/systemd-nspawn@a.service/payload/system.slice/ssh.service', 'sshd'],
  ['/kubepods/besteffort/system.slice/kubelet.service', 'java'],
])('in %s the process %s is no daemon of the node', (path, comm) => {
  expect(isNodeDaemon(parseCgroupPath(path), comm)).toBe(false)
})
