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
  version: 'of this format. Fields may be added under the same version, never taken away; ignore what you do not know',
  id: 'this notification. Derived from what it reports, so a repeat has the same: drop repeats by it',
  incident:
    'the incident that this alert began in: the trouble of the node, or of one workload at its own limit. It stays the same until the alert is resolved',
  nodeIncident:
    'the incident of the node that this alert belongs to; `null` for a loop at a workload’s own limit, and for the agent itself. Where such a loop turns node-level, it joins the incident of the node and keeps its own `incident`',
  type: 'see [Types](#types)',
  status: '`resolved`: over',
  severity: '`critical`: somebody is needed now. It never falls while the alert stands',
  signs: 'what the node shows, in the order in which it came; see [Signs](#signs)',
  'signs[].sign': '',
  'signs[].since': 'when it began to show',
  subject:
    'what it is about: `node`, `oomloop`, or the key of a workload. With `incident` and `type` it identifies what fires and ends',
  startsAt: 'when the condition began',
  at: 'when this notification was made',
  summary: 'at most 240 characters: what happens, the top consumer, what is expected, the next step',
  node: 'this node',
  'node.name': 'the setting `nodeName`, else `$NODE_NAME`, else the host name',
  'node.kernel': 'release of the kernel',
  'node.os': 'name of the distribution',
  'node.memTotalKiB': 'all memory, KiB',
  'node.bootId': "the kernel's id of this boot",
  'node.agentVersion': 'of oomloop',
  'node.labels': 'the setting `labels`',
  workload: 'who is killed, what comes back; null where it is about the node',
  'workload.key':
    'survives a new pid, a new container and a new pod: `pod/NAMESPACE/OWNER/CONTAINER`, `unit/…`, `docker/…`, `comm/…`',
  'workload.namespace': 'of its pod',
  'workload.pod': 'name of the pod that died last',
  'workload.podUid': 'UID of the pod, where it is known',
  'workload.container': 'name of the container',
  'workload.owner': 'who starts it again; told from names or labels, no API server is asked',
  'workload.owner.kind': '',
  'workload.owner.name': '',
  'workload.owner.certainty': '`certain` by labels, `likely` or `guess` by the form of the name',
  'workload.unit': 'systemd unit',
  'workload.qos': 'quality of service of its pod, by its cgroup',
  'workload.comm': 'name of the process that died last. Anybody can choose it: never trust it',
  'workload.labels': 'labels of the pod, where the runtime keeps them on the node (CRI-O); at most 30',
  'workload.certainty':
    '`cgroup`: its cgroup was seen or named by the kernel. `name-only`: nothing but the name of a process is known. `guess`: only a kill counter points at it',
  loop: 'the loop in numbers; null where it is about none',
  'loop.kills': 'how often it was killed; a group kill (memory.oom.group) counts once',
  'loop.respawns': 'generations that were born after a death and have died themselves',
  'loop.pids': 'the newest; `kills` is the total',
  'loop.firstKillAt': '',
  'loop.lastKillAt': '',
  'loop.medianPeriodSeconds': 'from death to death',
  'loop.lastLifetimeSeconds': 'from birth to death of the last generation; null where its birth was not seen',
  'loop.yieldKiB':
    'memory available before the last death, less that before the one before: what the loop gives the node. It is about nothing',
  'loop.regainedKiB':
    'memory available 10 s after the newest kill that is that old, less that just before it (of several within 10 s the first)',
  'loop.certainty':
    '`seen`: birth after death is proven. `same-pod`: another container of the same pod. `name-only`: a log knew no more; see [verdicts.md](verdicts.md#cycle)',
  'loop.chronic': 'it has gone on for the setting `chronic` (a day)',
  'loop.endedBy':
    'who killed or evicted the workload, where it was not the kernel; absent: the kernel. `unknown`: a large process vanished in a shortage',
  'loop.endedByCertainty':
    'how that is known. `log`: the log of the killer; `unverified-log`: lines that any user can write; `guess`: inferred from processes and pods that are gone',
  members: 'what else is firing in the same incident, the worst first',
  'members[].type': '',
  'members[].subject': '',
  'members[].severity': '',
  'members[].kills': 'processes killed',
  membersTotal: 'how many there are',
  limit: 'which limit was hit; null where no kill is told of',
  'limit.scope':
    'who ran out: `global` the node, `memcg` a cgroup at its limit, `cpuset` and `mempolicy` part of the node, `sysrq` somebody asked for it',
  'limit.level':
    'whose limit that was. `node`, `kubepods`, `qos` and slices set apart for daemons: the node is short. Others: its own limit',
  'limit.path': 'cgroup whose limit was hit; null for the node itself',
  'limit.usageKiB': '',
  'limit.limitKiB': '',
  trigger: 'who asked for the memory that was not there; null where the kernel did not say',
  'trigger.comm': 'name of that process',
  'trigger.workload': '',
  'trigger.terminating': 'its pod was in its grace period; null: not known',
  'trigger.source': 'where that was learned',
  'trigger.grewKiB': 'what it took since it was told to end',
  holders: 'who holds most. The victim is rarely the culprit',
  'holders[].workload': '',
  'holders[].KiB': '',
  'holders[].changeKiB': 'in the last ten minutes, or as long as is known',
  'holders[].habitRatio': 'times what it held as a habit in the last day',
  'holders[].from':
    "where the size comes from: its cgroups, its processes, the task table of the kernel's report, its kill lines",
  growers:
    'who grew most in ten minutes, the most urgent first; the same fields. Memory that no process holds is `kernel/slab`, `kernel/shmem`, …',
  'growers[].workload': '',
  'growers[].KiB': '',
  'growers[].changeKiB': '',
  'growers[].habitRatio': '',
  'growers[].from': '',
  unownedKiB: 'memory that no process accounts for: no kill frees it',
  'unownedKiB.total': '',
  'unownedKiB.slab': "the kernel's slab caches",
  'unownedKiB.pageTables': '',
  'unownedKiB.hugepages': 'set aside, used or not',
  'unownedKiB.shmem': 'tmpfs, `emptyDir` of medium Memory, shared memory',
  'unownedKiB.balloon': 'taken by the hypervisor',
  'unownedKiB.rest': 'kernel stacks, per-CPU memory, and what nothing explains',
  'unownedKiB.shmemOwner': 'whose tmpfs, where it can be told',
  nextVictims: 'whom the kernel would choose next, in its own order of choice; of a node-wide shortage',
  'nextVictims[].workload': '',
  'nextVictims[].pid': '',
  'nextVictims[].comm': '',
  'nextVictims[].score': '`/proc/PID/oom_score`',
  'nextVictims[].oomScoreAdj': '`/proc/PID/oom_score_adj`: 1000 is a pod without request and limit',
  'nextVictims[].rssKiB': 'what it holds',
  'nextVictims[].respawns': 'it comes back if it dies; null: not known',
  'nextVictims[].regainsKiB': 'what the node keeps if it dies: 0 for one that comes back as it was',
  pressure: 'memory at that moment; null where only a log was read',
  'pressure.headroom': 'what can still be allocated before the kernel kills',
  'pressure.headroom.KiB': 'the smallest of the three below',
  'pressure.headroom.ratio': 'of all memory, of the pods’ limit, or of one NUMA node, as `of` says',
  'pressure.headroom.of': 'which one is the smallest',
  'pressure.headroom.nodeKiB': 'of the node',
  'pressure.headroom.kubepodsKiB': 'below the limit that kubelet put above all pods; null: there is none',
  'pressure.headroom.numaKiB': 'of the tightest NUMA node, where workloads are bound to one',
  'pressure.headroom.slopeKiBPerSecond': 'negative: it shrinks',
  'pressure.stall': 'work that waits for memory; null where this kernel does not tell',
  'pressure.stall.refaultRatioPerSecond': 'share of the file cache that is read back each second',
  'pressure.stall.memorySomeRatio': 'PSI: share of time in which something waits for memory',
  'pressure.stall.memoryFullRatio': 'PSI: share of time in which everything does',
  'pressure.stall.ioFullRatio': 'PSI: share of time in which everything waits for the disk',
  'pressure.stall.directReclaimPerSecond': 'times a second that somebody had to free memory before he got any',
  'pressure.stall.daemonMajorFaultsPerSecond':
    'of kubelet and the runtime: their own program text is read back from disk',
  'pressure.stall.daemonsInDState': 'how many of them wait for the disk',
  'pressure.load1': 'load average of a minute',
  forecast:
    'what comes next; null where there is no honest figure. How often it was right: [leadtime.md](evidence/leadtime.md)',
  'forecast.firstKillSeconds': 'soonest and latest, from `at`; `[0, 0]` is now',
  'forecast.notReadySeconds': 'likewise, until the API server calls the node NotReady',
  'forecast.evidence': 'what it rests on',
  diagnosis: 'causes, what to change first on top; every code is in [diagnosis.md](diagnosis.md)',
  'diagnosis[].code': '',
  'diagnosis[].evidence': 'in numbers, of this node',
  'diagnosis[].why': 'why it matters',
  'diagnosis[].remedy': 'what to change for good',
  actions: 'what to do now, in this order',
  'actions[].do': '',
  'actions[].command': 'to be read before it is run; null where it takes a decision',
  'actions[].expectKiB': 'what it gives back; null: not known',
  coverage: 'how much of what happened was seen',
  'coverage.counted':
    "kills by the kernel's own counter since the agent watches; null: an old kernel (4.9, RHEL 7) has none",
  'coverage.seen': 'kills seen in the log',
  'coverage.attributed': 'kills of which the workload is known',
  'coverage.lostRecords': 'kernel records that were overwritten before they were read',
  evidence: "the kernel's own lines, newest last, made harmless",
  evidenceTotal: 'how many there are',
  translations:
    'summary, diagnosis, actions and forecast by locale; only in recorded and replayed alerts: each webhook receives its own language',
  hold: 'containers that `oomloop hold` slows down, or slowed down during the last ten minutes; absent where there are none',
  'hold[].workload': '',
  'hold[].since': '',
  'hold[].until': 'when it was released; null: it is held',
  'hold[].why':
    'why it was released: `headroom`, `time-limit`, `asked`, `agent-gone`, `terminating`, `stopped`, `predecessor`, `gone`, `changed`, `refused`; null: it is held',
  'hold[].savedKiB': 'by how much less it grew than it would have at its rate',
  notes: 'what is special about this notification; see [Notes](#notes)',
}
