"""What every scenario inside the machine is made of: cgroups, and processes that allocate, touch and read as told.
Debian's minimal Python comes without json and without subprocess, so there is a little of both here."""
import os, re, signal, sys, time

CG = '/sys/fs/cgroup'
MIB = 1 << 20
children = []


def dumps(value):
    """JSON: Debian's minimal Python comes without it."""
    if isinstance(value, dict):
        return '{' + ','.join(dumps(key) + ':' + dumps(value[key]) for key in value) + '}'
    if isinstance(value, list):
        return '[' + ','.join(map(dumps, value)) + ']'
    if value is None:
        return 'null'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + re.sub(r'[\x00-\x1f"\\]', lambda found: '\\u%04x' % ord(found[0]), value) + '"'
    return str(value)


def write(path, text):
    with open(path, 'w') as file:
        file.write(text)


def read(path):
    try:
        with open(path, errors='replace') as file:
            return file.read()
    except OSError:
        return None


def cgroup(path, controllers='+memory +io', **settings):
    full = CG
    for part in path.strip('/').split('/'):
        try:
            write(full + '/cgroup.subtree_control', controllers)
        except OSError:
            pass
        full += '/' + part
        os.makedirs(full, exist_ok=True)
    for name, value in settings.items():
        write(full + '/' + name.replace('_', '.', 1), str(value))
    return full


def spawn(path, work, adj=0, comm=None):
    """Runs work in a child of its own, in this cgroup, under this name. That it failed is found by stop_all()."""
    pid = os.fork()
    if pid:
        children.append(pid)
        return pid
    try:
        write(CG + path + '/cgroup.procs', '0')
        write('/proc/self/oom_score_adj', str(adj))
        if comm:
            write('/proc/self/comm', comm)
        work()
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)


def grow(base, rate, top=10**6, compressible=False):
    """Takes base MiB at once and rate MiB a second after that, up to top, and keeps it."""
    def work():
        held = []
        def take(mib):
            block = bytearray(int(mib * MIB))
            for at in range(0, len(block), 4096):
                block[at:at + (2048 if compressible else 1)] = os.urandom(2048) if compressible else b'x'
            held.append(block)
        take(base)
        while True:
            time.sleep(1)
            if sum(map(len, held)) < top * MIB:
                take(rate)
    return work


def hold(mib, pause):
    """Touches so many MiB, one after the other, and keeps them."""
    def work():
        held = []
        for _ in range(mib):
            held.append(b'x' * MIB)
            time.sleep(pause)
        time.sleep(10**6)
    return work


def keep_reading(path, mib, seconds, pause=0.0):
    """Reads a file round and round, one round in so many seconds: a working set of files."""
    def work():
        fd = os.open(path, os.O_RDONLY)
        while True:
            started = time.time()
            for at in range(0, mib * MIB, 65536):
                os.pread(fd, 65536, at)
                # Asked once: on a slow machine it may be due by the time that one asks again.
                time.sleep(max(0, started + seconds * at / (mib * MIB) - time.time()))
            time.sleep(pause)
    return work


def short_processes(path):
    def work():
        while True:
            pid = os.fork()
            if pid == 0:
                block = bytearray(15 * MIB)
                for at in range(0, len(block), 4096):
                    block[at] = 1
                os._exit(0)
            os.waitpid(pid, 0)
            time.sleep(0.1)
    return work


def fill_and_empty(directory, mib, rate):
    def work():
        while True:
            for n in range(mib):
                write(f'{directory}/{n}', 'x' * MIB)
                time.sleep(1 / rate)
            time.sleep(5)
            for n in range(mib):
                os.unlink(f'{directory}/{n}')
            time.sleep(5)
    return work


def make_file(path, mib):
    with open(path, 'wb') as file:
        for _ in range(mib):
            file.write(os.urandom(4096) * 256)
    os.sync()
    return path


def stop_all():
    """Ends all children. A node on which one of them had ended by itself was not the node that was to be played."""
    failed = []
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
            failed.append(pid)
    children.clear()
    write('/proc/sys/vm/drop_caches', '3')
    time.sleep(3)
    if failed:
        raise RuntimeError(f'children that failed: {failed}; why is above')
