import { type Messages, messagesOf } from '../text/messages/catalogues.ts'
import type { World } from '../types.ts'

/** Something that the agent cannot see on this host, or that makes its reports less certain. */
export interface BlindSpot {
  readonly code: string
  readonly what: string
  readonly toDo: string
  /** It can and should be fixed; otherwise it is only good to know. */
  readonly isToFix: boolean
}

/** What the agent can read on this host, beside what the sampler reads. */
export interface ReadableSources {
  /** Why /dev/kmsg cannot be read; undefined = it can; null = not asked (a capture, a folder of files). */
  readonly noKmsg: string | undefined | null
  /** Whether a log of kubelet's is read. */
  readonly readsKubeletLog: boolean
}

/** Blind spots of this host: killers that leave no kernel log entry, sources that are not read, switches that are off. */
export function blindSpotsOf(world: World, readable: ReadableSources): readonly BlindSpot[] {
  const t = messagesOf(world.settings.locale).doctor.blindSpot
  return [...ofTheAgent(world, readable, t), ...ofTheKernel(world, t), ...ofOtherKillers(world, t)]
}

function ofTheAgent(
  { memory, host, identity }: World,
  readable: ReadableSources,
  t: Messages['doctor']['blindSpot'],
): BlindSpot[] {
  const spots: BlindSpot[] = []
  if (readable.noKmsg) {
    spots.push({
      code: 'no-kernel-log',
      what: t.noKernelLog.what({ reason: readable.noKmsg }),
      toDo: t.noKernelLog.fix,
      isToFix: true,
    })
  }
  if (memory.latest && !memory.latest.pressure) {
    spots.push({
      code: 'no-psi',
      what: t.noPsi.what,
      toDo: t.noPsi.fix,
      isToFix: false,
    })
  }
  if (host.cgroupVersion === 'v1' || host.cgroupVersion === 'hybrid') {
    spots.push({
      code: 'cgroup-v1',
      what: t.cgroupV1.what,
      toDo: t.cgroupV1.fix,
      isToFix: false,
    })
  }
  const isKubernetes = [...identity.processes()].some(({ cgroup }) => cgroup.includes('kubepods'))
  if (isKubernetes && !host.kubelet) {
    spots.push({
      code: 'kubelet-settings-unknown',
      what: t.kubeletSettingsUnknown.what,
      toDo: t.kubeletSettingsUnknown.fix,
      isToFix: false,
    })
  }
  if (isKubernetes && !readable.readsKubeletLog) {
    spots.push({
      code: 'no-kubelet-log',
      what: t.noKubeletLog.what,
      toDo: t.noKubeletLog.fix,
      isToFix: false,
    })
  }
  return spots
}

function ofTheKernel({ host: { sysctls = {} } }: World, t: Messages['doctor']['blindSpot']): BlindSpot[] {
  const spots: BlindSpot[] = []
  if ((sysctls['vm.panic_on_oom'] ?? '0') !== '0') {
    spots.push({
      code: 'panic-on-oom',
      what: t.panicOnOom.what({ value: sysctls['vm.panic_on_oom']! }),
      toDo: 'sysctl -w vm.panic_on_oom=0',
      isToFix: true,
    })
  }
  if (sysctls['vm.oom_kill_allocating_task'] === '1') {
    spots.push({
      code: 'kills-who-asks',
      what: t.killsAllocatingTask.what,
      toDo: 'sysctl -w vm.oom_kill_allocating_task=0',
      isToFix: false,
    })
  }
  if (sysctls['vm.oom_dump_tasks'] === '0') {
    spots.push({
      code: 'no-task-table',
      what: t.noTaskTable.what,
      toDo: 'sysctl -w vm.oom_dump_tasks=1',
      isToFix: false,
    })
  }
  return spots
}

function ofOtherKillers({ identity, host }: World, t: Messages['doctor']['blindSpot']): BlindSpot[] {
  const killers = new Set<string>()
  let sandbox: string | null = null
  for (const { comm } of identity.processes()) {
    if (killersByComm.has(comm)) killers.add(comm)
    if (/^(runsc|firecracker|qemu-system|cloud-hyperviso|containerd-shim-k)/.test(comm)) sandbox ??= comm
  }
  const spots: BlindSpot[] = [...killers].map(comm => ({
    code: 'killer-in-user-space',
    what: t.userspaceKiller.what({ comm }),
    toDo: t.userspaceKiller.fix({ comm }),
    isToFix: false,
  }))
  if (host.kubelet) {
    spots.push({
      code: 'evictions',
      what: t.evictions.what,
      toDo: '',
      isToFix: false,
    })
  }
  if (sandbox) {
    spots.push({
      code: 'sandboxed-runtime',
      what: t.sandbox.what({ comm: sandbox }),
      toDo: '',
      isToFix: false,
    })
  }
  return spots
}

const killersByComm = new Set(['systemd-oomd', 'earlyoom', 'nohang', 'oomd', 'bustd'])
