#!/usr/bin/python3
"""The founding incident in small, with the agent beside it: a steady java holds nearly all memory; a BestEffort filebeat
is started again at once after every kill, in a new container, and killed again by the machine's own global OOM.

    loop.py NAME KILLS [--unprotected] [--kill-agent-at N,M] [--pause SECONDS] [--growth SECONDS_A_MIB] [--hang]

--hang leaves all as it is in the middle of the loop: whoever boots from the same disk again boots into the aftermath, and
NAME 0 starts the agent there, with the state that NAME left.

Writes what an observer saw to /out/NAME: kmsg.jsonl (the kernel's records), alerts.jsonl (what the webhook got), both with
the time of arrival; late.jsonl (how late the observer itself was woken); agent.json (how the agent was); state/ (the
agent's directory)."""
import os, re, signal, sys, time

import live
from live import until
from pieces import cgroup, children, dumps, hold, read, spawn, stop_all, write

NAME, KILLS = sys.argv[1], int(sys.argv[2])
PROTECTED = '--unprotected' not in sys.argv


def option(name, default):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


KILL_AGENT_AT = [int(n) for n in option('--kill-agent-at', '').split(',') if n]
PAUSE = float(option('--pause', '0.3'))
GROWTH = float(option('--growth', '0.005'))
OUT = '/out/' + NAME
STATE = '/var/lib/oomloop-' + NAME
# java's score stays below 1000 whatever it holds, so the kernel takes filebeat first, as in the incident.
PODS = {
    'filebeat': ('kube-system', 'filebeat-x7k2p', '0c35f5d4-98c5-4f6a-9c9e-3d2f2c3d9a01', 'besteffort', 1000),
    'java': ('shop', 'java-5d9c7b8f6d-l4hqz', '7f1d2a3b-1111-4c2d-8e3f-aaaaaaaaaa02', 'burstable', 100),
}


def container(name, number):
    """A container as kubelet, containerd and the systemd driver lay it out; returns its cgroup."""
    namespace, pod, uid, qos, _ = PODS[name]
    ident = f'{number:064x}'
    slice = f'/kubepods.slice/kubepods-{qos}.slice/kubepods-{qos}-pod{uid.replace("-", "_")}.slice'
    logs = f'/var/log/pods/{namespace}_{pod}_{uid}/{name}'
    os.makedirs(logs, exist_ok=True)
    os.makedirs('/var/log/containers', exist_ok=True)
    write(f'{logs}/{number}.log', '')
    link = f'/var/log/containers/{pod}_{namespace}_{name}-{ident}.log'
    if not os.path.lexists(link):
        os.symlink(f'{logs}/{number}.log', link)
    path = f'{slice}/cri-containerd-{ident}.scope'
    cgroup(path)
    return path


def start_agent():
    return live.start_agent(OUT, STATE, PROTECTED)


def is_alive(pid):
    return live.is_alive(pid)


def watching():
    return live.watching(OUT)


deaths = []


def keep_up(name, work, pause=0.0):
    """Returns what starts it, and starts it again in a new container when it has died, after a pause."""
    state = {'pid': 0, 'container': len(name) * 1000, 'due': 0.0, 'started': 0.0}
    def look(may_start=True):
        if state['pid']:
            found, status = os.waitpid(state['pid'], os.WNOHANG)
            if not found:
                return
            children.remove(found)
            deaths.append({'at': time.time() * 1000, 'pid': found, 'comm': name, 'signal': os.WTERMSIG(status)})
            state.update(pid=0, due=time.time() + pause)
        if may_start and time.time() >= state['due']:
            state['container'] += 1
            state['started'] = time.time()
            state['pid'] = spawn(container(name, state['container']), work, PODS[name][4], name)
    look.started = lambda: state['started']
    return look


def figures(pid):
    """How the agent is: what it faulted, what of it is resident."""
    stat = read(f'/proc/{pid}/stat').rsplit(')', 1)[1].split()
    status = dict(re.findall(r'(\w+):\s+(\d+) kB', read(f'/proc/{pid}/status')))
    return {'majorFaults': int(stat[9]), 'cpuTicks': int(stat[11]) + int(stat[12]), 'at': time.time() * 1000,
            **{name: int(status[name]) for name in ('VmRSS', 'RssAnon', 'RssFile') if name in status}}


def play(agent):
    """The loop itself; returns the agent, who may be another by then, and when it was ended."""
    available = int(re.search(r'MemAvailable: *(\d+)', read('/proc/meminfo'))[1]) // 1024
    steady = keep_up('java', hold(available - 30, 0.005))
    steady()
    time.sleep(8)
    doomed = keep_up('filebeat', hold(2000, GROWTH), PAUSE)
    ended, started = [], time.time()
    # An agent that was ended is back before the loop is over.
    while (len(deaths) < KILLS or watching() <= len(KILL_AGENT_AT)) and time.time() - started < KILLS * 5 + 60:
        # The kernel now and then takes java as well, while a filebeat is not quite gone: kubelet would start it again.
        # No filebeat is started until java holds what it held: two that grow at once leave the machine thrashing for minutes.
        steady()
        doomed(time.time() - steady.started() > 6)
        due = len(ended) < len(KILL_AGENT_AT) and len(deaths) >= KILL_AGENT_AT[len(ended)]
        if due and watching() > len(ended):
            os.kill(agent, signal.SIGKILL)
            os.waitpid(agent, 0)
            ended.append(time.time() * 1000)
            agent = start_agent()
        time.sleep(0.02)
    return agent, ended


def main():
    os.makedirs(OUT)
    observer = live.start_observer()
    agent = start_agent()
    until(lambda: watching() == 1, 90)
    time.sleep(5)
    before = figures(agent)
    started, ended = time.time() * 1000, []
    if KILLS:
        agent, ended = play(agent)
    time.sleep(3)
    alive = is_alive(agent)
    after = figures(agent) if alive else None
    if '--hang' in sys.argv:
        # The observer first: of a kill that it has seen the agent has read, and had the time to write it down.
        live.stop_observer(observer, OUT)
        time.sleep(2)
        os.kill(agent, signal.SIGSTOP)
    else:
        stop_all()
        time.sleep(2)
        if alive:
            os.kill(agent, signal.SIGTERM)
            until(lambda: not is_alive(agent), 10)
        live.stop_observer(observer, OUT)
    os.system(f'cp -r {STATE} {OUT}/state')
    write(OUT + '/agent.json', dumps({'name': NAME, 'protected': PROTECTED, 'alive': alive, 'before': before, 'after': after,
                                      'loopFrom': started, 'deaths': deaths, 'agentKilledAt': ended}))
    print(NAME, len(deaths), 'deaths, agent', 'alive' if alive else 'DEAD', before, after, flush=True)


main()
