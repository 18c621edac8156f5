/* Workloads, and kills attributed to them. The glossary stands in ../types.ts. */

import type { OomKill } from './kill.ts'

export type Qos = 'Guaranteed' | 'Burstable' | 'BestEffort'
export type OwnerKind =
  | 'Deployment'
  | 'DaemonSet'
  | 'StatefulSet'
  | 'Job'
  | 'CronJob'
  | 'ReplicaSet'
  | 'StaticPod'
  | 'Pod'

export interface Owner {
  readonly kind: OwnerKind
  readonly name: string
  readonly certainty: 'certain' | 'likely' | 'guess'
}

/** What is restarted after a kill. `key` is stable over restarts, recreation and respawn. */
export interface Workload {
  /** `pod/kube-system/filebeat/filebeat`, `unit/system.slice/nginx.service`, `docker/<name or id>`, `comm/java`. */
  readonly key: string
  readonly namespace: string | null
  readonly pod: string | null
  readonly podUid: string | null
  readonly container: string | null
  readonly containerId: string | null
  readonly owner: Owner | null
  readonly unit: string | null
  readonly qos: Qos | null
  readonly comm: string | null
  readonly cgroup: string | null
  /**
   * How the workload is known: `cgroup` seen before or named by the kernel, `name-only` from comm alone, `guess` because
   * its cgroup's kill counter moved.
   */
  readonly certainty: 'cgroup' | 'name-only' | 'guess'
  /** The main process of a unit that the node cannot do without (kubelet, runtime, sshd): by its place in the host's tree. */
  readonly nodeDaemon: boolean
  /**
   * Its unit or slot runs programs that others start (cron, a login, a CI runner, a batch slot): the unit is not the
   * workload, and stopping it stops bystanders.
   */
  readonly runsJobs?: true
  readonly labels?: Readonly<Record<string, string>>
}

export type CycleCertainty = 'seen' | 'same-pod' | 'name-only'
export type RespawnedBy = 'kubelet' | 'controller' | 'systemd' | 'supervisor' | 'unknown'

/** An OOM kill with everything known about the victim. */
export interface AttributedKill {
  readonly kill: OomKill
  /** Never null: in a plain log, a record without a time has that of the one before. */
  readonly at: number
  readonly workload: Workload
  readonly nodeLevel: boolean
  /** A level of the hierarchy whose limit was hit. */
  readonly limitLevel: LimitLevel
  /** Start of the victim (ms since the epoch) and its start ticks, if it was observed alive. */
  readonly bornAt: number | null
  readonly startTicks: number | null
  readonly lastRssKiB: number | null
  /** By how much it grew for each second that it was watched, KiB; null where it was not watched for one. */
  readonly growthKiBPerSecond?: number | null
  /** Slot: parent within the same cgroup that respawns it, for in-container workers. */
  readonly ppid: number | null
  /** The pid was known (cgroup from our own memory or from the kernel's line). */
  readonly attributed: boolean
  /** Memory available just before, KiB; null where nothing is sampled. */
  readonly availableBeforeKiB: number | null
}

export type LimitLevel = 'node' | 'kubepods' | 'qos' | 'pod' | 'container' | 'slice' | 'unit' | 'cgroup' | 'unknown'
