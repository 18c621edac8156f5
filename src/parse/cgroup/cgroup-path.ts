import type { Qos } from '../../types.ts'
import { findJob, findLxc, findMachine, type JobSystem, type MachineSystem } from './job-path.ts'

/** Who made a container; null = a bare id that several runtimes would write alike. */
type Runtime = 'containerd' | 'cri-o' | 'docker' | 'podman' | 'nomad' | 'lxc' | JobSystem | MachineSystem

/** What a cgroup is, by its path alone. */
export interface CgroupPath {
  /** Without ` (deleted)`, and without the `/..` that a reader in another cgroup namespace gets to see. */
  readonly path: string
  /**
   * `monitor`: conmon or an LXC monitor, beside its container; `session`: a login; `job`: a job of a batch or cluster
   * manager; `cgroup`: nothing we know.
   */
  readonly level:
    | 'root'
    | 'kubepods'
    | 'qos'
    | 'pod'
    | 'container'
    | 'job'
    | 'monitor'
    | 'unit'
    | 'session'
    | 'slice'
    | 'cgroup'
  readonly runtime: Runtime | null
  /** 64 hex digits, an ECS or buildkit id, or a Nomad allocation. */
  readonly containerId: string | null
  /** With dashes; 32 hex digits without for a static pod. */
  readonly podUid: string | null
  readonly qos: Qos | null
  /** A systemd unit with its slices: `system.slice/nginx.service`; Talos: `system/apid`. */
  readonly unit: string | null
  /** What the path itself calls the container or the job: an LXC name, a Nomad task, a Slurm job. */
  readonly name: string | null
  /** What hangs below the container or the unit: `init.scope`. */
  readonly inner: string | null
  /** The container in which the whole node runs (kind, k3d): its id, or the name of an LXC or nspawn container. */
  readonly outerContainerId: string | null
}

/**
 * Reads from a cgroup's path what it is; never throws, and knows no more than the path says.
 *
 *     /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b…_….slice/cri-containerd-<64 hex>.scope
 */
export function parseCgroupPath(raw: string): CgroupPath {
  const parts = split(raw)
  const path = `/${parts.join('/')}`
  if (parts.length === 0) return identity(path, { level: 'root' })
  return (
    ofPod(path, parts) ??
    ofKubepods(path, parts) ??
    ofOutermost(path, parts) ??
    ofSystemd(path, parts) ??
    identity(path, { level: 'cgroup' })
  )
}

/** A path may name several, one in another (docker in LXC): this node knows the outermost, the others are inside it. */
function ofOutermost(path: string, parts: readonly string[]): CgroupPath | undefined {
  let outermost: Found | undefined
  for (const find of [ofJob, ofContainer, ofNomad, ofLxc, ofMachine]) {
    const found = find(path, parts)
    if (found && (!outermost || found.at < outermost.at)) outermost = found
  }
  return outermost?.cgroup
}

/** `at`: the part of the path that names it. */
interface Found {
  readonly at: number
  readonly cgroup: CgroupPath
}

// The kernel's own limit for a path is 4096 bytes; what is deeper than 64 was made to annoy.
function split(raw: string): readonly string[] {
  const text = raw.length > 4096 ? raw.slice(0, 4096) : raw
  const end = text.endsWith(' (deleted)') ? text.length - ' (deleted)'.length : text.length
  const parts = text
    .slice(0, end)
    .split('/', 64)
    .filter(part => part !== '')
  while (parts[0] === '..') parts.shift()
  return parts
}

const uid = '[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32}'
// The tail is what runc makes of a systemd path spec when it drives cgroupfs: `…pod<uid>.slice:cri-containerd:<id>`.
const podPart = new RegExp(`^(?:.*-)?pod(${uid})(?:\\.slice)?(?::([a-z][a-z0-9-]*):([0-9a-f]{64}))?$`)

function ofPod(path: string, parts: readonly string[]): CgroupPath | undefined {
  // The first one: a pod inside a pod's container belongs to the container, as far as this node goes.
  const at = parts.findIndex(part => part.length >= 35 && podPart.test(part))
  if (at < 0) return undefined
  const [, rawUid, specRuntime, specId] = podPart.exec(parts[at]!)!
  const pod = {
    podUid: rawUid!.replaceAll('_', '-'),
    qos: qosOf(parts.slice(0, at + 1)),
    outerContainerId: outerOf(parts.slice(0, at)),
  }
  if (specId !== undefined) {
    return identity(path, {
      level: 'container',
      ...pod,
      runtime: runtimeOf(specRuntime!),
      containerId: specId,
      inner: below(parts, at),
    })
  }
  const next = parts[at + 1]
  if (next === undefined) return identity(path, { level: 'pod', ...pod })
  const leaf = leafOf(next)
  if (!leaf) return identity(path, { level: 'cgroup', ...pod, inner: below(parts, at) })
  return identity(path, { ...pod, ...leaf, inner: below(parts, at + 1) })
}

