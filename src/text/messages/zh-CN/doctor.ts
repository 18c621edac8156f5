import type { Messages } from '../en.ts'

/** `doctor` and its blind spots. */
export const doctor = {
  machine: {
    title: ({ isContainer }) => `机器${isContainer ? '（在容器内所见）' : ''}`,
    model: '型号',
    virtual: '虚拟机',
    cpu: 'CPU',
    cpuText: ({ cpu, cores, sockets }) => `${cpu}，${cores} 核，${sockets} 路`,
    memory: '物理内存',
    distribution: '发行版',
    swap: 'swap',
    runtime: '容器运行时',
    none: '无',
  },
  verdict: {
    atRisk: ({ restarts }) =>
      restarts
        ? '!! 本节点有 OOM 循环风险：第一个被杀进程会重启并重新占满内存，随后还会继续 OOM kill。'
        : '!! 本节点有 OOM 循环风险：第一次 OOM kill 几乎不释放内存，随后还会继续。',
    issues: '!  本节点没有 OOM 循环风险，但有问题需要修复。',
    fine: 'ok 未发现问题。',
  },
  fixFirst: ({ remedy }) => `首先修复：${remedy}`,
  title: {
    fix: '需要修复（按重要程度排序）',
    advice: '建议',
    node: '节点',
    nextVictims: '接下来可能被杀（如果节点现在耗尽内存）',
    agent: 'agent 与盲区',
  },
  row: {
    headroom: '余量',
    spare: '剩余',
    reserved: '预留',
    kubelet: 'kubelet',
    topConsumers: '占用最高',
    leak: '泄漏',
    growing: '正在增长',
    unaccounted: '未归属内存',
    running: '运行状态',
    protection: '自我保护',
  },
  headroom: ({ size, percent, of }) => `${size}（${percent}），受限于${of}`,
  headroomOf: { node: '节点内存', kubepods: ' /kubepods 的 limit', numa: '单个 NUMA 节点' },
  unknown: '未知',
  spare: ({ size, pod, podSize, need }) => `${size}（${pod} 的 Pod 占用 ${podSize}，终止时可能还需要 ${need}）`,
  reserved: ({ size, eviction, allocatable }) => [size, eviction, allocatable].filter(Boolean).join('，'),
  evictionOff: '驱逐已关闭',
  evictionBelow: ({ size }) => `低于 ${size} 时驱逐`,
  allocatable: ({ size }) => `Pod 可分配 ${size}`,
  timesBaseline: ({ ratio }) => `基线的 ${ratio} 倍`,
  unaccountedPart: {
    slab: '内核 slab',
    pageTables: '页表',
    shmem: 'tmpfs 与共享内存',
    hugepages: '大页',
    balloon: 'balloon',
    rest: '其他',
  },
  tmpfsOf: ({ owner }) => `tmpfs 属于 ${owner}`,
  noVictims: '没有内核可以选择的进程',
  victim: { score: '得分', adj: 'adj', uses: '占用', restarts: '会重启', frees: '净释放', workload: '工作负载' },
  yes: '是',
  no: '否',
  freesNothing: '0',
  agent: ({ version, pid, age, adj }) => `oomloop ${version}，pid ${pid}，上次心跳在 ${age}前，oom_score_adj ${adj}`,
  noAgent: '本机没有运行 agent；用 oomloop run 启动',
  agentHidden: '未知：当前用户没有权限读取 agent 的状态；请以 root 运行',
  blindSpot: {
    noKernelLog: {
      what: ({ reason }) => `无法读取内核日志：${reason}。`,
      fix: '以 root 身份并带 CAP_SYSLOG 运行（Pod 中需要 privileged），或用 --source file --log-file 读取日志文件。',
    },
    noPsi: {
      what: 'PSI 不可用：只能根据缺页和内存回收推断停顿。',
      fix: '启动参数加上 psi=1（Linux 4.20 及以上）。',
    },
    cgroupV1: {
      what: '使用的是 cgroup v1：没有单个 cgroup 的压力数据，OOM kill 计数不按层级累计。',
      fix: '如果发行版支持，改用 cgroup v2。',
    },
    kubeletSettingsUnknown: {
      what: '未找到 kubelet 配置：无法检查预留和驱逐阈值。',
      fix: '让 --root 下的 kubelet 配置文件可读。',
    },
    noKubeletLog: {
      what: '没有读取 kubelet 日志：无法知道申请内存的 Pod 是否正在终止。',
      fix: '让 syslog 把它写入 /var/log/syslog 或 /var/log/messages，或用 --source journal 接入 journal。',
    },
    panicOnOom: {
      what: ({ value }) => `vm.panic_on_oom 为 ${value}：内存耗尽时机器直接 panic，不会杀进程，告警也发不出去。`,
    },
    killsAllocatingTask: {
      what: 'vm.oom_kill_allocating_task 为 1：内核终止申请内存的进程，无法预测接下来哪个进程被杀。',
    },
    noTaskTable: { what: 'vm.oom_dump_tasks 为 0：OOM 报告不列出各进程的内存占用。' },
    userspaceKiller: {
      what: ({ comm }) => `本机运行着 ${comm}，它终止进程时不留内核日志，oomloop 只能推测是它所为。`,
      fix: ({ comm }) => `结合告警查看 ${comm} 的日志。`,
    },
    evictions: { what: 'kubelet 的驱逐不留内核日志，请用 kubectl get events 查看。' },
    sandbox: {
      what: ({ comm }) => `${comm} 运行沙箱（gVisor、Kata 或虚拟机），沙箱内的 OOM kill 在宿主机上不可见。`,
    },
  },
} satisfies Messages['doctor']
