/**
 * Units that run what others started: logins, cron and batch jobs, builds. One unit is not one workload there, so
 * stopping or limiting the unit hits all of them.
 */
const sharedUnits =
  /^(?:cron|crond|cronie|anacron|atd|fcron|ssh|sshd|ssh@.*|sshd@.*|slurmd|slurmstepd|slurmctld|condor|pbs_mom|sge_execd|lsf.*|gitlab-runner|buildkit|buildkitd|buildbot.*|jenkins.*|actions\.runner\..*|nomad|mesos-(?:slave|agent)|hadoop-yarn-nodemanager|yarn-nodemanager|garden|libvirtd|lxd|incus|lxc.*|supervisor|supervisord|user@\d+|getty@.*|console-getty|serial-getty@.*|(?:gdm|sddm|lightdm)\d*|display-manager|tmux.*|screen.*|xrdp.*|cockpit.*|polkit|dbus|dbus-broker|machine-.*)\.service$/

export function isSharedUnit(unit: string): boolean {
  return sharedUnits.test(unit)
}

/** Programs that keep data and serve clients: stopping one interrupts them, and a large steady one is doing its job. */
const databases = new Set([
  'postgres',
  'postmaster',
  'mysqld',
  'mariadbd',
  'mongod',
  'mongos',
  'redis-server',
  'valkey-server',
  'etcd',
  'memcached',
  'clickhouse-serv',
  'clickhouse',
  'influxd',
  'cockroach',
  'tikv-server',
  'tidb-server',
  'pd-server',
  'yugabyte',
  'yb-tserver',
  'beam.smp',
  'ceph-osd',
  'ceph-mon',
  'scylla',
  'sqlservr',
  'oracle',
  'nats-server',
  'prometheus',
  'victoria-metric',
])

export function isDatabase(comm: string): boolean {
  return databases.has(comm) || /^ora_/.test(comm)
}