function ofKubepods(path: string, parts: readonly string[]): CgroupPath | undefined {
  const last = parts.at(-1)!
  const outerContainerId = outerOf(parts.slice(0, -1))
  if (/^(?:.*-)?kubepods(?:\.slice)?$/.test(last)) return identity(path, { level: 'kubepods', outerContainerId })
  const isQos = /(?:^|-)kubepods-(?:burstable|besteffort)\.slice$/.test(last)
  const isQosBelow = (last === 'burstable' || last === 'besteffort') && parts.at(-2) === 'kubepods'
  if (!isQos && !isQosBelow) return undefined
  return identity(path, { level: 'qos', qos: qosOf(parts), outerContainerId })
}

function ofContainer(path: string, parts: readonly string[]): Found | undefined {
  for (let at = 0; at < parts.length; at++) {
    const step = buildStepOf(parts, at)
    if (step !== undefined) {
      const known = { level: 'container', runtime: 'docker', containerId: step.id, name: 'buildkit' } as const
      return { at, cgroup: identity(path, { ...known, inner: below(parts, step.at) }) }
    }
    const leaf = leafOf(parts[at]!) ?? ecsLeafOf(parts, at)
    if (!leaf) continue
    // Podman's `--cgroups=split`, as quadlets have it: the unit starts it again, under another id.
    const split = parts[at]!.startsWith('libpod-payload-') ? unitOf(parts.slice(0, at)) : undefined
    if (split)
      return {
        at,
        cgroup: identity(path, { level: 'unit', runtime: 'podman', unit: split.unit, inner: below(parts, split.at) }),
      }
    const runtime = leaf.runtime ?? runtimeOfParent(parts.slice(0, at))
    return { at, cgroup: identity(path, { ...leaf, runtime, inner: below(parts, at) }) }
  }
  return undefined
}

/**
 * A step of a build, each in a cgroup of its own:
 *
 *     /docker/buildkit/k3x0v9w8e7r6t5y4u3i2o1p0q         dockerd, cgroupfs; below a container: buildkitd that runs in it
 *     /system.slice/docker-k3x0v9w8e7r6t5y4u3i2o1p0q.scope    dockerd, systemd
 */
function buildStepOf(parts: readonly string[], at: number): { readonly id: string; readonly at: number } | undefined {
  const scope = /^docker-([a-z0-9]{25})\.scope$/.exec(parts[at]!)
  if (scope) return { id: scope[1]!, at }
  const next = parts[at + 1]
  if (parts[at] !== 'buildkit' || next === undefined) return undefined
  return parts[at - 1] === 'docker' || /^[a-z0-9]{25}$/.test(next) ? { id: next, at: at + 1 } : undefined
}

function ofJob(path: string, parts: readonly string[]): Found | undefined {
  const job = findJob(parts)
  if (!job) return undefined
  const { at, system: runtime, name } = job
  return { at, cgroup: identity(path, { level: 'job', runtime, name, inner: below(parts, at) }) }
}

/** A virtual machine, or a container of systemd-nspawn with its own units below it. */
function ofMachine(path: string, parts: readonly string[]): Found | undefined {
  const machine = findMachine(parts)
  if (!machine) return undefined
  const inside = parts.slice(machine.at + 1).filter((part, index) => index > 0 || part !== 'payload')
  const cgroup = identity(path, {
    level: 'container',
    runtime: machine.system,
    name: machine.name,
    unit: machine.system === 'nspawn' ? (unitOf(inside)?.unit ?? null) : null,
    inner: inside.length > 0 ? inside.join('/') : null,
  })
  return { at: machine.at, cgroup }
}

// `<alloc uuid>.<task>.scope` below nomad.slice; without `.scope` on cgroup v1.
const nomadPart = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(.+?)(?:\.scope)?$/

function ofNomad(path: string, parts: readonly string[]): Found | undefined {
  const at = parts.findIndex(part => nomadPart.test(part))
  if (at < 0) return undefined
  const [, containerId, name] = nomadPart.exec(parts[at]!)!
  const known = { level: 'container', runtime: 'nomad', containerId: containerId!, name: name! } as const
  return { at, cgroup: identity(path, { ...known, inner: below(parts, at) }) }
}

