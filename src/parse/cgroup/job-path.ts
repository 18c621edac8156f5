/** Managers that run jobs of others, each in a cgroup of its own. */
export type JobSystem = 'slurm' | 'htcondor' | 'yarn' | 'mesos' | 'garden'
export type MachineSystem = 'libvirt' | 'nspawn'

interface JobPath {
  readonly system: JobSystem
  /** What stays the same for as long as the job may be restarted. */
  readonly name: string
  /** The last part of the path that belongs to the name. */
  readonly at: number
}

/** Finds the job that a cgroup belongs to; undefined where the path is of no batch or cluster manager. */
export function findJob(parts: readonly string[]): JobPath | undefined {
  return ofSlurm(parts) ?? ofCondor(parts) ?? ofYarn(parts) ?? ofMesos(parts) ?? ofGarden(parts)
}

/**
 *     /slurm/uid_1001/job_4711/step_0/task_0                                  v1; `slurm_<node>` with several slurmd
 *     /system.slice/slurmstepd.scope/job_4711/step_batch/user/task_special    v2; `<node>_slurmstepd.scope` likewise
 *
 * A job that is requeued keeps its number; each element of a job array has its own.
 */
function ofSlurm(parts: readonly string[]): JobPath | undefined {
  const root = parts.findIndex(part => /^slurm(?:_.+)?$|(?:^|_)slurmstepd\.scope$/.test(part))
  if (root < 0) return undefined
  const at = parts.findIndex((part, index) => index > root && /^job_\d+/.test(part))
  return at < 0 ? undefined : { system: 'slurm', name: parts[at]!.slice('job_'.length), at }
}

/**
 *     /htcondor/condor_var_lib_condor_execute_slot1_1@node-1                       v1
 *     /system.slice/condor.service/htcondor/condor_var_lib_condor_execute_slot1_1@node-1    v2
 *
 * The path names a slot, in which one job follows another.
 */
function ofCondor(parts: readonly string[]): JobPath | undefined {
  const at = parts.findIndex((part, index) => parts[index - 1] === 'htcondor' && /^condor|slot\d/.test(part))
  if (at < 0) return undefined
  const slot = /(slot\d+(?:_\d+)?)@/.exec(parts[at]!)
  return { system: 'htcondor', name: slot?.[1] ?? parts[at]!, at }
}

/**
 *     /hadoop-yarn/container_e17_1558621002730_0013_01_000002
 *
 * An application restarts a container under the next number.
 */
function ofYarn(parts: readonly string[]): JobPath | undefined {
  const at = parts.findIndex(part => yarnContainer.test(part))
  if (at < 0) return undefined
  return { system: 'yarn', name: `application_${yarnContainer.exec(parts[at]!)![1]}`, at }
}

const yarnContainer = /^container_(?:e\d+_)?(\d{10,}_\d{4,})_\d{2,}_\d{6,}$/

/**
 *     /mesos/168b386b-893f-478e-bbf1-209482231b88                       an executor's container
 *     /mesos/168b386b-893f-478e-bbf1-209482231b88/mesos/09c5f1a2-…      a task of a task group
 *
 * A task that is restarted gets another id, and nothing on the node says whose it is.
 */
function ofMesos(parts: readonly string[]): JobPath | undefined {
  const ids: string[] = []
  let at = parts.indexOf('mesos')
  for (; at >= 0 && parts[at] === 'mesos' && uuid.test(parts[at + 1] ?? ''); at += 2) ids.push(parts[at + 1]!)
  return ids.length === 0 ? undefined : { system: 'mesos', name: ids.join('/'), at: at - 1 }
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 *     /garden/9a1f4c52-0f2b-4b0a-6c3e-7d54       Cloud Foundry; `/garden/good/…` where CPU is throttled
 *
 * A crashed instance gets another container.
 */
function ofGarden(parts: readonly string[]): JobPath | undefined {
  const root = parts.indexOf('garden')
  if (root < 0) return undefined
  const at = parts[root + 1] === 'good' || parts[root + 1] === 'bad' ? root + 2 : root + 1
  return parts[at] === undefined ? undefined : { system: 'garden', name: parts[at], at }
}

interface MachinePath {
  readonly system: MachineSystem
  readonly name: string
  readonly at: number
}

/**
 * Finds the virtual machine or nspawn container that a cgroup belongs to: its name outlives its restart, its number in
 * the path does not.
 *
 *     /machine.slice/machine-qemu\x2d3\x2dweb01.scope/libvirt/emulator
 *     /machine/qemu-3-web01.libvirt-qemu/emulator                          before systemd-machined
 *     /machine.slice/systemd-nspawn@build.service/payload/system.slice/nginx.service
 *     /machine.slice/machine-build.scope/payload
 */
export function findMachine(parts: readonly string[]): MachinePath | undefined {
  for (const [at, part] of parts.entries()) {
    const old = /^(?:(?:qemu|lxc|xen)-\d+-)?(.+)\.libvirt-(?:qemu|lxc|xen)$/.exec(part)
    if (old) return { system: 'libvirt', name: old[1]!, at }
    const service = /^systemd-nspawn@(.+)\.service$/.exec(part)
    if (service) return { system: 'nspawn', name: plainName(service[1]!), at }
    const scope = /^machine-(.+)\.scope$/.exec(part)
    if (!scope) continue
    const name = plainName(scope[1]!)
    const machine = /^(?:qemu|lxc|xen|ch)-\d+-(.+)$/.exec(name)
    return machine ? { system: 'libvirt', name: machine[1]!, at } : { system: 'nspawn', name, at }
  }
  return undefined
}

// systemd writes a dash in a name as `\x2d`.
function plainName(name: string): string {
  return name.replace(/\\x([2-7][0-9a-f])/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

interface LxcPath {
  readonly name: string
  /** The monitor that watches the container, and not the container. */
  readonly isMonitor: boolean
  readonly at: number
}

/**
 * Finds the LXC container that a cgroup belongs to.
 *
 *     /lxc.payload.web/system.slice/nginx.service     LXC 4 and later; a user's own hang below the user's manager
 *     /lxc/web/ns/system.slice/nginx.service          before that, and Proxmox
 */
export function findLxc(parts: readonly string[]): LxcPath | undefined {
  const dottedAt = parts.findIndex(part => /^lxc\.(?:payload|monitor)\../.test(part))
  if (dottedAt >= 0) {
    const [, kind, name] = /^lxc\.(payload|monitor)\.(.+)$/s.exec(parts[dottedAt]!)!
    return { name: name!, isMonitor: kind === 'monitor', at: dottedAt }
  }
  const [first, name] = parts
  if (name === undefined || !/^lxc(?:\.payload|\.monitor)?$/.test(first!)) return undefined
  return { name, isMonitor: first === 'lxc.monitor', at: 1 }
}
