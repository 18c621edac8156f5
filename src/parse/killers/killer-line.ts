import type { EndedBy } from '../../types.ts'

/** A line in which a writer other than the kernel says that a process was killed for memory. */
export interface KillerLine {
  readonly by: EndedBy
  /** A cgroup, a pod (`namespace/name`), a unit or a process name; null where the line names none. */
  readonly victim: string | null
  readonly pid: number | null
  /** `announced`: the decision or a first signal, which the victim may survive; `ended`: it was carried out. */
  readonly stage: 'announced' | 'ended'
  /** What had run short, or why: in the line's own words. */
  readonly why: string | null
}

/**
 * Reads the lines of userspace OOM killers, kubelet's evictions, and what systemd and container runtimes say of a kernel
 * kill. `writer`: the program that wrote the line, where the log names it; undefined fits any.
 *
 *     systemd-oomd   Killed /user.slice/…/app-slack.scope due to memory pressure for /user.slice/… being 94.71% > 80.00% …
 *     earlyoom       sending SIGKILL to process 1024668 uid 1000 "Web Content": oom_score 823, VmRSS 79 MiB
 *     nohang         Sending SIGTERM to the victim           (its name and PID stand on a line before)
 *     kubelet        "Eviction manager: pod is evicted successfully" pod="default/web-0"
 *     lmkd           lowmemorykiller: Kill 'com.example.app' (1234), uid 10123, oom_score_adj 905 to free 45164kB rss; …
 *     talos          [talos] Sending SIGKILL to cgroup {"component": "controller-runtime", …, "cgroup": "/sys/fs/cgroup/kubepods/…"}
 *     oomd           oomd kill: 11.1 22.2 33.3 /workload.slice/web.service 12345 ruleset:[…] killer:[…]
 */
export function parseKillerLine(text: string, writer?: string): KillerLine | undefined {
  // One search decides for nearly every line; the patterns below are tried on what is left.
  if (text.length > 16_384 || !maybe.test(text)) return undefined
  for (const { writers, read } of readers) {
    if (writer !== undefined && !writers.test(writer)) continue
    const line = read(text)
    if (line) return { victim: null, pid: null, stage: 'ended', why: null, ...line }
  }
  return undefined
}

const maybe = /[Kk]ill|SIG(?:TERM|KILL)|[Ee]vict|OOM|oom|low on resource/

interface Reader {
  readonly writers: RegExp
  readonly read: (text: string) => (Partial<KillerLine> & { readonly by: EndedBy }) | undefined
}

const readers: readonly Reader[] = [
  { writers: /^systemd-oomd$/, read: systemdOomd },
  { writers: /^systemd$|^init$/, read: systemdOfOomd },
  { writers: /^earlyoom$/, read: earlyoom },
  { writers: /^nohang(?:-desktop)?$/, read: nohang },
  { writers: /^oomd$|^kernel$/, read: oomd },
  { writers: /^(?:talos|machined|kernel)$/, read: talos },
  { writers: /^(?:kernel|lmkd|lowmemorykiller|killinfo|am_kill|ActivityManager)$/, read: lowmemorykiller },
  { writers: /^(?:kubelet|k3s|rke2|microk8s.*|hyperkube|k0s|kubelite)$/, read: kubelet },
  { writers: /^systemd$|^init$/, read: systemdOfKernel },
  { writers: /^(?:slurmstepd|slurmd|srun)$/, read: slurm },
  { writers: /^(?:containerd|dockerd|crio|k3s|rke2|podman|conmon|kubelet)$/, read: containers },
]

function systemdOomd(text: string): ReturnType<Reader['read']> {
  const done = /^(Killed|Marked) (\/\S.{0,4000}?) (?:for killing )?due to (memory .{1,400})$/.exec(text)
  if (done)
    return { by: 'systemd-oomd', victim: done[2]!, why: done[3]!, stage: done[1] === 'Killed' ? 'ended' : 'announced' }
  return undefined
}

