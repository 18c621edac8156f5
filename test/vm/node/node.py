#!/usr/bin/python3
"""A node in small, inside the virtual machine: plays the scenarios that are named, and writes each as a capture with its
truth to /out. kubelet, pods and a database are stand-ins that allocate, touch and read as told; the kernel is real."""
import os, re, sys, time, zlib

from pieces import CG, MIB, cgroup, dumps, fill_and_empty, grow, keep_reading, make_file, read, short_processes, spawn, \
    stop_all, write

SECONDS = float(os.environ.get('SECONDS_HEALTHY', '60'))

# What the agent reads; all of it, once a second.
FILES = ['/proc/meminfo', '/proc/vmstat', '/proc/loadavg', '/proc/swaps', '/sys/block/zram0/mm_stat'] + [
    f'/proc/pressure/{kind}' for kind in ('memory', 'io', 'cpu')] + [
    f'{CG}{path}/{name}' for path in ('/kubepods.slice', '/system.slice/kubelet.service')
    for name in ('memory.current', 'memory.max', 'memory.stat', 'memory.events', 'memory.pressure', 'io.pressure')] + [
    f'{CG}/memory.stat']


class Capture:
    def __init__(self, name, crisis):
        self.truth = {'name': name, 'from': self.now(), 'notReadyAt': [], 'kills': [], 'crisis': crisis, 'clean': False}
        self.lines, self.shown, self.constraint = [], {}, ''
        self.add({'oomloop': 'capture', 'version': 1, 'name': name, 'at': self.now()})
        self.kmsg = os.open('/dev/kmsg', os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.kmsg, 0, os.SEEK_END)

    @staticmethod
    def now():
        return int(time.time() * 1000)

    def add(self, value):
        self.lines.append(zlib.compress(dumps(value).encode(), 1))

    def sample(self):
        files = {}
        for path in FILES:
            text = read(path)
            if text is not None and self.shown.get(path) != hash(text):
                files[path], self.shown[path] = text, hash(text)
        self.add({'at': self.now(), 'files': files, **({'pids': []} if len(self.lines) == 1 else {})})
        while True:
            try:
                raw = os.read(self.kmsg, 8192).decode(errors='replace')
            except BlockingIOError:
                break
            except OSError:
                continue
            self.add({'at': self.now(), 'kmsg': raw})
            if 'oom-kill:' in raw:
                self.constraint = raw
            found = re.search(r'Killed process (\d+) \((.*?)\)', raw)
            if found:
                level = 'global_oom' in self.constraint or 'oom_memcg=/kubepods.slice,' in self.constraint
                self.truth['kills'].append(
                    {'at': self.now(), 'pid': int(found[1]), 'comm': found[2], 'nodeLevel': bool(level)})

    def run(self, seconds, until_kill):
        started = time.time()
        while time.time() - started < seconds:
            self.sample()
            if until_kill and any(kill['nodeLevel'] for kill in self.truth['kills']):
                break
            time.sleep(1)

    def save(self):
        self.truth['until'] = self.now()
        os.makedirs(f'/out/{self.truth["name"]}', exist_ok=True)
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        with open(f'/out/{self.truth["name"]}/capture.jsonl.gz', 'wb') as file:
            for line in self.lines:
                file.write(packer.compress(zlib.decompress(line) + b'\n'))
            file.write(packer.flush())
        write(f'/out/{self.truth["name"]}/truth.json', dumps(self.truth))
        print(self.truth['name'], len(self.lines), self.truth['kills'], flush=True)


def disk(iops):
    device = read('/sys/block/vda/dev').strip()
    for path in ('/kubepods.slice', '/system.slice'):
        write(CG + path + '/io.max', f'{device} riops={iops or "max"}')


def node(iops=None, limit='max', files=True):
    """kubelet with its own files, and pods with a working set of theirs."""
    cgroup('/kubepods.slice/pods')
    cgroup('/system.slice/kubelet.service')
    write(CG + '/kubepods.slice/memory.max', str(limit))
    disk(iops)
    spawn('/system.slice/kubelet.service', keep_reading('/kubelet', 20, 2), -999)
    if files:
        spawn('/kubepods.slice/pods', keep_reading('/working-set', 60, 6), 900)


