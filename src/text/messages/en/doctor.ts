/** `doctor` and its blind spots. */
export const doctor = {
  machine: {
    title: ({ isContainer }: { isContainer: boolean }) =>
      `MACHINE${isContainer ? ' (seen from inside a container)' : ''}`,
    model: 'model',
    virtual: 'virtual machine',
    cpu: 'CPU',
    cpuText: ({ cpu, cores, sockets }: { cpu: string; cores: number; sockets: number }) =>
      `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${sockets} ${sockets === 1 ? 'socket' : 'sockets'}`,
    memory: 'memory',
    distribution: 'distribution',
    swap: 'swap',
    runtime: 'runtime',
    none: 'none',
  },
  verdict: {
    /** `restarts`: the first victim would start again. */
    atRisk: ({ restarts }: { readonly restarts: boolean }) =>
      restarts
        ? '!! AT RISK of an OOM loop: the first victim would restart and take back its memory.'
        : '!! AT RISK of an OOM loop: the first kill would free almost nothing, and another would follow.',
    issues: '!  This node is not at risk of an OOM loop, but there are issues to fix.',
    fine: 'ok No problems found.',
  },
  fixFirst: ({ remedy }: { remedy: string }) => `Fix first: ${remedy}`,
  title: {
    fix: 'TO FIX, most important first',
    advice: 'RECOMMENDATIONS',
    node: 'NODE',
    nextVictims: 'NEXT OOM VICTIMS, if the node ran out of memory now',
    agent: 'AGENT AND BLIND SPOTS',
  },
  row: {
    headroom: 'headroom',
    spare: 'spare',
    reserved: 'reserved',
    kubelet: 'kubelet',
    topConsumers: 'top consumers',
    leak: 'leak',
    growing: 'growing',
    unaccounted: 'unaccounted',
    running: 'running',
    protection: 'protection',
  },
  headroom: ({ size, percent, of }: { size: string; percent: string; of: string }) =>
    `${size} (${percent}), limited by ${of}`,
  headroomOf: { node: 'node memory', kubepods: 'the limit of /kubepods', numa: 'one NUMA node' },
  unknown: 'unknown',
  spare: ({ size, pod, podSize, need }: { size: string; pod: string; podSize: string; need: string }) =>
    `${size} if the ${pod} pod (${podSize}) needs another ${need} to shut down`,
  reserved: ({ size, eviction, allocatable }: { size: string; eviction: string; allocatable: string }) =>
    [size, eviction, allocatable].filter(Boolean).join(', '),
  evictionOff: 'eviction is off',
  evictionBelow: ({ size }: { size: string }) => `eviction below ${size}`,
  allocatable: ({ size }: { size: string }) => `${size} allocatable to pods`,
  timesBaseline: ({ ratio }: { ratio: number }) => `${ratio} times its baseline`,
  unaccountedPart: {
    slab: 'kernel slab',
    pageTables: 'page tables',
    shmem: 'tmpfs and shared memory',
    hugepages: 'huge pages',
    balloon: 'balloon',
    rest: 'other',
  },
  tmpfsOf: ({ owner }: { owner: string }) => `tmpfs of ${owner}`,
  noVictims: 'no process that the kernel could choose',
  victim: { score: 'score', adj: 'adj', uses: 'uses', restarts: 'restarts', frees: 'frees', workload: 'workload' },
  yes: 'yes',
  no: 'no',
  /** What a victim frees that restarts. */
  freesNothing: '0 (restarts)',
  agent: ({ version, pid, age, adj }: { version: string; pid: number; age: string; adj: string }) =>
    `oomloop ${version}, pid ${pid}, last heartbeat ${age} ago, oom_score_adj ${adj}`,
  noAgent: 'no agent is running on this host; start it with: oomloop run',
  agentHidden: 'unknown, because this user cannot read the state of the agent; run as root',
  blindSpot: {
    noKernelLog: {
      what: ({ reason }: { reason: string }) => `The kernel log cannot be read: ${reason}.`,
      fix: 'Run as root with CAP_SYSLOG (in a pod: privileged), or read a log file with --source file --log-file.',
    },
    noPsi: {
      what: 'PSI is not available: stalls are inferred from page faults and reclaim only.',
      fix: 'Boot with psi=1 (Linux 4.20 and later).',
    },
    cgroupV1: {
      what: 'cgroup v1 is in use: there is no pressure per cgroup, and OOM-kill counters are not hierarchical.',
      fix: 'Switch to cgroup v2 where the distribution supports it.',
    },
    kubeletSettingsUnknown: {
      what: 'The kubelet configuration was not found: reservations and eviction thresholds cannot be checked.',
      fix: 'Make the kubelet configuration file readable below --root.',
    },
    noKubeletLog: {
      what: 'The kubelet log is not read: oomloop cannot see whether a pod was terminating when it requested memory.',
      fix: 'Let syslog write it to /var/log/syslog or /var/log/messages, or pipe the journal in with --source journal.',
    },
    panicOnOom: {
      what: ({ value }: { value: string }) =>
        `vm.panic_on_oom is ${value}: the machine panics instead of killing a process, and no alert is sent.`,
    },
    killsAllocatingTask: {
      what: 'vm.oom_kill_allocating_task is 1: the kernel kills the allocating process, so the next victims cannot be predicted.',
    },
    noTaskTable: { what: 'vm.oom_dump_tasks is 0: kill reports do not list the memory use of processes.' },
    userspaceKiller: {
      what: ({ comm }: { comm: string }) =>
        `${comm} runs here and kills processes without a kernel log entry. Its kills can only be reported as probable.`,
      fix: ({ comm }: { comm: string }) => `Read the log of ${comm} together with the alerts.`,
    },
    evictions: {
      what: 'Evictions by kubelet leave no kernel log entry. Find them with: kubectl get events',
    },
    sandbox: {
      what: ({ comm }: { comm: string }) =>
        `${comm} runs sandboxes (gVisor, Kata or virtual machines). OOM kills inside a sandbox are not visible on the host.`,
    },
  },
}
