#!/usr/bin/python3
"""Inside the virtual machine, `causes.py apart`: one process leaks, a tmpfs fills, slab grows, hugepages are reserved late;
`causes.py founding`: the founding node, rebuilt, runs out for real. Each is written as a capture, with the moments to ask
about, to /out.

kubelet's settings and its line about the deletion are written as kubelet writes them; the memory, its accounts and the
kernel's kills are real."""
import os, re, sys, time

import node
from pieces import CG, MIB, cgroup, dumps, grow, read, spawn, stop_all, write

CONFIG = '/var/lib/kubelet/config.yaml'
PROCESS = ('stat', 'statm', 'oom_score', 'oom_score_adj', 'cgroup', 'comm')
ACCOUNTS = ('memory.current', 'memory.max', 'memory.stat', 'memory.events')
pods = {}
# With the first files of the capture: the host is asked once what does not change.
node.FILES += [CONFIG, '/proc/sys/kernel/osrelease', '/etc/hostname']


def uid(n):
    return f'0a1b2c3d-0000-4000-8000-{n:012d}'


def pod(n, name, app, qos, adj, work, limit='max'):
    """A pod with one container, laid out as kubelet, containerd and the systemd driver do."""
    path = f'/kubepods.slice/kubepods-{qos}.slice/kubepods-{qos}-pod{uid(n).replace("-", "_")}.slice'
    scope = f'{path}/cri-containerd-{n:064x}.scope'
    cgroup(scope, memory_max=limit)
    logs = f'/var/log/pods/shop_{name}_{uid(n)}/{app}'
    link = f'/var/log/containers/{name}_shop_{app}-{n:064x}.log'
    os.makedirs(logs, exist_ok=True)
    os.makedirs(os.path.dirname(link), exist_ok=True)
    write(f'{logs}/0.log', '')
    if not os.path.lexists(link):
        os.symlink(f'{logs}/0.log', link)
    pods[scope] = f'{logs}/0.log', link
    return spawn(scope, work, adj, app)


def daemon(unit, comm, adj):
    cgroup(f'/system.slice/{unit}')
    spawn(f'/system.slice/{unit}', grow(20, 0), adj, comm)


class Capture(node.Capture):
    """As node.py's, with the processes, the accounts of the pods and their names."""

    def __init__(self, name):
        super().__init__(name, True)
        self.truth['marks'] = []
        self.turn = 0

    def sample(self):
        super().sample()
        self.turn += 1
        files, pids = {}, []
        for scope in pods:
            for level in (scope, os.path.dirname(scope)):
                for account in ACCOUNTS:
                    self.put(files, f'{CG}{level}/{account}')
            for log in pods[scope]:
                if self.shown.get(log) != '':
                    files[log] = self.shown[log] = ''
        if self.turn % 2:
            for pid in filter(str.isdigit, os.listdir('/proc')):
                # Kernel threads have no memory of their own.
                if not (read(f'/proc/{pid}/statm') or '0').startswith('0'):
                    pids.append(int(pid))
                    for name in PROCESS:
                        self.put(files, f'/proc/{pid}/{name}')
        if files or pids:
            self.add({'at': self.now(), **({'pids': pids} if pids else {}), 'files': files})

    def put(self, files, path):
        text = read(path)
        if text is not None and self.shown.get(path) != text:
            files[path] = self.shown[path] = text

    def line(self, text):
        self.add({'at': self.now(), 'unit': 'kubelet', 'line': text})

    def mark(self, name):
        self.sample()
        self.truth['marks'].append({'name': name, 'at': self.now()})


def meminfo(field):
    """MiB."""
    return int(re.search(field + r':\s+(\d+)', read('/proc/meminfo'))[1]) // 1024


