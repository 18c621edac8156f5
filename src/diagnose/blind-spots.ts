import { createSay, type Say } from '../say.ts'
import type { World } from '../types.ts'

/** Something that this agent cannot see here, or that makes what it says less true. */
export interface BlindSpot {
  readonly code: string
  readonly what: string
  readonly toDo: string
  /** It can and should be mended; otherwise it is to be known. */
  readonly isToMend: boolean
}

/** What is asked of the host beside what the sampler reads. */
export interface Sight {
  /** Why /dev/kmsg cannot be read; undefined = it can; null = not asked (a capture, a folder of files). */
  readonly noKmsg: string | undefined | null
  /** Whether a log of kubelet's is read. */
  readonly readsKubeletLog: boolean
}

/** Blind spots are named until they are seen: who kills without the kernel's record, what is not read, what is switched off. */
export function blindSpotsOf(world: World, sight: Sight): readonly BlindSpot[] {
  const say = createSay(world.settings.locale)
  return [...ofTheAgent(world, sight, say), ...ofTheKernel(world, say), ...ofOtherKillers(world, say)]
}

function ofTheAgent({ memory, host, identity }: World, sight: Sight, say: Say): BlindSpot[] {
  const spots: BlindSpot[] = []
  if (sight.noKmsg) {
    spots.push({
      code: 'no-kernel-log',
      what: say(`the kernel's log cannot be read: ${sight.noKmsg}`, `无法读取内核日志：${sight.noKmsg}`),
      toDo: say(
        'run as root with CAP_SYSLOG (in a pod: privileged), or name a log file with --source file --log-file',
        '以 root 和 CAP_SYSLOG 运行（Pod 中需 privileged），或用 --source file --log-file 指定日志文件',
      ),
      isToMend: true,
    })
  }
  if (memory.latest && !memory.latest.pressure) {
    spots.push({
      code: 'no-psi',
      what: say(
        'the kernel tells no pressure (PSI): stall is judged by page faults and reclaim alone',
        '内核没有 PSI：只能用缺页与回收判断停顿',
      ),
      toDo: say('boot with psi=1 (Linux 4.20 and later)', '启动参数加 psi=1（Linux 4.20 及以上）'),
      isToMend: false,
    })
  }
  if (host.cgroupVersion === 'v1' || host.cgroupVersion === 'hybrid') {
    spots.push({
      code: 'cgroup-v1',
      what: say(
        'cgroup v1: no pressure by cgroup, and kill counters that do not add up the tree',
        'cgroup v1：没有按 cgroup 的压力数据，杀进程计数不按层级累计',
      ),
      toDo: say('cgroup v2, where the distribution offers it', '发行版支持时改用 cgroup v2'),
      isToMend: false,
    })
  }
  const isKubernetes = [...identity.processes()].some(({ cgroup }) => cgroup.includes('kubepods'))
  if (isKubernetes && !host.kubelet) {
    spots.push({
      code: 'kubelet-settings-unknown',
      what: say(
        "kubelet's settings were not found: reservation and eviction cannot be judged",
        '未找到 kubelet 配置：无法判断预留与驱逐',
      ),
      toDo: say('make its configuration file readable below --root', '使其配置文件在 --root 下可读'),
      isToMend: false,
    })
  }
  if (isKubernetes && !sight.readsKubeletLog) {
    spots.push({
      code: 'no-kubelet-log',
      what: say(
        "kubelet's log is not read: whether a pod was terminating when it asked for memory is not known",
        '没有读取 kubelet 日志：无法知道申请内存的 Pod 是否正在终止',
      ),
      toDo: say(
        'let syslog write it to /var/log/syslog or messages, or pipe the journal in with --source journal',
        '让 syslog 写入 /var/log/syslog 或 messages，或用 --source journal 接入 journal',
      ),
      isToMend: false,
    })
  }
  return spots
}

function ofTheKernel({ host: { sysctls = {} } }: World, say: Say): BlindSpot[] {
  const spots: BlindSpot[] = []
  if ((sysctls['vm.panic_on_oom'] ?? '0') !== '0') {
    spots.push({
      code: 'panic-on-oom',
      what: say(
        `vm.panic_on_oom is ${sysctls['vm.panic_on_oom']}: the machine panics instead of killing, and no alert leaves it`,
        `vm.panic_on_oom 为 ${sysctls['vm.panic_on_oom']}：内存耗尽时机器直接 panic，告警无法发出`,
      ),
      toDo: 'sysctl -w vm.panic_on_oom=0',
      isToMend: true,
    })
  }
  if (sysctls['vm.oom_kill_allocating_task'] === '1') {
    spots.push({
      code: 'kills-who-asks',
      what: say(
        'vm.oom_kill_allocating_task is 1: the kernel kills whoever asks, so the next victims are not known beforehand',
        'vm.oom_kill_allocating_task 为 1：内核杀死申请者，无法预知下一个受害者',
      ),
      toDo: 'sysctl -w vm.oom_kill_allocating_task=0',
      isToMend: false,
    })
  }
  if (sysctls['vm.oom_dump_tasks'] === '0') {
    spots.push({
      code: 'no-task-table',
      what: say(
        'vm.oom_dump_tasks is 0: a kill report does not list who held the memory',
        'vm.oom_dump_tasks 为 0：报告中不列出各进程占用',
      ),
      toDo: 'sysctl -w vm.oom_dump_tasks=1',
      isToMend: false,
    })
  }
  return spots
}

function ofOtherKillers({ identity, host }: World, say: Say): BlindSpot[] {
  const killers = new Set<string>()
  let sandbox: string | null = null
  for (const { comm } of identity.processes()) {
    if (killersByComm.has(comm)) killers.add(comm)
    if (/^(runsc|firecracker|qemu-system|cloud-hyperviso|containerd-shim-k)/.test(comm)) sandbox ??= comm
  }
  const spots: BlindSpot[] = [...killers].map(comm => ({
    code: 'killer-in-user-space',
    what: say(
      `${comm} runs here and kills without a record of the kernel's: such a death is told as "likely something else" at best`,
      `本机运行 ${comm}，它杀进程不留内核记录：最多只能报告“可能由其他程序所杀”`,
    ),
    toDo: say('read its log beside the alerts', '与告警一起查看它的日志'),
    isToMend: false,
  }))
  if (host.kubelet) {
    spots.push({
      code: 'evictions',
      what: say(
        'evictions by kubelet leave no record of the kernel\'s: they are in "kubectl get events", not here',
        'kubelet 的驱逐不留内核记录：请用 kubectl get events 查看',
      ),
      toDo: '',
      isToMend: false,
    })
  }
  if (sandbox) {
    spots.push({
      code: 'sandboxed-runtime',
      what: say(
        `${sandbox}: what is killed inside of a sandbox (gVisor, Kata, a virtual machine) is killed by its own kernel and not seen here`,
        `${sandbox}：沙箱（gVisor、Kata、虚拟机）内部由其自身内核杀进程，这里看不到`,
      ),
      toDo: '',
      isToMend: false,
    })
  }
  return spots
}

const killersByComm = new Set(['systemd-oomd', 'earlyoom', 'nohang', 'oomd', 'bustd'])
