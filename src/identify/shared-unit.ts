import { type CgroupPath, parseCgroupPath } from '../parse/cgroup/cgroup-path.ts'
import type { Workload } from '../types.ts'
import { isNodeDaemon } from './node-daemon.ts'

/**
 * Whether a cgroup runs programs that others start in it one after another: cron, a login, a CI runner, a batch slot. Then
 * the unit is no workload: its programs are, and the next one of a name need not be the last one restarted.
 */
export function runsJobs({ level, runtime, name, unit }: CgroupPath): boolean {
  if (level === 'session' || runtime === 'htcondor' || name === 'buildkit') return true
  if (unit === null) return false
  const last = unit.split('/').at(-1)!
  return jobUnit.test(last) || onDemand.test(last) || launchedScope.test(last) || isUserManager(unit)
}

/**
 * Whether a daemon of the node started it beside itself: a shim, a proxy, a worker for one event, a command. It is no daemon,
 * and the next one of its name is never the last one restarted.
 */
export function isOfDaemon({ nodeDaemon, cgroup, comm }: Workload): boolean {
  if (nodeDaemon || cgroup === null) return false
  const path = parseCgroupPath(cgroup)
  // What a login started in sshd's unit is a program of its own. Children of sshd itself are not.
  return isNodeDaemon(path) && (!runsJobs(path) || isNodeDaemon(path, comm))
}

/** Whether a pod is made for one job of a CI system: the next one of its name is for another job. */
export function isRunnerPod(pod: string): boolean {
  return /^runner-.+-project-\d+-concurrent-\d+|-runner-[a-z0-9]{5}$/.test(pod)
}

/** What of a unit's name is a launch and not the program: two launches of one application have one name. */
export function stableUnit(unit: string): string {
  return unit
    .replace(/run-[ru]?[0-9a-f-]+(?=\.(?:scope|service)$)/, 'run-*')
    .replace(/((?:^|\/)app-.+)-\d+(?=\.scope$)/, '$1-*')
    .replace(/((?:^|\/)app-.+)@[0-9a-f]+(?=\.service$)/, '$1@*')
    .replace(/((?:^|\/)(?:app|snap)[-.].+?)[-.][0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\.scope$)/, '$1-*')
}

// Schedulers, remote shells, CI runners and what starts the jobs of a batch system.
const jobUnit = new RegExp(
  `^(?:${[
    'cron|crond|cronie|anacron|fcron|dcron|bcron|atd',
    'sshd?|sshd?@.*|dropbear|xinetd|inetd',
    'actions\\.runner\\..+|gitlab-runner|buildkite-agent(?:@.*)?|buildkit|buildkitd|act_runner|forgejo-runner',
    'woodpecker-agent|drone-runner-.*|jenkins|jenkins-agent|teamcity-agent|vsts\\.agent\\..+|concourse-worker|bamboo-agent',
    'slurmd|slurmstepd|condor|pbs|pbs_mom|pbs_jobs|torque-mom|sge_execd|sgeexecd.*|lsfd|flux',
    'supervisor|supervisord|systemd-run',
  ].join('|')})\\.(?:service|scope)$`,
)

// What a timer or a request of D-Bus starts, and what ends by itself: the next run is due in any case.
const onDemand =
  /^(?:logrotate|man-db|(?:m|p)locate-updatedb|updatedb|apt-daily(?:-upgrade)?|apt-news|esm-cache|unattended-upgrades|dnf-makecache|dnf-automatic|fstrim|certbot|fwupd-refresh|packagekit|motd-news|sysstat-(?:collect|summary)|e2scrub.*|raid-check|mdcheck_\w+|btrfs-scrub.*|snapd\.refresh|NetworkManager-dispatcher|systemd-(?:tmpfiles-\w+|coredump@.*|fsck.*|hostnamed|localed|timedated|random-seed|binfmt))\.service$/

// systemd never restarts a scope: the next one is another launch by a person or a program.
const launchedScope = /^(?:run-|app-|snap\.).*\.scope$|^run-.*\.service$/

function isUserManager(unit: string): boolean {
  return /(?:^|\/)user@\d+\.service(?:\/init\.scope)?$/.test(unit)
}