def settings(text):
    os.makedirs(os.path.dirname(CONFIG), exist_ok=True)
    write(CONFIG, 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n' + text)


def look_up(seconds, seed):
    """Asks for files that do not exist: the kernel remembers each name that is not there."""
    def work():
        until, n = time.time() + seconds, 0
        while time.time() < until:
            n += 1
            os.access(f'/none/{seed}-{n:0248d}', os.F_OK)
        time.sleep(10**6)
    return work


def fill(directory, mib, rate):
    def work():
        for n in range(mib):
            write(f'{directory}/{n}', 'x' * MIB)
            time.sleep(1 / rate)
        time.sleep(10**6)
    return work


def apart():
    """One after the other in one capture: who grew before is gone, or stands still, when the next one does."""
    settings('kubeReserved: {memory: 600Mi}\nevictionHard: {memory.available: "100Mi"}\n')
    daemon('kubelet.service', 'kubelet', -999)
    pod(1, 'api-5b4bc4cc46-bhk2x', 'api', 'burstable', 800, grow(100, 0), 400 * MIB)
    capture = Capture('apart')
    capture.run(70, until_kill=False)
    capture.mark('before')

    leak = pod(2, 'leak-6d4b75cb6d-kp9xz', 'leak', 'burstable', 900, grow(20, 5), 400 * MIB)
    capture.run(25, until_kill=False)
    capture.mark('leak')
    os.kill(leak, 9)

    os.makedirs('/shm', exist_ok=True)
    os.system('mount -t tmpfs t /shm')
    pod(3, 'cache-7f55dbff7b-vr98b', 'cache', 'burstable', 900, fill('/shm', 160, 8), 400 * MIB)
    capture.run(30, until_kill=False)
    capture.mark('tmpfs')

    pod(4, 'lookup-56d886448c-8bkdv', 'lookup', 'burstable', 900, look_up(150, 'a'), 400 * MIB)
    pod(5, 'lookup-56d886448c-tz5vq', 'lookup', 'burstable', 900, look_up(150, 'b'), 400 * MIB)
    before, until = meminfo('Slab'), time.time() + 150
    while meminfo('Slab') < before + 70 and time.time() < until:
        capture.run(3, until_kill=False)
    capture.mark('slab')

    write('/proc/sys/vm/nr_hugepages', '60')
    capture.run(6, until_kill=False)
    capture.mark('hugepages')
    write('/proc/sys/vm/nr_hugepages', '0')
    os.system('umount -l /shm')
    stop_all()
    capture.save()
    pods.clear()


def founding():
    """100 MiB reserved, limits over capacity, a BestEffort daemon, and a pod that grows while it terminates."""
    settings('kubeReserved: {cpu: 80m, memory: 100Mi}\nevictionHard: {memory.available: "100Mi"}\n')
    daemon('kubelet.service', 'kubelet', -999)
    daemon('containerd.service', 'containerd', -999)
    total = meminfo('MemTotal')
    pod(1, 'java-5b4bc4cc46-bhk2x', 'java', 'burstable', 500, grow(total // 2, 0), total * MIB)
    pod(2, 'web-6d4b75cb6d-kp9xz', 'web', 'burstable', 600, grow_after('/go', total // 8, 12), total * MIB)
    pod(3, 'filebeat-x7k2p', 'filebeat', 'besteffort', 1000, grow(30, 0))
    capture = Capture('founding')
    capture.run(70, until_kill=False)
    capture.mark('before')
    if os.path.exists('/put/dist'):
        for to, how in (('json', '--json'), ('txt', '')):
            os.system(f'/put/node /put/dist/oomloop.mjs doctor {how} >/out/doctor.{to} 2>/out/doctor.err; echo $? >/out/doctor-{to}.code')
    capture.line('I1123 12:52:59.118858     209 kubelet.go:2079] "SyncLoop DELETE" source="api" pods=[shop/web-6d4b75cb6d-kp9xz]')
    write('/go', '')
    capture.run(120, until_kill=True)
    capture.mark('kill')
    stop_all()
    capture.save()


def grow_after(sign, base, rate):
    """Holds base MiB; from the moment that the file is there it takes more, as a pod that flushes what it has."""
    def work():
        held = [bytearray(b'x') * (base * MIB)]
        while not os.path.exists(sign):
            time.sleep(0.2)
        while True:
            held.append(bytearray(b'x') * (rate * MIB))
            time.sleep(1)
    return work


def main():
    cgroup('/recorder', memory_min=80 * MIB)
    write(CG + '/recorder/cgroup.procs', '0')
    write('/proc/self/oom_score_adj', '-1000')
    os.makedirs('/none')
    {'apart': apart, 'founding': founding}[sys.argv[1]]()


if __name__ == '__main__':
    main()
