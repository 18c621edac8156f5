type FieldSchema = {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly string[]
  readonly format?: string
  readonly maxItems?: number
  readonly anyOf?: readonly FieldSchema[]
  readonly items?: FieldSchema | readonly FieldSchema[]
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly additionalProperties?: FieldSchema | boolean
}

/** The published schema of an alert, as far as a table of its fields needs it. */
export type AlertSchema = FieldSchema & { readonly definitions: Readonly<Record<string, FieldSchema>> }

export interface AlertField {
  /** `loop.kills`, `signs[].since`. */
  readonly path: string
  readonly type: string
}

/** Every field of the schema, in its order, with what it may hold. */
export function alertFields(schema: AlertSchema): readonly AlertField[] {
  const resolve = (field: FieldSchema): FieldSchema =>
    field.$ref ? schema.definitions[field.$ref.slice('#/definitions/'.length)]! : field

  const walk = (parent: FieldSchema, prefix: string): AlertField[] =>
    Object.entries(parent.properties ?? {}).flatMap(([name, raw]) => {
      const { field, isNullable } = withoutNull(resolve(raw), resolve)
      const items = field.type === 'array' && !Array.isArray(field.items) ? resolve(field.items as FieldSchema) : null
      const path = `${prefix}${name}`
      const type = `${typeText(field, resolve)}${isNullable ? ' or null' : ''}`
      return [{ path, type }, ...walk(field, `${path}.`), ...(items ? walk(items, `${path}[].`) : [])]
    })

  return walk(schema, '')
}

function withoutNull(field: FieldSchema, resolve: (field: FieldSchema) => FieldSchema) {
  if (field.anyOf) {
    const real = field.anyOf.map(resolve).filter(({ type }) => type !== 'null')
    return { field: real[0]!, isNullable: real.length < field.anyOf.length }
  }
  if (Array.isArray(field.type)) {
    const [type] = field.type.filter(name => name !== 'null')
    return { field: { ...field, type: type! }, isNullable: field.type.includes('null') }
  }
  return { field, isNullable: false }
}

function mapped(field: FieldSchema | boolean, resolve: (field: FieldSchema) => FieldSchema): string {
  return typeof field === 'object' && resolve(field).type === 'object' ? 'objects' : 'text'
}

function typeText(field: FieldSchema, resolve: (field: FieldSchema) => FieldSchema): string {
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``
  if (field.enum) return field.enum.map(value => `\`${value}\``).join(', ')
  if (field.format === 'date-time') return 'time'
  switch (field.type) {
    case 'string':
      return 'text'
    case 'boolean':
      return 'true, false'
    case 'array': {
      if (Array.isArray(field.items)) return `[${field.items.map(item => typeText(resolve(item), resolve)).join(', ')}]`
      const items = resolve(field.items as FieldSchema)
      const most = field.maxItems === undefined ? '' : `, at most ${field.maxItems}`
      return items.type === 'object' ? `list${most}` : `list of ${typeText(items, resolve)}${most}`
    }
    case 'object':
      return field.additionalProperties ? `map of ${mapped(field.additionalProperties, resolve)}` : 'object'
    default:
      return String(field.type)
  }
}