def crisis(name, rate, seconds=240, base=120, compressible=False, **how):
    node(**how)
    capture = Capture(name, True)
    spawn('/kubepods.slice/pods', grow(base, rate, compressible=compressible), 900)
    capture.run(seconds, until_kill=True)
    stop_all()
    capture.save()


def healthy(name, base, works, iops=None):
    node(iops=iops)
    capture = Capture(name, False)
    spawn('/kubepods.slice/pods', grow(base, 0), 900)
    for path, work in works:
        spawn(path, work, 900)
    capture.run(SECONDS, until_kill=False)
    stop_all()
    capture.save()


def zram(on):
    if on:
        write('/sys/block/zram0/disksize', str(160 * MIB))
        os.system('busybox mkswap /dev/zram0 >/dev/null && busybox swapon /dev/zram0')
    else:
        os.system('busybox swapoff /dev/zram0')
        write('/sys/block/zram0/reset', '1')


def with_zram(play):
    zram(True)
    try:
        play()
    finally:
        stop_all()
        zram(False)


def own_limit():
    cgroup('/kubepods.slice/small', memory_max=40 * MIB)
    healthy('healthy-own-limit-thrash', 100, [('/kubepods.slice/small', keep_reading('/big', 80, 1))])


def tmpfs():
    os.makedirs('/shm', exist_ok=True)
    os.system('mount -t tmpfs t /shm')
    healthy('healthy-tmpfs-fills-and-empties', 60, [('/kubepods.slice/pods', fill_and_empty('/shm', 140, 10))])


PODS = '/kubepods.slice/pods'
SCENARIOS = {
    # About 0.3 % of the memory a second, as on the nodes that were captured. At 1 % a second a kubepods limit is full
    # before a warning is due: a growth has to last for 20 s to be told from pods that start.
    'growth-slow-disk': lambda: crisis('growth-slow-disk', 1.4, base=200, iops=100),
    'growth-fast-disk': lambda: crisis('growth-fast-disk', 1.4, base=200),
    'kubepods-limit': lambda: crisis('kubepods-limit', 0.8, base=180, limit=260 * MIB),
    'kubepods-limit-without-files': lambda: crisis(
        'kubepods-limit-without-files', 0.8, base=180, limit=260 * MIB, files=False),
    'zram': lambda: with_zram(lambda: crisis('zram', 2, base=240, compressible=True)),
    'healthy-compile': lambda: healthy('healthy-compile', 150, [(PODS, short_processes('/big'))]),
    'healthy-churn': lambda: healthy('healthy-churn', 150, [(PODS, keep_reading('/big', 600, 20))]),
    'healthy-database-warm-up': lambda: healthy(
        'healthy-database-warm-up', 150, [(PODS, grow(20, 2, top=80)), (PODS, keep_reading('/big', 120, 40, 600))], iops=300),
    'healthy-own-limit-thrash': own_limit,
    'healthy-tmpfs-fills-and-empties': tmpfs,
    'healthy-zram': lambda: with_zram(lambda: healthy('healthy-zram', 320, [])),
}


def main():
    cgroup('/recorder', memory_min=80 * MIB)
    write(CG + '/recorder/cgroup.procs', '0')
    write('/proc/self/oom_score_adj', '-1000')
    make_file('/kubelet', 20)
    make_file('/working-set', 60)
    # Holes are read into the page cache like data, and cost no time to make.
    with open('/big', 'wb') as file:
        file.truncate(600 * MIB)
    if os.path.exists('/vm/modules/zram.ko'):
        for module in ('lzo', 'lzo-rle', 'zsmalloc', 'zram'):
            os.system(f'busybox insmod /vm/modules/{module}.ko 2>/dev/null')
    # The pages belong to whom reads them first: dropped here, lest they be the recorder's, which nobody may reclaim.
    write('/proc/sys/vm/drop_caches', '3')
    for name in sys.argv[1:] or SCENARIOS:
        SCENARIOS[name]()


if __name__ == '__main__':
    main()
