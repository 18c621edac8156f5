#!/usr/bin/python3
"""Load is taken away in the middle of a stall, with the agent beside it; or the first action of its first critical alert is
carried out; or workloads loop while everything stalls.

    reliefs.py CASE…

A file /out/CASE/case.json says when what was done; beside it what the observer saw, the agent's log and its recordings."""
import os, re, signal, sys, time

import live
from live import Pod, meminfo, reconcile
from pieces import CG, MIB, cgroup, dumps, grow, hold, keep_reading, make_file, read, spawn, stop_all, write

# What a case waits for at most, seconds.
STALL, RESOLVED, FREED = 150, 375, 60
KUBEPODS = '/kubepods.slice'


def left_of_node():
    return meminfo()


def left_below_kubepods():
    stat = dict(re.findall(r'(\w+) (\d+)', read(f'{CG}{KUBEPODS}/memory.stat')))
    limit = read(f'{CG}{KUBEPODS}/memory.max').strip()
    if limit == 'max':
        return left_of_node()
    used = int(read(f'{CG}{KUBEPODS}/memory.current')) - int(stat['inactive_file']) - int(stat['active_file'])
    return min(left_of_node(), (int(limit) - used) / MIB)


def squeeze(leave, left=left_of_node, step=3, pause=0.25, base=5, on=None):
    """Takes memory until so many MiB are left, and one more each four seconds: until something stalls. On
    SIGUSR1 it frees all, on SIGUSR2 it keeps what it has."""
    def work():
        held = [bytearray(b'x') * (base * MIB)]
        freed, full = [], []
        signal.signal(signal.SIGUSR1, lambda *_: freed.append(1))
        signal.signal(signal.SIGUSR2, lambda *_: full.append(1))
        started = time.time()
        while not freed:
            if not full and left() > max(15, leave - (time.time() - started) / 4):
                held.append(bytearray(b'x') * (step * MIB))
            time.sleep(pause)
        held.clear()
        time.sleep(10**6)
    return work


def fill(directory, leave, left=left_of_node):
    def work():
        started, n = time.time(), 0
        while True:
            if left() > max(15, leave - (time.time() - started) / 4):
                write(f'{directory}/{n}', 'x' * (2 * MIB))
                n += 1
            time.sleep(0.15)
    return work


def grow_from(go, base, rate):
    """Keeps base MiB; from the moment that the file is there it grows, and takes no notice of SIGTERM."""
    def work():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        held = [bytearray(b'x') * (base * MIB)]
        while not os.path.exists(go):
            time.sleep(0.2)
        while True:
            held.append(bytearray(b'x') * int(rate * MIB))
            time.sleep(1)
    return work


class Case:
    """The node, its agent and what was done when; `play` brings it to a stall, `relieve` takes the load away."""
    leave, limit, critical = 30, 'max', 'memory-exhaustion'

    def __init__(self, name):
        self.name, self.out, self.state = name, f'/out/{name}', f'/var/lib/oomloop-{name}'
        self.restart, self.facts = (), {'name': name, 'kind': self.kind, 'readings': [], 'agentReadings': []}
        os.makedirs(self.out)
        os.system('rm -rf /run/cordoned /run/requests/* /run/pods /go')

    def node(self):
        """kubelet and the runtime, and two pods that do their work: one reads files, one is steady."""
        live.disk(300)
        cgroup(KUBEPODS, memory_max=self.limit)
        spawn_daemon('kubelet', live.execute('/srv/kubelet'))
        spawn_daemon('containerd', grow(10, 0))
        total = meminfo()
        self.pods = [
            Pod('web-6d4b75cb6d-kp9xz', 'web', keep_reading('/working-set', 50, 5), adj=700),
            Pod('java-5b4bc4cc46-bhk2x', 'java', grow(total * 0.2, 0), adj=500),
        ]

    def begin(self):
        write('/proc/sys/vm/drop_caches', '3')
        self.observer = live.start_observer()
        self.agent = self.start_agent()
        live.until(lambda: live.watching(self.out), 90)
        self.node()
        self.turn(12)
        self.facts['from'] = now()

    def start_agent(self):
        return live.start_agent(self.out, self.state)

    def turn(self, seconds, condition=lambda: False, every=0.25):
        """The node goes on, until the condition holds; a reading of what is left once a second."""
        deadline = time.time() + seconds
        last = 0
        while time.time() < deadline:
            reconcile(self.pods, self.restart)
            if time.time() - last >= 1:
                last = time.time()
                self.facts['readings'].append([now(), round(left_of_node(), 1), round(left_below_kubepods(), 1)])
                self.facts['agentReadings'].append([now(), *live.costs(self.agent)])
            if condition():
                return True
            time.sleep(every)
        return False

    def alerts(self, severity='critical'):
        return [alert for alert in live.received() if alert['severity'] == severity and alert['status'] == 'firing']

    def is_resolved(self):
        open_ = set()
        for alert in live.received():
            key = (alert['incident'], alert['type'], alert['subject'])
            (open_.add if alert['status'] == 'firing' else open_.discard)(key)
        return not open_

    def end(self):
        self.facts['until'] = now()
        self.facts['deaths'] = [[pod.name, at] for pod in self.pods for at in pod.deaths]
        if live.is_alive(self.agent):
            os.kill(self.agent, signal.SIGTERM)
            live.until(lambda: not live.is_alive(self.agent), 15)
        else:
            self.facts['agentDied'] = True
        live.stop_observer(self.observer, self.out)
        stop_all()
        for pod in self.pods:
            pod.remove()
        write('/proc/sys/vm/nr_hugepages', '0')
        os.system('umount -l /shm 2>/dev/null; busybox swapoff /dev/zram0 2>/dev/null; cd /sys/fs/cgroup/system.slice; rmdir backup.service export.service 2>/dev/null')
        os.system(f'cp -r {self.state}/recordings {self.out}/ 2>/dev/null; rm -rf {self.state}')
        write(f'{self.out}/case.json', dumps(self.facts))
        os.sync()
        print(self.name, {key: value for key, value in self.facts.items() if not key.lower().endswith('readings')}, flush=True)


