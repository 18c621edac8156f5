#!/usr/bin/python3
"""A crisis with and without `oomloop hold`: pods that grow until the node is out of memory, kubelet and other work beside.

    hold.py SEED off|on SECONDS [CASE]

CASE: growth (default); tmpfs; sigterm (a held pod that needs memory to shut down); lock (a held pod that owns a lock which
another one waits for); limit (a program at its own limit beside the pods that grow).
Writes what was seen to /out/CASE-SEED-MODE: result.json and the logs of agent and hold process."""
import os, re, signal, sys, time

from pieces import CG, MIB, cgroup, children, dumps, grow, keep_reading, make_file, read, spawn, stop_all, write

SEED, MODE, SECONDS = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
CASE = sys.argv[4] if len(sys.argv) > 4 else 'growth'
HELD_SECONDS = float(os.environ.get('HELD_SECONDS', '285'))
OUT = f'/out/{CASE}-{SEED}-{MODE}'
NODE, PROGRAM = '/put/node', '/put/dist/oomloop.mjs'
WORK = '/system.slice/work.service'


def pod(number, name):
    uid = f'7f1d2a3b-1111-4c2d-8e3f-{SEED:04x}{number:08x}'
    ident = f'{SEED:032x}{number:032x}'
    full = f'{name}-7d9f8c6b5d-ab4c{number}'
    logs = f'/var/log/pods/default_{full}_{uid}/main'
    os.makedirs(logs, exist_ok=True)
    write(f'{logs}/0.log', '')
    slice = f'/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid.replace("-", "_")}.slice'
    path = f'{slice}/cri-containerd-{ident}.scope'
    cgroup(path)
    return path


