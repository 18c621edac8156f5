#!/usr/bin/python3
"""Debian's systemd-oomd and earlyoom drive a loop each, beside the agent: killers.py DEATHS.

Leaves in /out/NAME: killer.jsonl (the killer's lines with their time of arrival in /var/log/syslog), alerts.jsonl (what the
webhook received), agent.log and state/. The machine has rsyslog: a journal without syslog is not read by the agent."""
import os, re, select, signal, socket, sys, time

sys.path.insert(0, '/put/scenario')
from pieces import dumps, read, write

DEATHS = int(sys.argv[1])
UNITS = '/etc/systemd/system/'
SYSLOG = '/var/log/syslog'
KILL = {
    'systemd-oomd': re.compile(r'systemd-oomd\[\d+\]: Killed /'),
    'earlyoom': re.compile(r'earlyoom\[\d+\]: sending SIGTERM to process'),
}
WORKLOAD = {'systemd-oomd': 'leaky.service', 'earlyoom': 'hog.service'}


def sh(command):
    status = os.system(command)
    if status:
        print('failed:', command, status, flush=True)
    return status


def output(command):
    with os.popen(command) as pipe:
        return pipe.read().strip()


def unit(name, *lines):
    write(UNITS + name, '\n'.join(lines) + '\n')


def install():
    sh('dpkg -i --force-depends /put/debs/*.deb >/out/dpkg.log 2>&1')
    os.makedirs('/etc/systemd/oomd.conf.d', exist_ok=True)
    write('/etc/systemd/oomd.conf.d/quick.conf', '[OOM]\nDefaultMemoryPressureDurationSec=2s\n')
    unit('leaky.slice', '[Slice]', 'MemoryHigh=64M', 'ManagedOOMMemoryPressure=kill', 'ManagedOOMMemoryPressureLimit=5%')
    restarts = ['Restart=always', 'RestartSec=1', 'OOMScoreAdjust=0']
    unit('leaky.service', '[Unit]', 'StartLimitIntervalSec=0', '[Service]', 'Slice=leaky.slice', *restarts,
         'ExecStart=/usr/bin/python3 /put/killers/grow.py 20 /var/tmp/read-again')
    unit('hog.service', '[Unit]', 'StartLimitIntervalSec=0', '[Service]', *restarts,
         'ExecStart=/usr/bin/python3 /put/killers/grow.py 30')
    sh('dd if=/dev/zero of=/var/tmp/read-again bs=1M count=96 2>/dev/null')
    sh('systemctl stop earlyoom systemd-oomd systemd-oomd.socket; systemctl daemon-reload; systemctl restart syslog.socket rsyslog')


def observe(name, stop):
    """Receives the webhook and reads the killer's lines, in a process of its own, until SIGTERM."""
    out = f'/out/{name}'
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('127.0.0.1', 8000))
    server.listen(50)
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
    os.write(stop, b'r')
    peers, rest = {}, ''
    log = open(SYSLOG, errors='replace')
    log.seek(0, 2)
    alerts, kills = open(out + '/alerts.jsonl', 'w', 1), open(out + '/killer.jsonl', 'w', 1)
    while not ended:
        for ready in select.select([server, *peers], [], [], 0.05)[0]:
            if ready is server:
                peers[server.accept()[0]] = b''
                continue
            got = ready.recv(65536)
            if not got:
                ready.close()
                del peers[ready]
                continue
            peers[ready] += got
            while b'\r\n\r\n' in peers[ready]:
                head, body = peers[ready].split(b'\r\n\r\n', 1)
                length = int(re.search(rb'(?i)content-length: *(\d+)', head)[1])
                if len(body) < length:
                    break
                alerts.write(dumps({'at': time.time() * 1000, 'body': body[:length].decode()}) + '\n')
                peers[ready] = body[length:]
                ready.send(b'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
        lines = (rest + log.read()).split('\n')
        rest = lines.pop()
        for line in lines:
            if KILL[name].search(line):
                kills.write(dumps({'at': time.time() * 1000, 'line': line}) + '\n')


def until(condition, seconds):
    deadline = time.time() + seconds
    while not condition() and time.time() < deadline:
        time.sleep(0.2)
    return condition()


def count(path):
    return (read(path) or '').count('\n')


def play(name):
    out = f'/out/{name}'
    os.makedirs(out)
    reader, stop = os.pipe()
    observer = os.fork()
    if observer == 0:
        try:
            observe(name, stop)
        finally:
            os._exit(0)
    os.read(reader, 1)
    sh(f'systemctl start {name}')
    time.sleep(3)
    state = f'/var/lib/oomloop-{name}'
    sh(f'systemd-run --quiet --unit=oomloop-{name} -p OOMScoreAdjust=-999 -p MemoryMin=64M --setenv=NODE_NAME=small-node '
       f'/put/node /put/dist/oomloop.mjs run --webhook http://127.0.0.1:8000/ --state-dir {state}')
    watching = until(lambda: '"watching"' in output(f'journalctl --no-pager -o cat -u oomloop-{name}'), 120)
    time.sleep(5)
    workload = WORKLOAD[name]
    sh(f'systemctl start {workload}')
    until(lambda: count(out + '/killer.jsonl') >= DEATHS and 'respawn-loop' in (read(out + '/alerts.jsonl') or ''), 60 * DEATHS)
    time.sleep(5)
    sh(f'systemctl stop {workload}')
    write(out + '/restarts', output(f'systemctl show --property=NRestarts --value {workload}'))
    sh(f'systemctl stop oomloop-{name} {name}')
    os.kill(observer, signal.SIGTERM)
    os.waitpid(observer, 0)
    sh(f'journalctl --no-pager -o cat -u oomloop-{name} >{out}/agent.log; cp -r {state} {out}/state')
    sh(f'journalctl --no-pager -o short -u {name} >{out}/killer.log')
    print(name, 'watching' if watching else 'NOT watching', count(out + '/killer.jsonl'), 'deaths',
          count(out + '/alerts.jsonl'), 'alerts', flush=True)


sh('busybox ip link set lo up')
install()
for killer in sys.argv[2:] or list(KILL):
    play(killer)
sh(f'cp {SYSLOG} /out/syslog')