def now():
    return int(time.time() * 1000)


def spawn_daemon(name, work):
    cgroup(f'/system.slice/{name}.service')
    return spawn(f'/system.slice/{name}.service', work, -999, name)


def mount_tmpfs():
    """Half of memory, the default size, is no shortage here."""
    os.makedirs('/shm', exist_ok=True)
    os.system('mount -t tmpfs -o size=100% t /shm')


def culprit(case, **how):
    return Pod('batch-7f55dbff7b-vr98b', 'batch', squeeze(case.leave, **how), adj=900, owner='Job')


class Relief(Case):
    kind = 'relief'

    def run(self):
        self.begin()
        self.load()
        self.facts['stalled'] = self.turn(STALL, lambda: self.alerts())
        # In the middle of it, not at its first sign: it stalls on, and takes no more, so that the kernel need not kill.
        self.keep()
        self.turn(3)
        self.facts['relievedAt'] = now()
        self.relieve()
        self.turn(25)
        self.facts['resolved'] = self.turn(RESOLVED - 25, self.is_resolved, every=1)
        self.end()

    def load(self):
        self.pods.append(culprit(self))

    def keep(self):
        for pod in self.pods:
            if pod.app == 'batch':
                pod.send(signal.SIGUSR2)


class Delete(Relief):
    def relieve(self):
        self.pods[-1].delete()


class Kill(Relief):
    def relieve(self):
        self.pods[-1].stop(force=True)


class CgroupKill(Relief):
    """As the alert's second action has it; its container is started again, and is small."""
    def relieve(self):
        pod = self.pods[-1]
        write(f'{CG}{pod.scope}/cgroup.kill', '1')
        pod.work = grow(8, 0)
        self.restart = (pod,)


class LimitRaised(Relief):
    limit = 230 * MIB

    def load(self):
        # It stops to grow once the limit is gone.
        is_limited = lambda: read(f'{CG}{KUBEPODS}/memory.max').strip() != 'max'
        self.pods.append(culprit(self, left=lambda: left_below_kubepods() if is_limited() else 0))

    def relieve(self):
        write(f'{CG}{KUBEPODS}/memory.max', 'max')


class CacheDropped(Relief):
    """All is read back at once, by everybody."""
    def relieve(self):
        self.pods[-1].delete()
        self.turn(2)
        write('/proc/sys/vm/drop_caches', '3')


class TmpfsEmptied(Relief):
    def load(self):
        mount_tmpfs()
        self.pods.append(Pod('cache-7f55dbff7b-vr98b', 'cache', fill('/shm', self.leave), adj=900, owner='Job'))

    def keep(self):
        self.pods[-1].send(signal.SIGSTOP)

    def relieve(self):
        os.system('rm -f /shm/*')


