/* Facts about the host, read once at start. The glossary stands in ../types.ts. */

export interface HostFacts {
  readonly name: string
  readonly kernel: string
  readonly os: string
  /** `ID` of os-release: `ubuntu`, `talos`, `bottlerocket`. */
  readonly osId?: string
  /** Name of process 1: `systemd`, `init`, `machined`. */
  readonly init?: string
  /** What the kernel calls this host, where the settings name the node otherwise. */
  readonly hostname?: string
  readonly memTotalKiB: number | null
  readonly swapTotalKiB?: number
  readonly bootId: string | null
  /** When the node was booted, milliseconds since the epoch; with startTicks it dates a birth. */
  readonly bootedAt: number | null
  readonly agentVersion: string
  /** Pid of the agent itself as the host counts it; absent where no agent runs (a log) or it is not known. */
  readonly agentPid?: number
  readonly cgroupVersion?: 'v1' | 'v2' | 'hybrid' | 'none'
  readonly labels?: Readonly<Record<string, string>>
  readonly kubelet?: KubeletFacts
  /** sysctls that matter, by name: vm.panic_on_oom, vm.min_free_kbytes, vm.overcommit_memory, … */
  readonly sysctls?: Readonly<Record<string, string>>
  /** Only this cgroup subtree is ours (inside kind, or a nested container); absent = the whole host. */
  readonly ownSubtree?: string
  /** 'log': nothing but a log is known (replay of a bare log), so recovery cannot be seen. */
  readonly sight: 'host' | 'log'
  /**
   * What the log's times count from. Absent: the wall's clock; `boot`: the node's start, by the kernel's stamps, so that
   * durations are right and no date is known; `none`: it has no times at all, and no verdict may need one.
   */
  readonly clock?: 'boot' | 'none'
}

/** kubelet's effective settings, from its file, its drop-ins and its flags. Absent = not said there. */
export interface KubeletFacts {
  readonly source: string
  /** The name that kubelet registers the node under, where its command line states one (`--hostname-override`). */
  readonly nodeName?: string
  /** `--cloud-provider`: one that is built into kubelet names the node itself. */
  readonly cloudProvider?: string
  /** Which of these settings the command line gives: it overrides the file, so that editing the file changes nothing. */
  readonly onCommandLine?: readonly string[]
  readonly kubeReservedKiB?: number
  readonly systemReservedKiB?: number
  /** The text of `memory.available` under evictionHard: `100Mi`, `5%`. */
  readonly evictionMemory?: string
  readonly enforceNodeAllocatable?: readonly string[]
  readonly maxPods?: number
  readonly nodeLeaseSeconds?: number
  readonly singleProcessOOMKill?: boolean
  readonly failSwapOn?: boolean
  readonly memorySwap?: string
  /** `Static`: containers are bound to NUMA nodes, so that one of those can run out by itself. */
  readonly memoryManagerPolicy?: string
}

/** What the machine is: for reports and bug reports; the agent does not decide by it. */
export interface MachineFacts {
  /** Read inside a container: what only the host's own programs know is left out. */
  readonly askedFrom?: 'container'
  /** Manufacturer and model; in a cloud the instance type. */
  readonly model?: string
  readonly virtual?: boolean
  readonly hypervisor?: string
  readonly cpu?: string
  readonly cores?: number
  readonly sockets?: number
  /** One text for each module: `16 GiB DDR4 3200 MHz`. */
  readonly memoryModules?: readonly string[]
  readonly distribution: string | null
  readonly swapDevices: readonly { readonly name: string; readonly type: string; readonly KiB: number }[]
  /** Container runtimes whose socket exists. */
  readonly runtimes: readonly string[]
}
