"""A node with the agent beside it: an observer that reads the kernel's log and receives the webhook, kubelet's stand-in with
code of its own that can be dropped and has to be read back, pods with their logs, and stand-ins for kubectl and systemctl.

The observer writes to a tmpfs while it runs, so that a scenario can react to an alert; `stop_observer` copies it to /out."""
import os, re, select, signal, socket, struct, time

from pieces import CG, MIB, cgroup, children, dumps, read, spawn, write

OBSERVED = '/run/observed'
PODS = '/run/pods'
TURN = 0.05
UNIT = '/system.slice/oomloop.service'
BURSTABLE, BESTEFFORT = '/kubepods.slice/kubepods-burstable.slice', '/kubepods.slice/kubepods-besteffort.slice'
POD = f'{BURSTABLE}/kubepods-burstable-pod0a1b2c3d_0000_4000_8000_999999999999.slice/cri-containerd-{"9" * 64}.scope'
agent_cgroup = UNIT
KUBELET_LOG = '/var/log/kubelet.log'


# The observer

def start_observer(protected_mib=40):
    os.makedirs(OBSERVED, exist_ok=True)
    told, ready = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            observe(ready, protected_mib)
        finally:
            os._exit(0)
    os.read(told, 1)
    os.close(told)
    os.close(ready)
    return pid


def stop_observer(pid, out):
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    os.system(f'cp {OBSERVED}/*.jsonl {out}/ && rm {OBSERVED}/*.jsonl')


def observe(ready, protected_mib):
    """Reads the kernel's log and receives the webhook, in a process of its own that the kernel leaves alone."""
    cgroup('/observer', memory_min=protected_mib * MIB)
    write(CG + '/observer/cgroup.procs', '0')
    kmsg = os.open('/dev/kmsg', os.O_RDONLY | os.O_NONBLOCK)
    os.lseek(kmsg, 0, os.SEEK_END)
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('127.0.0.1', 8000))
    server.listen(50)
    files = {name: open(f'{OBSERVED}/{name}.jsonl', 'w', buffering=1) for name in ('kmsg', 'alerts', 'late')}
    def keep(name, **line):
        files[name].write(dumps(line) + '\n')
    peers, ended = {}, []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
    os.write(ready, b'r')
    while not ended:
        asked = time.monotonic()
        found = select.select([kmsg, server, *peers], [], [], TURN)[0]
        if not found:
            keep('late', at=time.time() * 1000, ms=(time.monotonic() - asked - TURN) * 1000)
        for each in found:
            if each == kmsg:
                take_records(kmsg, keep)
            elif each is server:
                peers[server.accept()[0]] = b''
            else:
                take_requests(each, peers, keep)
    take_records(kmsg, keep)


def take_records(kmsg, keep):
    while True:
        try:
            raw = os.read(kmsg, 8192)
        except BlockingIOError:
            return
        except OSError:
            continue  # overwritten before it was read
        keep('kmsg', at=time.time() * 1000, kmsg=raw.decode(errors='replace'))


def take_requests(peer, peers, keep):
    try:
        answer_requests(peer, peers, keep)
    except ConnectionError:  # an agent that is ended by SIGKILL resets its connections
        leave(peer, peers)


def leave(peer, peers):
    peer.close()
    del peers[peer]


def answer_requests(peer, peers, keep):
    got = peer.recv(65536)
    if not got:
        return leave(peer, peers)
    peers[peer] += got
    while b'\r\n\r\n' in peers[peer]:
        head, rest = peers[peer].split(b'\r\n\r\n', 1)
        length = int(re.search(rb'(?i)content-length: *(\d+)', head)[1])
        if len(rest) < length:
            return
        keep('alerts', at=time.time() * 1000, body=rest[:length].decode())
        peers[peer] = rest[length:]
        peer.send(b'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')


def received():
    """Alerts that the webhook got by now. Debian's minimal Python has no json."""
    words = {'true': True, 'false': False, 'null': None}
    lines = (read(f'{OBSERVED}/alerts.jsonl') or '').splitlines()
    return [eval(eval(line, words)['body'], words) for line in lines if line.endswith('}')]


# The agent