class ScaledDown(Relief):
    """Three replicas, of which two go, each with its grace period."""
    def load(self):
        for name in ('a', 'b', 'c'):
            self.pods.append(Pod(f'batch-7f55dbff7b-vr98{name}', 'batch', squeeze(self.leave, step=1), adj=900))

    def relieve(self):
        write('/run/cordoned', '')
        for pod in self.pods[-2:]:
            pod.delete()


class RolledOut(Relief):
    """The new version is started at once where the old one was, and fills what it needs while all is read back."""
    def relieve(self):
        self.pods[-1].delete()
        self.turn(1)
        self.pods.append(Pod('batch-67c8d9f54b-5kq7w', 'batch', hold(40, 0.1), adj=900))


class SwapAdded(Relief):
    def relieve(self):
        write('/sys/block/zram0/disksize', str(200 * MIB))
        os.system('busybox mkswap /dev/zram0 >/dev/null && busybox swapon /dev/zram0')


class Freed(Relief):
    """The program itself frees what it took, as a batch that is through."""
    def relieve(self):
        self.pods[-1].send(signal.SIGUSR1)


class HugepagesFreed(Relief):
    def load(self):
        write('/proc/sys/vm/nr_hugepages', '50')
        self.turn(3)
        self.pods.append(culprit(self))

    def relieve(self):
        write('/proc/sys/vm/nr_hugepages', '0')


class ReadersStopped(Relief):
    """Nothing grows: files that are read round and round do not fit."""
    leave = 45

    def load(self):
        self.pods.append(culprit(self))
        for n in range(2):
            self.pods.append(Pod(f'search-5f7d9c6b8{n}-2xv4p', 'search', keep_reading('/archive', 120, 6), adj=900))

    def relieve(self):
        for pod in self.pods[-3:]:
            pod.delete()
        write('/run/cordoned', '')


class UnitStopped(Relief):
    def load(self):
        # As restic and the like are run: rather it than a pod.
        cgroup('/system.slice/backup.service')
        self.unit = spawn('/system.slice/backup.service', squeeze(self.leave), 900, 'backup')

    def keep(self):
        os.kill(self.unit, signal.SIGUSR2)

    def relieve(self):
        os.system('systemctl stop backup.service')


class Action(Case):
    """The first action of the first critical alert is carried out; what it freed within a minute is compared with what it says."""
    kind = 'action'
    severity, stall = 'critical', 240

    def run(self):
        self.begin()
        self.load()
        self.facts['stalled'] = self.turn(self.stall, lambda: self.alerts(self.severity) or self.alerts())
        found = self.alerts(self.severity) or self.alerts()
        if found:
            first = found[0]['actions'][0]
            before = [left_of_node(), left_below_kubepods()]
            self.facts.update(action=first, alertId=found[0]['id'], before=before, actedAt=now())
            self.carry_out(first)
            self.turn(FREED)
        self.end()


    def carry_out(self, action):
        if action['command']:
            self.facts['exitCode'] = os.system(action['command'])


class ActionOnGrowth(Action):
    def load(self):
        self.pods.append(Pod('batch-7f55dbff7b-vr98b', 'batch', grow(meminfo() * 0.45, 1.5), adj=900))


class ActionOnKubepodsLimit(Action):
    limit = 230 * MIB

    def load(self):
        LimitRaised.load(self)
        # With what web reads it is more than the disk gives.
        self.pods.append(Pod('search-5f7d9c6b80-2xv4p', 'search', keep_reading('/archive', 100, 4), adj=800))


class PodWithVolume(Pod):
    """Its emptyDir in memory goes with the pod, not with its container."""
    def remove(self):
        super().remove()
        os.system('umount -l /shm')


class ActionOnEmptyDir(Action):
    def load(self):
        mount_tmpfs()
        self.pods.append(PodWithVolume('cache-7f55dbff7b-vr98b', 'cache', fill('/shm', self.leave), adj=900, owner='Job'))


class ActionOnTmpfs(Action):
    """A program of the host fills a tmpfs."""
    def load(self):
        mount_tmpfs()
        cgroup('/system.slice/export.service')
        spawn('/system.slice/export.service', fill('/shm', self.leave), 900, 'export')

    def carry_out(self, action):
        super().carry_out(action)
        # The command shows the largest, which the reader then empties.
        if 'tmpfs' in action['do']:
            os.system('rm -f /shm/*')


class ActionOnUnit(Action):
    load = UnitStopped.load


class ActionOnHugepages(Action):
    load = HugepagesFreed.load


class ActionOnTerminatingPod(Action):
    def load(self):
        self.pods.append(Pod('drain-6d4b75cb6d-w8fjh', 'drain', grow_from('/go', 40, 4), adj=900, grace=600))
        self.turn(20)
        self.pods[-1].delete()
        write('/go', '')