function systemdOfOomd(text: string): ReturnType<Reader['read']> {
  const unit = /^(?:Unit )?(\S{1,255}): systemd-oomd killed (?:\d{1,9}|some) process(?:\(es\)|es)? in this unit\b/.exec(
    text,
  )
  return unit ? { by: 'systemd-oomd', victim: unit[1]!, stage: 'ended' } : undefined
}

function earlyoom(text: string): ReturnType<Reader['read']> {
  const now = /\bsending SIG(TERM|KILL) to process (\d{1,10})(?: uid \d{1,10})? "(.{0,64}?)": (.{1,300})$/.exec(text)
  if (now)
    return {
      by: 'earlyoom',
      victim: now[3]!,
      pid: Number(now[2]),
      stage: now[1] === 'KILL' ? 'ended' : 'announced',
      why: now[4]!,
    }
  const lower = /^killing process (\d{1,10}) "(.{0,64}?)" with signal (\d{1,2}): (.{1,300})$/.exec(text)
  if (lower)
    return {
      by: 'earlyoom',
      victim: lower[2]!,
      pid: Number(lower[1]),
      stage: lower[3] === '15' ? 'announced' : 'ended',
      why: lower[4]!,
    }
  const before =
    /\b(?:earlyoom: )?Killing process:? '?([^'()]{0,64}?)'? (?:with signal (\d{1,2}), pid: (\d{1,10}), (.{1,200})|\(?PID:? ?(\d{1,10})\)?.{0,200})$/.exec(
      text,
    )
  if (!before || /^\d+$/.test(before[1]!)) return undefined
  return {
    by: 'earlyoom',
    victim: before[1]!,
    pid: Number(before[3] ?? before[5]),
    stage: before[2] === '15' ? 'announced' : 'ended',
    why: before[4] ?? null,
  }
}

function nohang(text: string): ReturnType<Reader['read']> {
  const sent = /^\s*Send(?:ing)? SIG(TERM|KILL) to the victim(?:; total response time: .{1,40})?$/.exec(text)
  return sent ? { by: 'nohang', stage: sent[1] === 'KILL' ? 'ended' : 'announced' } : undefined
}

/**
 * nohang names its victim some lines before the signal.
 *
 *     PID:       5432, name: stress, state: R, EUID: 1000, …        PID: 903309, name: mysqld, badness: 849
 */
export function parseNohangVictim(text: string): { readonly pid: number; readonly victim: string } | undefined {
  const match = /^\s*PID: {1,12}(\d{1,10}), [Nn]ame: (.{1,64}?), (?:state|badness): \S/.exec(text)
  return match ? { pid: Number(match[1]), victim: match[2]! } : undefined
}

function oomd(text: string): ReturnType<Reader['read']> {
  const kill = /\boomd kill: (?:[\d.]{1,12} ){0,3}(\/?\S{1,1000}) \d{1,20} (ruleset:.{1,300})$/.exec(text)
  return kill ? { by: 'oomd', victim: kill[1]!, why: kill[2]! } : undefined
}

function talos(text: string): ReturnType<Reader['read']> {
  const kill = /^(?:\[talos\] )?Sending SIGKILL to cgroup \{.{0,400}?"cgroup": ?"([^"]{1,1000})"/.exec(text)
  return kill ? { by: 'talos', victim: kill[1]!.replace(/^\/sys\/fs\/cgroup/, '') } : undefined
}

function lowmemorykiller(text: string): ReturnType<Reader['read']> {
  const kill =
    /\b(?:lowmemorykiller: |lmkd: )?Kill(?:ing)? '([^']{1,255})' \((\d{1,10})\)(?: \(tgid \d{1,10}\))?,? ([\s\S]{0,300})/.exec(
      text,
    )
  if (kill) return { by: 'lmkd', victim: kill[1]!, pid: Number(kill[2]), why: oneLine(kill[3]!) }
  const old = /\blowmemorykiller: send sigkill to (\d{1,10}) \(([^)]{1,64})\), (.{1,100})$/i.exec(text)
  return old ? { by: 'lmkd', victim: old[2]!, pid: Number(old[1]), why: old[3]! } : undefined
}

