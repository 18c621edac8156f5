#!/usr/bin/python3
"""The loop of ../node/loop.py, beside the agent that systemd runs: service_loop.py NAME KILLS."""
import subprocess, sys

FOLDER = '/put/scenario'
sys.path.insert(0, FOLDER)
source = open(FOLDER + '/loop.py').read()
body, end = source[:source.rindex('main()')], source[source.rindex('main()'):]
assert end.strip() == 'main()', end
exec(compile(body, 'loop.py', 'exec'))

STATE = '/var/lib/private/oomloop'


def systemctl(*args):
    return subprocess.run(['systemctl', *args], capture_output=True, text=True).stdout.strip()


def start_agent():
    """It runs already; what it found while the webhook was not there is not waited for."""
    systemctl('restart', 'oomloop')
    return int(systemctl('show', '--property=MainPID', '--value', 'oomloop'))


def is_alive(pid):
    return systemctl('show', '--property=MainPID', '--value', 'oomloop') == str(pid)


def watching():
    return 1


main()
with open(f'{OUT}/agent.log', 'w') as file:
    file.write(subprocess.run(['journalctl', '--no-pager', '-o', 'cat', '-u', 'oomloop'], capture_output=True, text=True).stdout)