def start_agent(out, state, protected=True):
    """As its systemd unit does, or with nothing that protects it."""
    cgroup(UNIT, memory_min=(64 * MIB if protected else 0))
    return spawn_agent(out, state, UNIT, adj=-999 if protected else 0, nice=-10 if protected else 0, protected=protected)


def start_agent_as_pod(out, state, other_requests):
    """As the DaemonSet's pod: no memory.min, no Nice, its limit, and CPU by weight: 20m of what all Burstable pods request."""
    cgroup(POD, '+memory +io +cpu', memory_max=112 * MIB)
    cgroup(BESTEFFORT, '+memory +io +cpu')
    of_pod = os.path.dirname(POD)
    for path, milli_cpu in (('/kubepods.slice', 1000 * os.cpu_count()), (BURSTABLE, other_requests + 20), (of_pod, 20), (BESTEFFORT, 0)):
        set_weight(path, milli_cpu)
    return spawn_agent(out, state, POD, adj=-997, nice=0, protected=True)


def set_weight(path, milli_cpu):
    """As kubelet and runc make it of a request; nothing where CPU is not divided by weight."""
    if os.path.exists(f'{CG}{path}/cpu.weight'):
        write(f'{CG}{path}/cpu.weight', str(1 + (max(2, milli_cpu * 1024 // 1000) - 2) * 9999 // 262142))


def spawn_agent(out, state, path, adj, nice, protected):
    global agent_cgroup
    agent_cgroup = path
    pid = os.fork()
    if pid:
        return pid
    write(CG + path + '/cgroup.procs', '0')
    write('/proc/self/oom_score_adj', str(adj))
    os.nice(nice)
    log = os.open(f'{out}/agent.log', os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    command = ['/put/node', '/put/dist/oomloop.mjs', 'run', '--webhook', 'http://127.0.0.1:8000/', '--state-dir', state]
    os.execve(command[0], command, {'OOMLOOP_PROTECT': str(protected).lower(), 'NODE_NAME': 'small-node'})


def watching(out):
    return (read(f'{out}/agent.log') or '').count('"watching"')


def costs(pid):
    """What its cgroup waited for memory and disk and ran, ms; its major faults; where its main thread sleeps in the kernel."""
    def total(kind):
        found = re.search(r'full .*total=(\d+)', read(f'{CG}{agent_cgroup}/{kind}.pressure') or '')
        return int(found[1]) // 1000 if found else 0
    stat = (read(f'/proc/{pid}/stat') or ') ' + '0 ' * 40).rsplit(')', 1)[1].split()
    ran = re.search(r'usage_usec (\d+)', read(f'{CG}{agent_cgroup}/cpu.stat') or '')
    delay = (read(f'/proc/{pid}/schedstat') or '0 0 0').split()
    return [total('memory'), total('io'), int(ran[1]) // 1000 if ran else 0, int(stat[9]), int(delay[1]) // 1000000,
            stat[0] + ' ' + (read(f'/proc/{pid}/wchan') or '')]


def is_alive(pid):
    return os.waitpid(pid, os.WNOHANG) == (0, 0)


def until(condition, seconds):
    deadline = time.time() + seconds
    while time.time() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


# The node

def meminfo(field='MemAvailable'):
    """MiB."""
    return int(re.search(field + r':\s+(\d+)', read('/proc/meminfo'))[1]) / 1024


def program_with_text(path, mib, pages_a_nap=64, nap_ms=25):
    """
    Writes a static program whose text is so large, and which does nothing but execute its way through it: what a daemon is
    to the kernel. Its pages are dropped and faulted in again, as those of kubelet are; a file that is read has no faults.
    """
    base, size = 0x10000000, mib * MIB
    nap = struct.pack('<qq', 0, nap_ms * 1000000)
    load, header = 0x400000, 64 + 2 * 56
    timespec = load + header
    start = timespec + len(nap)
    code = bytearray()
    code += b'\x48\xbb' + struct.pack('<Q', base)            # mov rbx, base
    code += b'\x41\xbc' + struct.pack('<I', size // 4096)    # mov r12d, pages
    loop = len(code)
    code += b'\x8a\x03'                                      # mov al, [rbx]
    code += b'\x48\x81\xc3' + struct.pack('<I', 4096)        # add rbx, 4096
    code += b'\x41\xff\xcc'                                  # dec r12d
    code += b'\x74' + struct.pack('b', -(len(code) + 2))     # jz start
    code += b'\x41\xf7\xc4' + struct.pack('<I', pages_a_nap - 1)  # test r12d, pages_a_nap - 1
    code += b'\x75' + struct.pack('b', loop - len(code) - 2)  # jnz loop
    code += b'\xb8' + struct.pack('<I', 35)                  # mov eax, nanosleep
    code += b'\xbf' + struct.pack('<I', timespec)            # mov edi, timespec
    code += b'\x31\xf6\x0f\x05'                              # xor esi, esi; syscall
    code += b'\xeb' + struct.pack('b', loop - len(code) - 2)  # jmp loop
    head = b'\x7fELF\x02\x01\x01' + bytes(9) + struct.pack(
        '<HHIQQQIHHHHHH', 2, 62, 1, start, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    small = header + len(nap) + len(code)
    head += struct.pack('<IIQQQQQQ', 1, 5, 0, load, load, small, small, 4096)
    head += struct.pack('<IIQQQQQQ', 1, 4, 4096, base, base, size, size, 4096)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write((head + nap + bytes(code)).ljust(4096, b'\0'))
        for _ in range(mib):
            file.write(os.urandom(4096) * 256)
    os.chmod(path, 0o755)


def execute(path):
    def work():
        os.execv(path, [path])
    return work


def disk(iops):
    device = read('/sys/block/vda/dev').strip()
    for path in ('/kubepods.slice', '/system.slice'):
        cgroup(path)
        write(CG + path + '/io.max', f'{device} riops={iops or "max"}')


class Pod:
    """A pod with one container, laid out as kubelet, containerd and the systemd driver do."""
    count = 0

    def __init__(self, name, app, work, qos='burstable', adj=800, limit='max', owner='Deployment', namespace='shop', grace=30,
                 cpu=100):
        self.name, self.app, self.work, self.qos, self.adj, self.limit = name, app, work, qos, adj, limit
        self.owner, self.namespace, self.grace, self.cpu = owner, namespace, grace, cpu
        self.kill_at, self.deleted, self.pid, self.deaths = None, False, 0, []
        self.create()

    def create(self):
        Pod.count += 1
        self.uid = f'0a1b2c3d-0000-4000-8000-{Pod.count:012d}'
        self.path = f'/kubepods.slice/kubepods-{self.qos}.slice/kubepods-{self.qos}-pod{self.uid.replace("-", "_")}.slice'
        self.deleted, self.kill_at = False, None
        os.makedirs(PODS, exist_ok=True)
        write(f'{PODS}/{self.namespace}_{self.name}', '')
        self.start()

    def start(self):
        Pod.count += 1
        self.container = f'{Pod.count:064x}'
        self.scope = f'{self.path}/cri-containerd-{self.container}.scope'
        cgroup(self.scope, memory_max=self.limit)
        set_weight(self.path, 0 if self.qos == 'besteffort' else self.cpu)
        logs = f'/var/log/pods/{self.namespace}_{self.name}_{self.uid}/{self.app}'
        self.link = f'/var/log/containers/{self.name}_{self.namespace}_{self.app}-{self.container}.log'
        os.makedirs(logs, exist_ok=True)
        os.makedirs(os.path.dirname(self.link), exist_ok=True)
        write(f'{logs}/0.log', '')
        os.symlink(f'{logs}/0.log', self.link)
        self.pid = spawn(self.scope, self.work, self.adj, self.app)
        self.started = time.time()

    def reap(self):
        """True where its process has ended."""
        if self.pid and os.waitpid(self.pid, os.WNOHANG)[0]:
            children.remove(self.pid)
            self.deaths.append(time.time() * 1000)
            self.pid = 0
        return not self.pid

    def send(self, what):
        if not self.reap():
            os.kill(self.pid, what)

    def stop(self, force=False):
        self.send(signal.SIGKILL if force else signal.SIGTERM)

    def remove(self):
        for path in (self.scope, self.path):
            try:
                os.rmdir(CG + path)
            except OSError:
                pass
        os.system(f'rm -rf /var/log/pods/{self.namespace}_{self.name}_{self.uid} {self.link}')
        if os.path.exists(f'{PODS}/{self.namespace}_{self.name}'):
            os.unlink(f'{PODS}/{self.namespace}_{self.name}')

    def current(self):
        """MiB."""
        return int(read(f'{CG}{self.path}/memory.current') or 0) / MIB

    def delete(self, grace=None):
        """What kubelet does when the API server says that the pod is deleted."""
        if not self.deleted:
            kubelet_says(f'kubelet.go:2079] "SyncLoop DELETE" source="api" pods=[{self.namespace}/{self.name}]')
            self.stop()
        self.deleted = True
        due = time.time() + (self.grace if grace is None else grace)
        self.kill_at = min(due, self.kill_at or due)
        write(f'{PODS}/{self.namespace}_{self.name}', 'terminating')


def kubelet_says(text):
    with open(KUBELET_LOG, 'a') as file:
        file.write(time.strftime('I%m%d %H:%M:%S.000000     209 ', time.gmtime()) + text + '\n')


def reconcile(pods, restart=()):
    """One turn of kubelet and the controllers: deletions that were asked for, grace periods, containers and pods to recreate."""
    for request in sorted(os.listdir('/run/requests')) if os.path.isdir('/run/requests') else []:
        if not request.startswith('delete'):
            continue
        name, grace = read(f'/run/requests/{request}').split()
        os.unlink(f'/run/requests/{request}')
        for pod in pods:
            if f'{pod.namespace}/{pod.name}' == name:
                pod.delete(None if grace == '-' else float(grace))
    for pod in list(pods):
        if pod.deleted and not pod.reap() and time.time() >= pod.kill_at:
            pod.stop(force=True)
        if not pod.reap():
            continue
        if not pod.deleted:
            if pod in restart:
                pod.start()
            continue
        pod.remove()
        pods.remove(pod)
        stays = pod.owner == 'DaemonSet' or (pod.owner == 'Deployment' and not os.path.exists('/run/cordoned'))
        if stays:
            pod.name = re.sub(r'[^-]+$', f'{Pod.count % 46656:05d}'.translate(str.maketrans('013', 'bcd')), pod.name)
            pod.create()
            pods.append(pod)


KUBECTL = r'''#!/bin/sh
# A stand-in: it knows cordon, delete pod and get pod, and asks the scenario for what it does not do itself.
namespace= name= grace=-
for word; do
  case $word in
    --namespace=*) namespace=${word#*=} ;;
    --grace-period=*) grace=${word#*=} ;;
    -*|cordon|uncordon|delete|get|pod) ;;
    *) name=$word ;;
  esac
done
case $1 in
  cordon) [ "$name" = small-node ] && touch /run/cordoned ;;
  uncordon) rm -f /run/cordoned ;;
  get) grep -s . "/run/pods/${namespace}_$name" ;;
  delete) [ -e "/run/pods/${namespace}_$name" ] && echo "$namespace/$name $grace" >/run/requests/part && mv /run/requests/part "/run/requests/delete-$$" ;;
  *) echo "kubectl: $* is not played" >&2; exit 1 ;;
esac
'''

SYSTEMCTL = r'''#!/bin/sh
# A stand-in: stops a service by its cgroup, and sets the limit of a slice.
case $1 in
  stop) echo 1 >"/sys/fs/cgroup/system.slice/$2/cgroup.kill" ;;
  set-property) echo "${3#MemoryMax=}" >"/sys/fs/cgroup/$2/memory.max" ;;
  *) echo "systemctl: $* is not played" >&2; exit 1 ;;
esac
'''


def install_stand_ins():
    os.makedirs('/run/requests', exist_ok=True)
    # The node has systemctl, so it is shown as one of systemd: a process cannot rename the first one.
    write('/run/init-comm', 'systemd\n')
    os.system('busybox mount -o bind /run/init-comm /proc/1/comm')
    for name, text in (('kubectl', KUBECTL), ('systemctl', SYSTEMCTL)):
        write(f'/usr/local/bin/{name}', text)
        os.chmod(f'/usr/local/bin/{name}', 0o755)
    write(KUBELET_LOG, '')
    os.makedirs('/var/lib/kubelet', exist_ok=True)
    write('/var/lib/kubelet/config.yaml', 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n'
          'kubeReserved: {memory: 40Mi}\nevictionHard: {memory.available: "0%"}\n')