/** What each field means; a test holds it and the schema together. */
export const alertMeanings: Readonly<Record<string, string>> = {
  version:
    'version of this format. Later versions of oomloop may add fields under the same number. Ignore fields that you do not know',
  id: 'id of this notification. A repeated delivery has the same id: use it to drop duplicates',
  incident:
    'the incident in which this alert began: of the node, or of one workload at its own limit. It stays the same until the alert is resolved',
  nodeIncident:
    "the incident of the node that this alert belongs to. `null` for a loop at a workload's own limit, and for the agent itself. If such a loop becomes a shortage of the node, it joins the incident of the node and keeps its own `incident`",
  type: 'see [Types](#types)',
  status: '`resolved`: the condition is over',
  severity: '`critical`: someone must act now. The severity never falls while the alert fires',
  signs: 'what the node shows, in the order of appearance; see [Signs](#signs)',
  'signs[].sign': '',
  'signs[].since': 'when the sign appeared',
  subject:
    'what the alert is about: `node`, `oomloop`, `cgroup/PATH` for the limit of a slice, or the key of a workload. `incident`, `type` and `subject` together identify an alert',
  startsAt: 'when the condition began',
  at: 'when this notification was created',
  summary: 'what happens, the top memory consumer and the next step, in at most 240 characters',
  node: 'this node',
  'node.name': 'the setting `nodeName`, else `$NODE_NAME`, else the host name',
  'node.kernel': 'release of the kernel',
  'node.os': 'name of the distribution',
  'node.memTotalKiB': 'total memory, KiB',
  'node.bootId': 'id of this boot',
  'node.agentVersion': 'version of oomloop',
  'node.labels': 'the setting `labels`',
  workload: 'the workload that was killed and restarted; null if the alert is about the node',
  'workload.key':
    'stays the same for a new pid, container or pod: `pod/NAMESPACE/OWNER/CONTAINER`, `unit/…`, `docker/…`, `comm/…`',
  'workload.namespace': 'namespace of the pod',
  'workload.pod': 'name of the pod that was killed last',
  'workload.podUid': 'UID of the pod, if it is known',
  'workload.container': 'name of the container',
  'workload.owner': 'the controller that recreates it. Derived from labels or names; no API server is asked',
  'workload.owner.kind': '',
  'workload.owner.name': '',
  'workload.owner.certainty': '`certain`: from labels. `likely`, `guess`: from the form of the name',
  'workload.unit': 'systemd unit',
  'workload.qos': 'quality of service class of the pod, from its cgroup',
  'workload.comm': 'name of the process that was killed last. Any program can choose its name: do not trust it',
  'workload.labels': 'labels of the pod, if the runtime stores them on the node (CRI-O); at most 30',
  'workload.certainty':
    '`cgroup`: its cgroup was observed, or named by the kernel. `name-only`: only the name of a process is known. `guess`: inferred from a kill counter or a name',
  loop: 'figures of the loop; null if the alert is not about a loop',
  'loop.kills': 'number of kills. A group kill (`memory.oom.group`) counts once',
  'loop.respawns': 'restarts after a kill that ended in another kill',
  'loop.pids': 'the newest pids; `kills` is the total',
  'loop.firstKillAt': '',
  'loop.lastKillAt': '',
  'loop.medianPeriodSeconds': 'median time from one kill to the next',
  'loop.lastLifetimeSeconds': 'time from start to kill of the last process; null if its start was not observed',
  'loop.yieldKiB':
    'memory that one cycle frees: memory available before the last kill, minus memory available before the previous one. Normally about zero',
  'loop.regainedKiB':
    'memory available 10s after a kill, minus memory available just before it. Taken from the newest kill that is at least 10s old; the first one, if several fall within 10s',
  'loop.certainty':
    '`seen`: the restart was observed. `same-pod`: another container of the same pod. `name-only`: a log with names only; see [verdicts.md](verdicts.md#cycle)',
  'loop.chronic': 'the loop has lasted for the time set by `chronic` (one day)',
  'loop.endedBy':
    'what killed or evicted the workload, if it was not the kernel; absent for kernel OOM kills. `unknown`: a large process disappeared during a shortage',
  'loop.endedByCertainty':
    'how this is known. `log`: from the log of the killer. `unverified-log`: from lines that any user can write. `guess`: inferred from processes and pods that are gone',
  members: 'other alerts that fire in the same incident, most severe first',
  'members[].type': '',
  'members[].subject': '',
  'members[].severity': '',
  'members[].kills': 'number of killed processes',
  membersTotal: 'total number of these alerts',
  limit: 'the limit that was reached; null if the alert is not about a kill',
  'limit.scope':
    '`global`: the node. `memcg`: a cgroup at its limit. `cpuset`, `mempolicy`: a part of the node. `sysrq`: requested by a person (SysRq-f)',
  'limit.level':
    "whose limit it was. `node`, `kubepods`: the node is short of memory. `qos`, `slice`: everything below that cgroup shares the limit. Others: the workload's own limit",
  'limit.path': 'cgroup whose limit was reached; null for the node itself',
  'limit.usageKiB': 'its usage at the kill',
  'limit.limitKiB': '',
  trigger: 'the process whose allocation failed; null if the kernel did not report it',
  'trigger.comm': 'name of the process',
  'trigger.workload': '',
  'trigger.terminating': 'whether its pod was in its grace period; null: unknown',
  'trigger.source': 'how this is known',
  'trigger.grewKiB': 'growth of the pod since its grace period began',
  holders: 'top memory consumers. The killed process is rarely the cause',
  'holders[].workload': '',
  'holders[].KiB': '',
  'holders[].changeKiB': 'change over the last ten minutes, or over the time that is known',
  'holders[].habitRatio': 'usage divided by the baseline of the last day',
  'holders[].from': "source of the size: cgroups, processes, the task table of the kernel's report, or kill lines",
  growers:
    'fastest growing in ten minutes, most urgent first, with the same fields. Memory that belongs to no process is `kernel/slab`, `kernel/shmem`, …',
  'growers[].workload': '',
  'growers[].KiB': '',
  'growers[].changeKiB': '',
  'growers[].habitRatio': '',
  'growers[].from': '',
  unownedKiB: 'unaccounted memory: it belongs to no process, so no kill frees it',
  'unownedKiB.total': '',
  'unownedKiB.slab': 'slab caches of the kernel',
  'unownedKiB.pageTables': '',
  'unownedKiB.hugepages': 'reserved huge pages, used or not',
  'unownedKiB.shmem': 'tmpfs, `emptyDir` of medium Memory, shared memory',
  'unownedKiB.balloon': 'taken by the hypervisor',
  'unownedKiB.rest': 'kernel stacks, per-CPU memory, and the rest',
  'unownedKiB.shmemOwner': 'owner of the tmpfs: a workload or a mount, if it is known',
  nextVictims: "next OOM victims of a node-wide shortage, in the kernel's order; at most five",
  'nextVictims[].workload': '',
  'nextVictims[].pid': '',
  'nextVictims[].comm': '',
  'nextVictims[].score': '`/proc/PID/oom_score`',
  'nextVictims[].oomScoreAdj': '`/proc/PID/oom_score_adj`: 1000 for a pod without request and limit',
  'nextVictims[].rssKiB': 'resident memory',
  'nextVictims[].respawns': 'whether it restarts after a kill; null: unknown',
  'nextVictims[].regainsKiB': 'memory that a kill frees for good: 0 if it restarts and grows to the same size',
  pressure: 'memory at this moment; null if only a log was read',
  'pressure.headroom': 'memory that can still be allocated before the kernel kills',
  'pressure.headroom.KiB': 'the smallest of the three below',
  'pressure.headroom.ratio': 'share of all memory, of the limit of all pods, or of one NUMA node: see `of`',
  'pressure.headroom.of': 'which of the three is the smallest',
  'pressure.headroom.nodeKiB': 'of the node',
  'pressure.headroom.kubepodsKiB': 'below the limit of all pods; null: kubelet sets none',
  'pressure.headroom.numaKiB': 'of the NUMA node with the least, if workloads are bound to one',
  'pressure.headroom.slopeKiBPerSecond': 'change per second; negative: it shrinks',
  'pressure.stall': 'tasks that wait for memory. A field is null if the kernel does not provide it',
  'pressure.stall.refaultRatioPerSecond': 'share of the file cache that is read back from disk per second',
  'pressure.stall.memorySomeRatio': 'PSI: share of time in which some tasks wait for memory',
  'pressure.stall.memoryFullRatio': 'PSI: share of time in which all tasks wait for memory',
  'pressure.stall.ioFullRatio': 'PSI: share of time in which all tasks wait for I/O',
  'pressure.stall.directReclaimPerSecond': 'direct reclaims per second: allocations that had to free memory first',
  'pressure.stall.daemonMajorFaultsPerSecond':
    'major page faults of kubelet and the runtime: they read their own code back from disk',
  'pressure.stall.daemonsInDState': 'how many of them wait for I/O',
  'pressure.load1': 'load average of one minute',
  forecast:
    'expected next events; null if there is no reliable estimate. For how often it was right, see [leadtime.md](evidence/leadtime.md)',
  'forecast.firstKillSeconds': 'earliest and latest, in seconds from `at`; `[0, 0]`: now',
  'forecast.notReadySeconds': 'the same, until the API server marks the node NotReady',
  'forecast.evidence': 'what the estimate is based on',
  diagnosis: 'causes, most important first; all codes are in [diagnosis.md](diagnosis.md)',
  'diagnosis[].code': '',
  'diagnosis[].evidence': 'figures of this node',
  'diagnosis[].why': 'why it matters',
  'diagnosis[].remedy': 'the permanent fix',
  actions: 'what to do now, in this order',
  'actions[].do': '',
  'actions[].command': 'read it before you run it; null if there is no single command',
  'actions[].expectKiB': 'memory that it frees; null: unknown',
  coverage: 'how complete the picture is',
  'coverage.counted':
    "OOM kills by the kernel's own counter since monitoring started. Null where there is no counter to compare with: on Linux older than 4.13 (RHEL 7), in a plain log, and inside a nested container such as kind",
  'coverage.seen': 'OOM kills found in the kernel log',
  'coverage.attributed': 'OOM kills whose workload is known',
  'coverage.lostRecords': 'kernel records that were overwritten before they could be read',
  evidence: 'lines of the kernel log, newest last, sanitised',
  evidenceTotal: 'total number of these lines',
  translations:
    'texts in further locales. Only in recorded and replayed alerts: each webhook receives its own language',
  hold: 'containers that `oomloop hold` slows down, or slowed down in the last ten minutes; absent if there are none',
  'hold[].workload': '',
  'hold[].since': '',
  'hold[].until': 'when it was released; null: still slowed down',
  'hold[].why': 'reason of the release, as in [hold.md](hold.md#when-it-is-released); null: still slowed down',
  'hold[].savedKiB': 'memory saved, compared with growth at its former rate',
  notes: 'why this notification is special; see [Notes](#notes)',
}
