#!/bin/sh
# What an operator does with the service, in a machine that systemd runs. Each step leaves a file in /out.
set -eu
release=/put/release
step() { echo "== $* ($(cut -d ' ' -f 1 /proc/uptime) s)"; }
pid() { systemctl show --property=MainPID --value oomloop; }
until_true() { # SECONDS COMMAND…
  deadline=$(($(date +%s) + $1)); shift
  until "$@"; do [ "$(date +%s)" -lt "$deadline" ] || return 1; sleep 0.2; done
}
busybox ip link set lo up

step install
$release/install.sh --webhook http://127.0.0.1:8000/ >/out/install.txt 2>&1 || { cat /out/install.txt; journalctl --no-pager -u oomloop; exit 1; }
systemctl show oomloop >/out/show.txt
cat "/proc/$(pid)/status" >/out/process-status.txt
cat "/proc/$(pid)/oom_score_adj" >/out/oom-score-adj.txt
cat /sys/fs/cgroup/system.slice/oomloop.service/memory.min >/out/memory-min.txt
oomloop status >/out/status.txt || true
oomloop status --json >/out/status.json || true

step 'second time'
before=$(pid)
$release/install.sh >/out/second.txt 2>&1
[ "$(pid)" = "$before" ] && echo same >/out/second-pid.txt

step reload
printf 'stormEvents: 7\n' >>/etc/oomloop/oomloop.yaml
systemctl reload oomloop
reloaded() { journalctl --no-pager -o cat -u oomloop | grep -q 'settings reloaded'; }
until_true 20 reloaded
[ "$(pid)" = "$before" ] && echo same >/out/reload-pid.txt

step 'a global OOM loop'
python3 /put/service/service_loop.py service "$LOOP_KILLS" --growth 0.0002
# The loop's script ends the agent; systemd counts the restart when it begins, RestartSec later.
ended_once() { [ "$(systemctl show --property=NRestarts --value oomloop)" != 0 ]; }
until_true 30 ended_once || true
systemctl show --property=NRestarts --value oomloop >/out/restarts-after-loop.txt

step 'an agent that hangs'
mkdir -p /run/systemd/system/oomloop.service.d
printf '[Service]\nWatchdogSec=4s\n' >/run/systemd/system/oomloop.service.d/quick.conf
systemctl daemon-reload
systemctl restart oomloop
kill -STOP "$(pid)"
restarted() { [ "$(systemctl show --property=NRestarts --value oomloop)" != 0 ] && systemctl is-active --quiet oomloop; }
until_true 60 restarted && echo restarted >/out/watchdog.txt

step 'removed'
journalctl --no-pager -o cat -u oomloop >/out/journal.txt
$release/install.sh --uninstall >/out/uninstall.txt 2>&1
{ find / -xdev -name '*oomloop*' -not -path '/put/*' -not -path '/proc/*' -not -path '/out/*' | sort; } >/out/left.txt
systemctl is-active oomloop >/out/after-uninstall.txt || true
step done