function ofLxc(path: string, parts: readonly string[]): Found | undefined {
  const lxc = findLxc(parts)
  if (!lxc) return undefined
  // Proxmox puts the guest's own tree below `ns`.
  const inside = parts.slice(lxc.at + 1).filter((part, index) => index > 0 || part !== 'ns')
  const cgroup = identity(path, {
    level: lxc.isMonitor ? 'monitor' : 'container',
    runtime: 'lxc',
    name: lxc.name,
    unit: unitOf(inside)?.unit ?? null,
    inner: inside.length > 0 ? inside.join('/') : null,
  })
  return { at: lxc.at, cgroup }
}

function ofSystemd(path: string, parts: readonly string[]): CgroupPath | undefined {
  const found = unitOf(parts)
  if (found) {
    const isSession = sessionScope.test(found.unit)
    return identity(path, { level: isSession ? 'session' : 'unit', unit: found.unit, inner: below(parts, found.at) })
  }
  // Talos runs its services and kubelet without systemd.
  if ((parts[0] === 'system' || parts[0] === 'podruntime') && parts[1] !== undefined) {
    return identity(path, { level: 'unit', unit: parts.slice(0, 2).join('/'), inner: below(parts, 1) })
  }
  if (parts.at(-1)!.endsWith('.slice')) return identity(path, { level: 'slice' })
  return undefined
}

// A login, or a terminal that a user's manager keeps: whatever is typed runs in it.
const sessionScope = /\/(?:session-c?\d+|(?:vte|tmux)-spawn-[0-9a-f-]+)\.scope$/

function unitOf(parts: readonly string[]): { readonly unit: string; readonly at: number } | undefined {
  const at = parts.findLastIndex(part => /\.(?:service|scope|socket|mount|swap)$/.test(part))
  return at < 0 ? undefined : { unit: parts.slice(0, at + 1).join('/'), at }
}

// `cri-containerd-<id>.scope`, `crio-conmon-<id>`, `libpod-<id>.scope`, or the bare id of a cgroupfs driver.
const leafPart = /^(?:([a-z][a-z0-9_-]*)-)?([0-9a-f]{64})(?:\.scope)?$/

type Leaf = Pick<CgroupPath, 'level' | 'runtime' | 'containerId'>

function leafOf(part: string): Leaf | undefined {
  if (part.length < 64) return undefined
  const match = leafPart.exec(part) ?? /^.*:([a-z][a-z0-9-]*):([0-9a-f]{64})$/.exec(part)
  if (!match) return undefined
  const prefix = match[1] ?? ''
  const level = prefix.endsWith('conmon') ? 'monitor' : 'container'
  return { level, runtime: runtimeOf(prefix), containerId: match[2]! }
}

// Fargate: `/ecs/<task>/<32 hex>-<10 digits>`.
function ecsLeafOf(parts: readonly string[], at: number): Leaf | undefined {
  if (at < 2 || parts[0] !== 'ecs' || !/^[0-9a-f]{32}-\d{9,10}$/.test(parts[at]!)) return undefined
  return { level: 'container', runtime: 'containerd', containerId: parts[at]! }
}

function runtimeOf(prefix: string): Runtime | null {
  if (prefix === 'cri-containerd' || prefix === 'nerdctl') return 'containerd'
  if (prefix === 'crio' || prefix === 'crio-conmon') return 'cri-o'
  if (prefix === 'docker' || prefix === 'cri-dockerd') return 'docker'
  if (/^libpod(?:-|$)/.test(prefix)) return 'podman'
  return null
}

function runtimeOfParent(parents: readonly string[]): Runtime | null {
  const parent = parents[0]
  // Rootless, below the unit of a user's own daemon.
  if (parent === 'docker' || parent === 'ecs' || parents.at(-1) === 'docker') return 'docker'
  if (parent === 'libpod_parent') return 'podman'
  if (parent === 'k8s.io' || parent === 'default' || parent === 'moby') return 'containerd'
  return null
}

function qosOf(parts: readonly string[]): Qos | null {
  const path = parts.join('/')
  if (!path.includes('kubepods')) return null
  if (/(?:^|[/-])besteffort(?:$|[./-])/.test(path)) return 'BestEffort'
  if (/(?:^|[/-])burstable(?:$|[./-])/.test(path)) return 'Burstable'
  return 'Guaranteed'
}

function outerOf(parents: readonly string[]): string | null {
  for (const part of parents) {
    const leaf = leafOf(part)
    if (leaf) return leaf.containerId
  }
  return findLxc(parents)?.name ?? findMachine(parents)?.name ?? null
}

function below(parts: readonly string[], at: number): string | null {
  return at + 1 < parts.length ? parts.slice(at + 1).join('/') : null
}

function identity(path: string, known: Partial<CgroupPath> & Pick<CgroupPath, 'level'>): CgroupPath {
  return {
    path,
    runtime: null,
    containerId: null,
    podUid: null,
    qos: null,
    unit: null,
    name: null,
    inner: null,
    outerContainerId: null,
    ...known,
  }
}