class ActionOnDaemonSet(Action):
    def load(self):
        self.pods.append(Pod('filebeat-x7k2p', 'filebeat', squeeze(self.leave), qos='besteffort', adj=1000,
                             owner='DaemonSet', namespace='logging'))


class ActionOnFounding(Action):
    """java holds nearly all, and a BestEffort filebeat is started again after every kill."""
    def load(self):
        self.pods.append(Pod('report-7c6f9d8b5-zt4mq', 'java', hold(int(meminfo() - 45), 0.02), adj=500))
        self.turn(15)
        self.pods.append(Pod('filebeat-x7k2p', 'filebeat', hold(2000, 0.05), qos='besteffort', adj=1000, owner='DaemonSet'))
        self.restart = self.pods[-1:]


class Founding(ActionOnFounding):
    """The same, and nobody does anything: what is sent of the first kill, the second, the loop and the storm."""
    kind = 'founding'

    def run(self):
        self.begin()
        self.load()
        self.turn(180, lambda: len(self.pods[-1].deaths) >= 12)
        self.turn(5)
        self.end()


class StalledLoops(Case):
    """One workload after the other loops, while everything waits for the disk."""
    kind = 'loops'

    def run(self):
        self.begin()
        self.pods.append(Pod('steady-7f55dbff7b-vr98b', 'steady', squeeze(34), adj=300))
        for n in range(2):
            self.pods.append(Pod(f'search-5f7d9c6b8{n}-2xv4p', 'search', keep_reading('/archive', 100, 8), adj=400))
        self.turn(30)
        for n in range(8):
            looping = Pod(f'agent{n}-x7k2p', f'agent{n}', hold(2000, 0.03), qos='besteffort', adj=1000, owner='DaemonSet')
            self.pods.append(looping)
            # The kernel kills whom it wants: who is not the one that is to loop is started again as well.
            self.restart = self.pods[2:]
            self.turn(60, lambda: len(looping.deaths) >= 3, every=0.05)
            looping.stop(force=True)
            looping.reap()
            self.restart = [pod for pod in self.restart if pod is not looping]
            self.pods.remove(looping)
            looping.remove()
            self.facts.setdefault('deathsOf', []).append([looping.app, *looping.deaths])
        self.turn(3)
        self.end()


class StalledLoopsOfDaemonSet(StalledLoops):
    """The agent runs as the DaemonSet's pod; the five other Burstable pods request 100m each."""
    def start_agent(self):
        return live.start_agent_as_pod(self.out, self.state, 500)


CASES = {
    'delete': Delete, 'kill': Kill, 'cgroup-kill': CgroupKill, 'limit-raised': LimitRaised, 'cache-dropped': CacheDropped,
    'tmpfs-emptied': TmpfsEmptied, 'scaled-down': ScaledDown, 'rolled-out': RolledOut, 'swap-added': SwapAdded,
    'freed': Freed, 'readers-stopped': ReadersStopped, 'unit-stopped': UnitStopped, 'hugepages-freed': HugepagesFreed,
    'action-growth': ActionOnGrowth, 'action-kubepods-limit': ActionOnKubepodsLimit, 'action-tmpfs': ActionOnTmpfs,
    'action-emptydir': ActionOnEmptyDir,
    'action-unit': ActionOnUnit, 'action-hugepages': ActionOnHugepages, 'action-terminating-pod': ActionOnTerminatingPod,
    'action-daemonset': ActionOnDaemonSet, 'action-founding': ActionOnFounding,
    'founding': Founding, 'stalled-loops': StalledLoops,
    'stalled-loops-daemonset': StalledLoopsOfDaemonSet,
}


def main():
    cgroup('/recorder', memory_min=80 * MIB)
    write(CG + '/recorder/cgroup.procs', '0')
    write('/proc/self/oom_score_adj', '-1000')
    live.install_stand_ins()
    live.program_with_text('/srv/kubelet', 20)
    make_file('/working-set', 50)
    make_file('/archive', 120)
    for module in ('lzo', 'lzo-rle', 'zsmalloc', 'zram'):
        os.system(f'busybox insmod /vm/modules/{module}.ko 2>/dev/null')
    for name in sys.argv[1:] or CASES:
        case = CASES[name](name)
        case.run()
        # An agent that starts takes a loop of the last two minutes for one that goes on.
        if any(pod.deaths for pod in case.pods) and name != sys.argv[-1]:
            time.sleep(150)


if __name__ == '__main__':
    main()