def program(path, args, log):
    def work():
        fd = os.open(f'{OUT}/{log}', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(fd, 1)
        os.dup2(fd, 2)
        os.execv(NODE, [NODE, PROGRAM] + args)
    return spawn(path, work, -999)


def other_work():
    """Reads a file of its own and touches its memory ten times a second; writes how long a turn took when it took long."""
    block = bytearray(20 * MIB)
    fd = os.open('/work-file', os.O_RDONLY)
    late = os.open(f'{OUT}/late', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    rounds = 0
    while True:
        started = time.time()
        for at in range(0, len(block), 4096):
            block[at] = 1
        for n in range(16):
            os.pread(fd, 65536, ((rounds * 16 + n) % 640) * 65536)
        rounds += 1
        took = time.time() - started
        if took > 0.5:
            os.write(late, f'{started:.3f} {took:.3f}\n'.encode())
        time.sleep(0.1)


def grow_then_need(base, rate):
    """Grows; at SIGTERM it needs 30 MiB more to shut down, and says how long that took."""
    def work():
        ended = []
        signal.signal(signal.SIGTERM, lambda *_: ended.append(time.time()))
        held = [b'x' * int(base * MIB)]
        while not ended:
            time.sleep(0.2)
            held.append(b'x' * int(rate * MIB / 5))
        for _ in range(30):
            held.append(b'y' * MIB)
        write(f'{OUT}/shutdown-took', str(time.time() - ended[0]))
    return work


def with_lock(base, rate):
    """Grows and takes a lock again and again, for a moment each time."""
    import fcntl

    def work():
        held = [b'x' * int(base * MIB)]
        lock = open('/lock', 'w')
        while True:
            fcntl.flock(lock, fcntl.LOCK_EX)
            held.append(b'x' * int(rate * MIB / 5))
            fcntl.flock(lock, fcntl.LOCK_UN)
            time.sleep(0.2)
    return work


def wants_lock():
    import fcntl
    lock = open('/lock', 'w')
    longest = 0.0
    while True:
        started = time.time()
        fcntl.flock(lock, fcntl.LOCK_EX)
        fcntl.flock(lock, fcntl.LOCK_UN)
        longest = max(longest, time.time() - started)
        write(f'{OUT}/longest-wait', str(longest))
        time.sleep(0.1)


def fill_tmpfs(rate):
    def work():
        n = 0
        while True:
            write(f'/shm/{n}', 'x' * int(rate * MIB / 5))
            n += 1
            time.sleep(0.2)
    return work


def kills():
    return int(re.search(r'^oom_kill (\d+)', read('/proc/vmstat'), re.M)[1])


def available():
    return int(re.search(r'MemAvailable: +(\d+)', read('/proc/meminfo'))[1])


def stalls(started):
    """Turns of the other work that took longer than 2 s: when each began, and how long it took."""
    turns = [line.split() for line in (read(f'{OUT}/late') or '').split('\n')]
    return [[round(float(turn[0]) - started, 1), float(turn[1])] for turn in turns if len(turn) == 2 and float(turn[1]) > 2]


def first_alert():
    for line in (read(f'{OUT}/agent.out') or '').split('\n'):
        if '"type":"memory-exhaustion"' in line and '"alert"' in line:
            found = re.search(r'"time":"([^"]+)"', line)
            return found[1] if found else None
    return None


def main():
    os.makedirs(OUT, exist_ok=True)
    cgroup('/recorder', memory_min=60 * MIB)
    write(CG + '/recorder/cgroup.procs', '0')
    write('/proc/self/oom_score_adj', '-1000')
    for path in ('/system.slice/oomloop.service', '/system.slice/oomloop-hold.service', '/system.slice/kubelet.service'):
        cgroup(path)
    cgroup('/system.slice', memory_min=220 * MIB)
    cgroup('/system.slice/oomloop.service', memory_min=110 * MIB)
    cgroup('/system.slice/oomloop-hold.service', memory_min=90 * MIB)
    cgroup(WORK)
    for name, mib in (('/kubelet', 20), ('/work-file', 40)):
        if not os.path.exists(name):
            make_file(name, mib)
    write('/proc/sys/vm/drop_caches', '3')
    device = read('/sys/block/vda/dev').strip()
    for path in ('/kubepods.slice', '/system.slice'):
        cgroup(path)
        write(CG + path + '/io.max', f'{device} riops=100')
    if MODE == 'on':
        program('/system.slice/oomloop-hold.service', ['hold', '--state-dir', '/var/lib/hold'], 'hold.out')
    program('/system.slice/oomloop.service',
            ['run', '--hold', MODE, '--state-dir', f'/var/lib/oomloop-{CASE}-{SEED}-{MODE}', '--output', 'json'],
            'agent.out')
    spawn('/system.slice/kubelet.service', keep_reading('/kubelet', 20, 2), -999)
    spawn(WORK, other_work, 300)
    while '"watching"' not in (read(f'{OUT}/agent.out') or ''):
        time.sleep(0.5)
    paths = [pod(n, f'app{n}') for n in range(3)]
    leave = 380 * 1024
    base = max(10.0, (available() - leave) / 1024 / 3)
    rates = [1.3 + 0.7 * ((SEED * 7919 + n * 104729) % 1000) / 1000 for n in range(3)]
    works = [grow(base, rate) for rate in rates]
    if CASE == 'tmpfs':
        os.makedirs('/shm', exist_ok=True)
        os.system('mount -t tmpfs t /shm')
        works = [grow(base, 0), grow(base, 0), fill_tmpfs(5)]
    if CASE == 'sigterm':
        works[0] = grow_then_need(base, 1.6)
    if CASE == 'lock':
        works[0] = with_lock(base, 1.6)
        spawn(WORK, wants_lock, 300)
    if CASE == 'limit':
        cgroup(paths[2], memory_max=int((base + 2) * MIB))
        works[2] = grow(base - 10, 0)
    started = time.time()
    before = kills()
    pids = [spawn(path, work, 900) for path, work in zip(paths, works)]
    result = {'case': CASE, 'seed': SEED, 'mode': MODE, 'rates': [round(rate, 2) for rate in rates], 'started': started,
              'firstKill': None, 'heldAt': None, 'least': None, 'highs': [], 'samples': []}
    termed = False
    while time.time() - started < SECONDS:
        time.sleep(0.5)
        now = round(time.time() - started, 1)
        highs = [(read(f'{CG}{path}/memory.high') or '?').strip() for path in paths]
        left = available() // 1024
        result['samples'].append([now, left, [int(read(f'{CG}{path}/memory.current') or 0) // MIB for path in paths]])
        if result['heldAt'] is None and any(high not in ('max', '?') for high in highs):
            result['heldAt'], result['highs'] = now, highs
        if CASE == 'sigterm' and MODE == 'on' and highs[0] != 'max' and not termed and now > result['heldAt'] + 10:
            os.kill(pids[0], signal.SIGTERM)
            termed = True
        if MODE == 'on' and result['heldAt'] is not None and now > result['heldAt'] + HELD_SECONDS:
            break
        if kills() > before:
            result['firstKill'] = now
            break
        if termed and os.path.exists(f'{OUT}/shutdown-took'):
            result['shutdownTook'] = read(f'{OUT}/shutdown-took')
            break
    result['end'] = round(time.time() - started, 1)
    result['stalls'] = stalls(started)
    result['firstAlert'] = first_alert()
    result['longestWait'] = read(f'{OUT}/longest-wait')
    result['pressure'] = read('/proc/pressure/memory')
    # Released by the agent and the hold process as they stop.
    agent_pids = children[:2] if MODE == 'on' else children[:1]
    for pid in reversed(agent_pids):
        os.kill(pid, signal.SIGTERM)
    time.sleep(3)
    result['highsAfter'] = [(read(f'{CG}{path}/memory.high') or '?').strip() for path in paths]
    for pid in list(children):
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except OSError:
            pass
    children.clear()
    write('/proc/sys/vm/drop_caches', '3')
    write(f'{OUT}/result.json', dumps(result))
    print('RESULT', dumps({k: v for k, v in result.items() if k != 'samples'}), flush=True)
    time.sleep(2)


main()