function oneLine(text: string): string | null {
  return text.replace(/\s+/g, ' ').replace(/[,\s]+$/, '') || null
}

function kubelet(text: string): ReturnType<Reader['read']> {
  const now = /"?[Ee]viction manager: pod is evicted successfully"? pod="?([a-z0-9.-]{1,63}\/[a-z0-9.-]{1,253})"?/.exec(
    text,
  )
  if (now) return { by: 'kubelet-eviction', victim: now[1]! }
  const before =
    /eviction manager: pod ([a-z0-9.-]{1,253})_([a-z0-9.-]{1,63})\([^)]{1,64}\) is evicted successfully/.exec(text)
  if (before) return { by: 'kubelet-eviction', victim: `${before[2]}/${before[1]}` }
  const event =
    /\bEvicted\b.{0,200}?(?:pod[s]?\/([a-z0-9.-]{1,253}))?.{0,100}?The node was low on resource: (memory\b.{0,300})$/.exec(
      text,
    )
  if (event) return { by: 'kubelet-eviction', victim: event[1] ?? null, why: event[2]! }
  // The message alone, as in `kubectl describe pod` and in an event's own field.
  const message = /^\s{0,20}(?:Message: {1,20})?The node was low on resource: (memory\b.{0,300})$/.exec(text)
  if (message) return { by: 'kubelet-eviction', why: message[1]! }
  const must = /"?[Ee]viction manager: must evict pod\(s\) to reclaim"? (?:resourceName="?)?(memory)\b/.exec(text)
  if (must) return { by: 'kubelet-eviction', stage: 'announced', why: 'memory.available' }
  const system = /(?:System|Cgroup) OOM encountered, victim process: (.{0,64}?), pid: (\d{1,10})/.exec(text)
  return system ? { by: 'kernel', victim: system[1]!, pid: Number(system[2]) } : undefined
}

function systemdOfKernel(text: string): ReturnType<Reader['read']> {
  const unit =
    /^(\S{1,255}): (?:A process of this unit has been killed by the OOM killer|The kernel OOM killer killed some processes in this unit)\.?$/.exec(
      text,
    ) ?? /^(\S{1,255}): Failed with result 'oom-kill'\.?$/.exec(text)
  return unit ? { by: 'kernel', victim: unit[1]! } : undefined
}

function slurm(text: string): ReturnType<Reader['read']> {
  const step = /\bDetected \d{1,9} oom[-_]kill event(?:s|\(s\))? in (?:StepId=|step )([\w.+-]{1,64}\w)/.exec(text)
  return step ? { by: 'kernel', victim: step[1]! } : undefined
}

function containers(text: string): ReturnType<Reader['read']> {
  const task =
    /TaskOOM event.{0,60}?container_?[iI][dD]:\\?"([0-9a-f]{12,64})/.exec(text) ??
    /TaskOOM event.{0,40}?&TaskOOM\{ContainerID:([0-9a-f]{12,64})/.exec(text)
  if (task) return { by: 'kernel', victim: task[1]!.slice(0, 12) }
  // `ctr events`, and containerd's and dockerd's own logs of them.
  const topic = /(?:topic=|\s)\/tasks\/oom\b(?:.{0,200}"container_id": ?"([0-9a-f]{12,64}))?/.exec(text)
  if (topic) return { by: 'kernel', victim: topic[1]?.slice(0, 12) ?? null }
  // The same of docker's API, and what `docker inspect` says of a container.
  if (/\bOOMKilled"?: ?true\b/.test(text)) return { by: 'kernel' }
  const api = /"Action": ?"oom"/.test(text) ? /"(?:id|ID)": ?"([0-9a-f]{12,64})"/.exec(text) : null
  if (api) return { by: 'kernel', victim: api[1]!.slice(0, 12) }
  // `docker events`
  const event = /\bcontainer oom ([0-9a-f]{64}) \(/.exec(text)
  if (event) return { by: 'kernel', victim: event[1]!.slice(0, 12) }
  return /\b(?:Reason: {1,12}|reason[":]{1,3} ?"?)OOMKilled\b/.test(text) ? { by: 'kernel' } : undefined
}
